"""Input that was not saved yet: kept per person and form, offered again, dropped when it is saved or too old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from formline.errors import BudgetError
from formline.runtime.driver import DriverQuery
from formline.runtime.tables import draft

if TYPE_CHECKING:
    from formline.runtime.release import Release

#: A draft nobody came back to is dropped after so long.
KEPT = timedelta(days=30)
#: Characters of one draft, and drafts of one person.
LONGEST = 200_000
MOST = 50
Inputs = Sequence[tuple[str, str]]
_columns = draft.c
_FIND = select(_columns.inputs, _columns.at).where(
    _columns.user_id == bindparam("user_id"), _columns.form == bindparam("form")
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person typed into a form, as the form would send it, and when."""

    inputs: tuple[tuple[str, str], ...]
    at: datetime


def keep(connection: Connection, user_id: UUID, form: str, inputs: Inputs, now: datetime) -> None:
    """Keep the input of a form in place of what was kept of it before.

    Raises:
        BudgetError: more than a form can be. The oldest drafts of a person make room for new ones.
    """
    if sum(len(name) + len(value) for name, value in inputs) > LONGEST:
        raise BudgetError("This is too much to be kept as a draft.")
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"user_id": user_id, "form": form, "inputs": [list(pair) for pair in inputs], "at": now}
    again = {"inputs": row["inputs"], "at": now}
    statement = insert(draft).values(row).on_conflict_do_update(index_elements=["user_id", "form"], set_=again)
    connection.execute(statement)
    mine = select(_columns.form).where(_columns.user_id == user_id).order_by(_columns.at.desc())
    old = list(connection.execute(mine.offset(MOST)).scalars())
    if old:
        connection.execute(delete(draft).where(_columns.user_id == user_id, _columns.form.in_(old)))


def any_of(user_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return a condition for a larger statement: whether anything is kept of ``user_id``, a column of it."""
    return exists().where(_columns.user_id == user_id).correlate_except(draft)


def find(connection: Connection, release: Release, user_id: UUID | None, form: str) -> Draft | None:
    """Return what a person left in a form, or None; every form asks."""
    query = release.memo("draft", lambda: DriverQuery(_FIND))
    row = query.first(connection, {"user_id": user_id, "form": form})
    return None if row is None else Draft(tuple((name, value) for name, value in row["inputs"]), row["at"])


def discard(connection: Connection, user_id: UUID | None, form: str) -> None:
    """Drop what a person left in a form."""
    connection.execute(delete(draft).where(_columns.user_id == user_id, _columns.form == form))


def forget(connection: Connection, now: datetime) -> int:
    """Remove old drafts; return how many."""
    return int(connection.execute(delete(draft).where(_columns.at < now - KEPT)).rowcount)
