"""Why an automation ran for a record, or did not: its runs, and whether its condition holds of the record now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, select

from formline.runtime.access.predicates import user_root
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.tables import automation_run
from formline.workflow.automation.definition import Automation, automations_of

if TYPE_CHECKING:
    from formline.runtime.release import Release

#: Runs of one record that are shown.
SHOWN = 50
_c = automation_run.c


@dataclass(frozen=True, slots=True)
class Explained:
    """One automation of a record's object. ``runs``: newest first; ``holds``: its condition now, None: it has none."""

    automation: Automation
    runs: tuple[RowMapping, ...]
    holds: bool | None


def explain(
    connection: Connection, release: Release, object_name: str, key: UUID, clock: Mapping[str, Any]
) -> list[Explained]:
    """Return what each automation of an object did with a record, in their order: two statements."""
    found = automations_of(release, object_name)
    by_origin: dict[str, list[RowMapping]] = {}
    for row in runs_of(connection, release, object_name, key):
        by_origin.setdefault(row["origin"], []).append(row)
    held = _held(connection, release, object_name, key, found, clock)
    return [Explained(one, tuple(by_origin.get(one.origin, ())), held.get(one.name)) for one in found]


def runs_of(connection: Connection, release: Release, object_name: str, key: UUID) -> Sequence[RowMapping]:
    """Return the newest runs about a record, those of states, approvals and service levels too."""
    mine = (_c.object_id == release.physical[object_name].id) & (_c.record_id == key)
    wanted = select(automation_run).where(mine).order_by(_c.id.desc()).limit(SHOWN)
    return connection.execute(wanted).mappings().all()


def _held(
    connection: Connection,
    release: Release,
    object_name: str,
    key: UUID,
    found: Sequence[Automation],
    clock: Mapping[str, Any],
) -> dict[str, bool]:
    """Return whether conditions hold now; one that looks at the values before compares with what there is."""
    asked = [(one.name, one.when) for one in found if one.when is not None]
    if not asked:
        return {}
    statement = Statement(release)
    roots = {"user": user_root(statement), "old": BoundRow(statement, object_name, root="old")}
    source = source_of(statement, object_name, roots=roots)
    columns = [func.coalesce(when.sql(source), False).label(f"c{number}") for number, (_, when) in enumerate(asked)]
    wanted = select(*columns).select_from(source.source()).where(source.key == key)
    row = connection.execute(wanted, statement.parameters({"user": {}, "old": {}, "clock": clock})).one_or_none()
    return {} if row is None else {name: bool(value) for (name, _), value in zip(asked, row, strict=True)}


def listed(connection: Connection, states: Sequence[str], origin: str, limit: int, offset: int) -> Sequence[RowMapping]:
    """Return runs in some states, of one list or of all, newest first."""
    wanted = select(automation_run).order_by(_c.id.desc()).limit(limit).offset(offset)
    if states:
        wanted = wanted.where(_c.state.in_(list(states)))
    if origin:
        wanted = wanted.where(_c.origin == origin)
    return connection.execute(wanted).mappings().all()


def counts(connection: Connection) -> dict[str, int]:
    """Return how many runs failed and how many wait."""
    wanted = select(_c.state, func.count()).where(_c.state.in_(("failed", "waiting"))).group_by(_c.state)
    return {state: int(number) for state, number in connection.execute(wanted)}
