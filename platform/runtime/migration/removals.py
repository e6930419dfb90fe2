"""What a plan says about things that go: how many values they hold, and whether a rename was meant; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from formline.errors import Level, Problem
from formline.runtime.migration.identity import Identity, ObjectMatch
from formline.runtime.physical import PhysicalObject
from formline.runtime.release import Release


def warnings(connection: Connection, old: Release | None, new: Release, identity: Identity) -> Iterator[Problem]:
    """Yield a warning for each removed object or field with values, and for each removal that looks like a rename."""
    if old is None:
        return
    for name in identity.removed:
        model = old.model(name)
        live = select(func.count()).select_from(model.table).where(model.deleted_at.is_(None))
        yield from _values(f"object/{name}", connection.execute(live).scalar_one())
    for match in identity.objects.values():
        if match.old is not None and match.removed:
            yield from _fields(connection, old, match)
            yield from _renames(old.physical[match.old], new.physical[match.name], match)


def _fields(connection: Connection, old: Release, match: ObjectMatch) -> Iterator[Problem]:
    """Count the values of all removed fields of one object in one statement."""
    model = old.model(match.old or match.name)
    names = [name for name in match.removed if name in model.by_key]
    if not names:
        return
    columns = [func.count(model.column(name)) for name in names]
    counts = connection.execute(select(*columns).where(model.deleted_at.is_(None))).one()
    for name, rows in zip(names, counts, strict=True):
        yield from _values(f"object/{match.name}.fields.{name}", rows)


def _values(where: str, rows: int) -> Iterator[Problem]:
    if rows:
        message = f"{rows} records have values that nobody will see any more."
        hint = "they stay in quarantine; `formline restore` brings them back"
        yield Problem("removed-values", message, hint, where=where, level=Level.WARNING)


def _renames(before: PhysicalObject, after: PhysicalObject, match: ObjectMatch) -> Iterator[Problem]:
    added = [name for name, sources in match.fields.items() if not sources and after.fields[name].columns]
    for name in match.removed:
        same = [one for one in added if after.fields[one].storage == before.fields[name].storage]
        if len(same) == 1:
            yield Problem(
                "looks-renamed",
                f"{name} goes and {same[0]} comes, of the same type.",
                f"if it is the same field, write was: {name}",
                where=f"object/{match.name}.fields.{same[0]}",
                level=Level.WARNING,
            )
