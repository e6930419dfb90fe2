"""What a plan says about values that quarantine keeps: those a new field could have, those a retype leaves there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, or_, select, text
from sqlalchemy import column as named_column
from sqlalchemy import table as named_table

from formline.errors import Level, Problem
from formline.runtime.migration import quarantine
from formline.runtime.migration.identity import Identity
from formline.runtime.migration.preview import Loss
from formline.runtime.migration.quarantine import Quarantined
from formline.runtime.release import Release


def comes_back_empty(connection: Connection, live: Release, identity: Identity, days: int) -> Iterator[Problem]:
    """Yield a warning for each new object or field whose name something in quarantine had, with values."""
    added = {name for name, match in identity.objects.items() if match.old is None}
    added |= {
        f"{match.old}.{name}"
        for match in identity.objects.values()
        if match.old is not None
        for name, sources in match.fields.items()
        if not sources
    }
    if not added:
        return
    for path, one in quarantine.found(connection, live).items():
        if path in added and (values := _values(connection, one)):
            until = one.since + timedelta(days=days)
            what = "records" if "." not in path else "values"
            message = f"{path} was removed on {one.since:%Y-%m-%d}; its {values} {what} are in quarantine until "
            message += f"{until:%Y-%m-%d}, and as planned it starts empty."
            hint = f"`formline restore {path}` brings it back with them"
            where = f"object/{path.replace('.', '.fields.')}"
            yield Problem("comes-back-empty", message, hint, where=where, level=Level.WARNING)


def _values(connection: Connection, one: Quarantined) -> int:
    """Count the rows of an object or join table, or those with a value in a column of a field."""
    rows = select(func.count()).select_from(named_table(one.table))
    columns = [name for name in one.columns if name] if "." in one.path else []
    if columns:
        rows = rows.where(or_(*(named_column(name).is_not(None) for name in columns)))
    if "" not in one.columns:
        rows = rows.where(text("deleted_at IS NULL"))
    return int(connection.execute(rows).scalar_one())


def left_behind(losses: Sequence[Loss], base: int | None, days: int) -> Iterator[Problem]:
    """Yield a warning for each retype that loses something: for how long the values can be had back."""
    until = datetime.now(UTC) + timedelta(days=days)
    for loss in losses:
        if loss.sealing == "sealed":
            yield Problem(
                "sealed-copies",
                f"The texts stay readable in the old column until {until:%Y-%m-%d}, and in the history.",
                "then `formline purge --yes` drops it; erasing a record empties its history",
                where=loss.field,
                level=Level.WARNING,
            )
        changed = loss.lossy + loss.failed
        if changed:
            yield Problem(
                "values-change",
                f"{changed} values change or go; as they are they stay in quarantine until {until:%Y-%m-%d}.",
                f"until then `formline rollback {base}` gives back those that nobody changed",
                where=loss.field,
                level=Level.WARNING,
            )
