"""The export as a job: page by page through the rights of who asked, into one file in the store."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from formline.errors import AccessDeniedError, FormlineError
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.fields.locale import Locale
from formline.runtime import jobs
from formline.runtime.access import Actor, load_actor
from formline.runtime.access.masking import Masked
from formline.runtime.audit import events
from formline.runtime.exporting import exports
from formline.runtime.exporting.writing import MOST_ROWS, Value, writer
from formline.runtime.files.storage import store_of
from formline.runtime.queries import Query, fetch, titles
from formline.runtime.queries.query import MOST_ROWS as PAGE
from formline.runtime.release import Release

#: Beyond so many rows the file is in the order in which the records came to be, whatever the list's order is.
SORTED = 10_000
_NUMBERS = frozenset({Kind.NUMBER, Kind.MONEY})


class TooManyRowsError(FormlineError):
    """An export of more rows than a sheet holds."""

    code = "export_too_large"
    status = 422


@jobs.handler(exports.KIND, announce=True, long=True)
def run_export(running: jobs.Running) -> dict[str, Any]:
    """Write the file of an export; interrupted, it is written again from the start."""
    site, args = running.site, running.job.args
    identifier, release = UUID(args["export"]), site.release
    if running.job.created_by is None:
        raise AccessDeniedError("An export belongs to a person.")
    with site.reading() as connection:
        actor = load_actor(connection, release, running.job.created_by)
    rights = exports.fingerprint(release, actor, args["object"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{args['form']}"
        rows = _write(running, release, actor, path)
        key, size = secrets.token_hex(20), path.stat().st_size
        store_of(site).put(key, path)
    now = datetime.now(UTC)
    with site.writing() as connection:
        exports.finish(connection, identifier, file=key, size=size, rows=rows, rights=rights)
        detail = {"export": str(identifier), "rows": rows, "columns": list(args["columns"])}
        events.note(connection, running.job.created_by, "exported", detail, now)
    return {"rows": rows}


def _write(running: jobs.Running, release: Release, actor: Actor, path: Path) -> int:
    args = running.job.args
    columns = _Columns(release, args["object"], args["columns"], Locale(args["language"], ZoneInfo(args["zone"])))
    file = writer(path, args["form"], args["headings"])
    rows, cursor = 0, None
    sort = _sort(running, release, actor)
    while True:
        query = Query(
            args["object"], columns.asked, _where(args), _base(release, args), sort, PAGE, cursor, 0, False, "export"
        )
        with running.site.reading() as connection:
            page = fetch(connection, release, actor, query)
            names = columns.titles(connection, actor, page.rows)
        for record in page.rows:
            file.row(columns.values(record, names))
        rows, cursor = rows + len(page.rows), page.next_cursor
        if rows > MOST_ROWS:
            raise TooManyRowsError(f"There are more than {MOST_ROWS:,} rows.", hint="add a filter")
        running.report(rows)
        if cursor is None:
            file.close()
            return rows


def _sort(running: jobs.Running, release: Release, actor: Actor) -> tuple[tuple[str, bool], ...]:
    """Return the list's order where there are few enough rows, else that of the ids, which every page finds at once."""
    args = running.job.args
    query = Query(
        args["object"],
        ("id",),
        _where(args),
        _base(release, args),
        (("id", False),),
        1,
        None,
        SORTED + 1,
        False,
        "export",
    )
    with running.site.reading() as connection:
        count = fetch(connection, release, actor, query).count or 0
    wanted = tuple((path, bool(down)) for path, down in args["sort"])
    return wanted if wanted and count <= SORTED else (("id", False),)


def _where(args: Mapping[str, Any]) -> Any:
    return args["where"]


def _base(release: Release, args: Mapping[str, Any]) -> Any:
    view = args["view"]
    return release.catalog.get("list_view", view).where if release.catalog.has("list_view", view) else None


class _Columns:
    """The columns of an export: what is asked, and the cells of a record."""

    def __init__(self, release: Release, object_name: str, paths: Sequence[str], locale: Locale) -> None:
        self.release = release
        self.locale = locale
        self.fields = [(path, _field_at(release, object_name, path)) for path in paths]
        self.asked = tuple(dict.fromkeys(paths))

    def titles(self, connection: Connection, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> Mapping[UUID, str]:
        """Return what the records named by a page are called."""
        wanted: dict[str, set[UUID]] = {}
        for path, field in self.fields:
            if field.to:
                for row in rows:
                    target = str(row.get(f"{path}.object") or field.to[0])
                    wanted.setdefault(target, set()).update(_ids(row.get(path)))
        asked = {name: tuple(ids) for name, ids in wanted.items() if ids}
        return titles(connection, self.release, actor, asked) if asked else {}

    def values(self, record: Mapping[str, Any], names: Mapping[UUID, str]) -> list[Value]:
        """Return the cells of a record; masked values stay masked, hidden ones are empty."""
        return [self._value(path, field, record, names) for path, field in self.fields]

    def _value(self, path: str, field: Field, record: Mapping[str, Any], names: Mapping[UUID, str]) -> Value:
        value, shown = record.get(path), field.shown
        if value is None or isinstance(value, Masked):
            return value
        if field.to:
            return ", ".join(names[key] for key in _ids(value) if key in names)
        kind = field.value_type.kind
        if isinstance(value, datetime):
            return value.astimezone(self.locale.zone).replace(tzinfo=None)
        if isinstance(value, bool | date):
            return value
        if kind in _NUMBERS and isinstance(value, int | Decimal):
            return value
        return str(shown.type.to_text(shown, value, self.locale))


def _ids(value: Any) -> list[UUID]:
    return [one for one in (value if isinstance(value, tuple | list) else (value,)) if isinstance(one, UUID)]


def _field_at(release: Release, object_name: str, path: str) -> Field:
    described = release.catalog.object(object_name)
    *steps, last = path.split(".")
    for step in steps:
        described = release.catalog.object(described.fields[step].to[0])
    return described.fields[last]
