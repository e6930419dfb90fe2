"""The platform's side of the measurements: a site with the one object the limit application has by hand."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from benchmarks.limit.tables import values
from formline.runtime.access.actor import Actor
from formline.runtime.candidates import candidate, read_folder
from formline.runtime.keys import uuid7s
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.settings import Settings
from formline.web.api.tokens import create_token

DEFINITIONS = Path(__file__).parent / "definitions"
KEY = "the key of a measurement, gone with it"
NUMBERS = ("amount", "probability", "discount")


@contextmanager
def site_at(url: str, definitions: Path = DEFINITIONS, data_dir: Path | None = None) -> Iterator[Site]:
    """Yield a new site on an empty database, with the shipped definitions and the benchmark's own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=url, data_dir=data_dir or Path(folder), secret_key=KEY)
        prepare(settings)
        site = Site.open(settings)
        apply(site, plan(site, candidate(settings, read_folder(definitions))), "benchmark", Author("benchmark"))
        try:
            yield site
        finally:
            site.close()


def fill(site: Site, rows: int) -> list[UUID]:
    """Put ``rows`` deals into the object's table, past the write pipeline, and return some of their ids."""
    model = site.release.model("deal")
    people = run_unit(
        site,
        Actor.system(),
        lambda unit: unit.create(
            "user", [{"name": f"User {n}", "login": f"u{n}", "roles": ["seller"]} for n in range(50)]
        ),
    )
    now = datetime.now(UTC)
    statement = insert(model.table)
    sample: list[UUID] = []
    source = values(rows)
    while batch := list(itertools.islice(source, 5000)):
        keys = uuid7s(len(batch))
        records = [
            {
                **_typed(row),
                "id": key,
                "owner": people[n % 50],
                "version": 1,
                "created_at": row["last_call"],
                "updated_at": now,
            }
            for n, (row, key) in enumerate(zip(batch, keys, strict=True))
        ]
        with site.writing() as connection:
            connection.execute(statement, [_physical(model, record) for record in records])
        sample += keys[:20]
    return sample


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: Decimal(str(row[name])) for name in NUMBERS}}


def _physical(model: Any, record: dict[str, Any]) -> dict[str, Any]:
    """Return the row by physical column, with the parts a type derives (a title's sort key)."""
    stored = dict(record)
    for name, field in model.object.fields.items():
        for part, value in field.type.derive(field, record.get(name)).items():
            stored[f"{name}.{part}"] = value
    return {model.by_key[key].name: value for key, value in stored.items() if key in model.by_key}


def token_for(site: Site, login: str = "u0") -> str:
    """Return an API token of a user."""
    from formline.cli.options import user_id_of

    user_id = user_id_of(site, login)
    with site.writing() as connection:
        return create_token(connection, user_id, "benchmark")[1]
