"""Lists of approvals for one person, in pages by the last row seen: open tasks, own submissions, decisions, copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from formline.runtime.queries.reading import reading
from formline.runtime.queries.title_texts import title_text
from formline.runtime.tables import approval, approval_copy, approval_substitute, approval_task
from formline.workflow.approvals.substitutes import substituted

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release

Tab = Literal["open", "mine", "done", "copies"]
TABS: tuple[Tab, ...] = ("open", "mine", "done", "copies")
#: No number beside a tab counts further.
COUNTED = 100
#: A condition with the values of its parameters.
Among = tuple[ColumnElement[bool], Mapping[str, Any]]
_OPEN = ("open", "consulting")
_a, _t, _c, _s = approval.c, approval_task.c, approval_copy.c, approval_substitute.c


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``ballot``, ``step``, ``state``, ``person_id`` are of the task, "" and None in lists of instances.

    ``at`` is when it came, was submitted, decided or copied; ``decision`` what was decided.
    """

    approval_id: UUID
    ballot: str
    name: str
    version: str
    step: str
    state: str
    decision: str
    status: str
    object_id: int
    record_id: UUID
    submitter_id: UUID
    person_id: UUID | None
    proposal: Mapping[str, Any]
    at: datetime

    @property
    def place(self) -> str:
        """Where it stands in its list, as an address carries it."""
        return f"{self.at.isoformat()}_{self.approval_id}_{self.ballot}"


def page(
    connection: Connection,
    user_id: UUID,
    tab: Tab,
    now: datetime,
    *,
    among: Among | None = None,
    after: str = "",
    limit: int = 50,
) -> list[Row]:
    """Return a page of a list: open tasks the oldest first, everything else the newest first.

    ``among`` narrows it (see :func:`matching`); ``after`` is the place of the last row seen, any other text the start.
    """
    statement, at, ballot = _list(connection, user_id, tab, now)
    forward = tab == "open"
    values: Mapping[str, Any] = {}
    if among is not None:
        statement, values = statement.where(among[0]), among[1]
    if (last := _position(after)) is not None:
        statement = statement.where(_beyond((at, _a.id, ballot), last, forward))
    keys = (at, _a.id, ballot) if forward else (at.desc(), _a.id.desc(), ballot.desc())
    return [_row(row) for row in connection.execute(statement.order_by(*keys).limit(limit), values).mappings()]


def _row(row: Mapping[Any, Any]) -> Row:
    return Row(
        row["id"],
        row["ballot"],
        row["name"],
        row["version"],
        row["step"],
        row["state"],
        row["decision"] or "",
        row["status"],
        row["object_id"],
        row["record_id"],
        row["submitter_id"],
        row["person_id"],
        row["proposal"] or {},
        row["at"],
    )


def counts(connection: Connection, user_id: UUID, now: datetime) -> dict[Tab, int]:
    """Return how many rows each list has, counted to :data:`COUNTED`."""
    few = [
        select(func.count()).select_from(_one_each(_list(connection, user_id, tab, now)[0])).scalar_subquery()
        for tab in TABS
    ]
    return dict(zip(TABS, connection.execute(select(*few)).one(), strict=True))


def _one_each(wanted: Select[Any]) -> Subquery:
    return wanted.with_only_columns(literal(1).label("one")).limit(COUNTED).subquery()


def waiting(user_id: ColumnElement[UUID]) -> ColumnElement[int]:
    """Return a count for a larger statement: open tasks of ``user_id``, a column of it; binds ``now``.

    Those of people whom the person stands in for now are among them.
    """
    # Every page asks: a list of literals is part of the text, which is compiled once.
    is_open = _t.state.in_([literal(state) for state in _OPEN])
    own = select(literal(1).label("one")).select_from(approval_task).where(_t.person_id == user_id, is_open)
    now = bindparam("now", type_=_s.starts_at.type)
    lent = (
        select(_t.approval_id, _t.ballot)
        .distinct()
        .select_from(_lent())
        .where(_s.substitute_id == user_id, _t.state == "open", _a.submitter_id != user_id, *_in_force(now))
    )
    return _few(own) + _few(lent)


def _few(wanted: Select[Any]) -> ScalarSelect[int]:
    mine = wanted.limit(COUNTED).correlate_except(approval_task, approval, approval_substitute).subquery()
    return (
        select(func.count())
        .select_from(mine)
        .correlate_except(approval_task, approval, approval_substitute)
        .scalar_subquery()
    )


def _lent() -> Any:
    joined = approval_substitute.join(approval_task, _t.person_id == _s.user_id)
    return joined.join(approval, _a.id == _t.approval_id)


def _in_force(now: Any) -> tuple[ColumnElement[bool], ...]:
    return _s.starts_at <= now, _s.ends_at > now, or_(_s.object_id.is_(None), _s.object_id == _a.object_id)


def matching(release: Release, actor: Actor, words: str) -> Among:
    """Return the condition "its record or its submitter is called so", with its parameters.

    Titles that the person may not read are not looked at.
    """
    view = reading(release, actor)
    ways: list[ColumnElement[bool]] = []
    values: dict[str, Any] = {}
    names = sorted({one.object for one in release.catalog.all("approval").values()})
    for name, column in [*((each, _a.record_id) for each in names), ("user", _a.submitter_id)]:
        if not view.access.object(name).readable(release.catalog.object(name).title):
            continue
        source = view.source(name).definition()
        called = func.lower(title_text(source)).contains(words.lower(), autoescape=True)
        found = select(source.key).select_from(source.source()).where(called, source.alive())
        ways.append(column.in_(found))
        values |= source.statement.parameters({})
    return or_(*ways) if ways else literal(False), values


# --- the lists -------------------------------------------------------------------------------------------------------

_List = tuple[Select[Any], ColumnElement[datetime], ColumnElement[str]]


def _columns(at: ColumnElement[datetime], *, task: bool) -> list[Any]:
    instance = [_a.id, _a.name, _a.version, _a.status, _a.object_id, _a.record_id, _a.submitter_id, _a.proposal]
    if task:
        return [*instance, _t.ballot, _t.step, _t.state, _t.decision, _t.person_id, at.label("at")]
    none = [literal("").label(name) for name in ("ballot", "step", "state", "decision")]
    return [*instance, *none, literal(None).label("person_id"), at.label("at")]


def _tasks(at: ColumnElement[datetime]) -> Select[Any]:
    return select(*_columns(at, task=True)).join_from(approval_task, approval, _a.id == _t.approval_id)


def _list(connection: Connection, user_id: UUID, tab: Tab, now: datetime) -> _List:
    match tab:
        case "open":
            mine = or_(*_ways(connection, user_id, now))
            return _tasks(_t.opened_at).where(_t.state.in_(_OPEN), mine), _t.opened_at, _t.ballot
        case "done":
            return _tasks(_t.done_at).where(_t.state == "done", _t.by_id == user_id), _t.done_at, _t.ballot
        case "mine":
            wanted = select(*_columns(_a.submitted_at, task=False)).where(_a.submitter_id == user_id)
            return wanted, _a.submitted_at, literal("")
    wanted = select(*_columns(_c.at, task=False)).join_from(approval_copy, approval, _a.id == _c.approval_id)
    return wanted.where(_c.user_id == user_id), _c.at, literal("")


def _ways(connection: Connection, user_id: UUID, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Yield conditions for tasks of a person, and of each one they stand in for now; each finds them by an index."""
    yield _t.person_id == user_id
    for person, object_id in substituted(connection, user_id, now):
        scope = [] if object_id is None else [_a.object_id == object_id]
        yield and_(_t.person_id == person, _t.state == "open", _a.submitter_id != user_id, *scope)


def _position(text: str) -> tuple[datetime, UUID, str] | None:
    at, _bar, rest = text.partition("_")
    key, _bar, ballot = rest.partition("_")
    try:
        return datetime.fromisoformat(at), UUID(key), ballot
    except ValueError:
        return None


def _beyond(columns: tuple[Any, ...], last: tuple[Any, ...], forward: bool) -> ColumnElement[bool]:
    """Return "the row stands behind the last one", compared column by column."""
    ways: list[ColumnElement[bool]] = []
    for index, (column, value) in enumerate(zip(columns, last, strict=True)):
        same = [before == known for before, known in zip(columns[:index], last[:index], strict=True)]
        ways.append(and_(*same, column > value if forward else column < value))
    return or_(*ways)
