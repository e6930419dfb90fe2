"""Writing and reading rows as a unit does, with nothing of its rules: fence, write, shadow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from formline.errors import ReleaseMismatchError
from formline.runtime.keys import uuid7, uuid7s
from formline.runtime.migration.shadow import Written
from formline.runtime.site import Site


def add(site: Site, name: str, *rows: Mapping[str, Any]) -> list[UUID]:
    """Insert rows given by record key; return their ids."""
    release = site.refresh()
    model = release.model(name)
    ids = uuid7s(len(rows))
    with site.writing(release) as connection:
        for id_, row in zip(ids, rows, strict=True):
            values = {model.by_key[key]: value for key, value in row.items()}
            connection.execute(insert(model.table).values({model.id: id_, **values}))
        if release.shadow is not None:
            written = [Written(name, id_, None, row) for id_, row in zip(ids, rows, strict=True)]
            release.shadow.maintain(connection, written)
    return ids


def change(site: Site, name: str, id_: UUID, old: Mapping[str, Any] | None = None, **values: Any) -> None:
    """Change one row; run again under the next release where the fence says so."""
    while True:
        release = site.release
        model = release.model(name)
        try:
            with site.writing(release) as connection:
                wanted = {model.by_key[key]: value for key, value in values.items()}
                connection.execute(update(model.table).where(model.id == id_).values(wanted))
                if release.shadow is not None:
                    release.shadow.maintain(connection, [Written(name, id_, old, values)])
            return
        except ReleaseMismatchError:
            site.refresh()


def rows(site: Site, name: str, *keys: str) -> list[tuple[Any, ...]]:
    """Return values of all rows by record key, in id order."""
    model = site.refresh().model(name)
    with site.reading() as connection:
        found = connection.execute(select(*(model.by_key[key] for key in keys)).order_by(model.id))
        return [tuple(row) for row in found]


def key() -> UUID:
    """Return a new key."""
    return uuid7()
