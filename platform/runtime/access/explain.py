"""Why an actor may or may not do something with a record: the rules that were asked, and what would change the answer.

Answers tell about records and roles the actor may not see: only who holds ``manage_access`` may read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, false, func, not_, select, true

from formline.expressions.expression import Expression
from formline.runtime.access import grants, shares
from formline.runtime.access.actor import Actor
from formline.runtime.access.levels import SCOPED_RIGHTS, Scope
from formline.runtime.access.loading import load_actor
from formline.runtime.access.predicates import Predicates, user_root, withheld
from formline.runtime.access.rights import ObjectAccess, rights
from formline.runtime.access.scopes import any_scope
from formline.runtime.queries.prepared import Prepared
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release

#: Scopes tried for the smallest change, narrow ones first.
_TRIED = ("own", "own_and_reports", "department", "department_and_below", "company", "all")


@dataclass(frozen=True, slots=True)
class Ground:
    """One rule that was asked: ``rule`` names it (``role sales: read own``), ``holds`` is its answer for the record."""

    rule: str
    holds: bool
    #: A restriction rule: where it holds it takes the record away.
    takes: bool = False


class Turn(StrEnum):
    """What kind of change would turn an answer."""

    WITHOUT = "without"
    NAMED = "named"
    READABLE = "readable"
    RIGHT = "right"
    SCOPE = "scope"
    SCOPE_OR_SHARE = "scope_or_share"


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest change that would turn an answer.

    ``rule`` is the one that must go (WITHOUT) or name the person (NAMED); a role is needed with ``right`` on
    ``object`` (RIGHT), or with ``right`` in ``scope`` (SCOPE), where a share of the record does as well
    (SCOPE_OR_SHARE); READABLE: the record must be readable first.
    """

    turn: Turn
    rule: str = ""
    right: str = ""
    object: str = ""
    scope: str = ""

    def __str__(self) -> str:
        """Return one line for the command line."""
        match self.turn:
            case Turn.WITHOUT:
                return f"without {self.rule}"
            case Turn.NAMED:
                return f"{self.rule}: name them under only"
            case Turn.READABLE:
                return "the record must be readable, too: explain read"
            case Turn.RIGHT:
                return f"a role with {self.right} on {self.object}"
        shared = ", or a share of the record" if self.turn is Turn.SCOPE_OR_SHARE else ""
        return f"a role with {self.right}: {self.scope}{shared}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer with its grounds; ``smallest`` is what would turn it, None where no single change would."""

    allowed: bool
    grounds: tuple[Ground, ...]
    smallest: Smallest | None = None

    @property
    def change(self) -> str:
        """What would turn the answer, as the command line says it, or ""."""
        return str(self.smallest) if self.smallest is not None else ""


def explain(connection: Connection, release: Release, actor: Actor, object: str, id: UUID, right: str) -> Explanation:
    """Return whether ``actor`` has ``right`` on a record, deleted or not, and why.

    ``right``: read, update, delete, export, transfer, or a plain right or action of the object, for which ``id`` does
    not matter.
    """
    if actor.is_system:
        return Explanation(True, (Ground("the system does everything", True),))
    access = rights(release, actor).object(object)
    if right not in SCOPED_RIGHTS:
        return _plain(access, right)
    asked = list(_rules(access, right))
    answers = _ask(connection, release, actor, access, id, right, [scope for _, scope in asked])
    if answers is None:
        return Explanation(False, (Ground("there is no such record", False),))
    found, possible, taking, shared, allowed = answers
    grounds = [Ground(rule, holds) for (rule, _), holds in zip(asked, found, strict=True)]
    if access.scopes(right) and right in ("read", "update"):
        grounds += _shares(connection, release, actor, object, id, right) if shared else []
        grounds += [] if shared else [Ground(f"a share of the record: {right}", False)]
    given = any(ground.holds for ground in grounds)
    rules = zip(access.restrictions(right), taking, strict=True)
    taken = [Ground(f"restriction rule {rule.name}", holds, takes=True) for rule, holds in rules]
    every = (*grounds, *taken)
    if given and not allowed:
        rule = next((ground.rule for ground in taken if ground.holds), "")
        return Explanation(False, every, Smallest(Turn.NAMED, rule) if rule else Smallest(Turn.READABLE))
    return Explanation(allowed, every, _change(right, allowed, grounds, possible))


def _shares(connection: Connection, release: Release, actor: Actor, object: str, id: UUID, right: str) -> list[Ground]:
    """Return the shares that name the actor, with their causes and ends."""
    now = datetime.now(UTC)
    return [
        Ground(f"share by {_cause(each.cause)} to {each.kind} {each.name}: {each.level}{_until(each.expires_at)}", True)
        for each in grants.given(connection, release, object, id, now)
        if each.principal in _principals(actor, each.kind) and (right == "read" or each.level == "read_write")
    ]


def _principals(actor: Actor, kind: str) -> tuple[str, ...]:
    return actor.reach.departments_above if kind == "department_below" else actor.reach.principals


def _cause(cause: str) -> str:
    return f"sharing rule {cause.removeprefix(shares.RULE)}" if cause.startswith(shares.RULE) else cause


def _until(end: datetime | None) -> str:
    return "" if end is None else f" until {end:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Sees:
    """Somebody who has a right on a record, and the rules that give it."""

    user_id: UUID
    name: str
    because: tuple[str, ...]


def who_may(
    connection: Connection,
    release: Release,
    object: str,
    id: UUID,
    right: str = "read",
    *,
    after: UUID | None = None,
    limit: int = 200,
) -> tuple[list[Sees], UUID | None]:
    """Return who of up to ``limit`` active people may do something with a record, and where to go on (None: all asked).

    Everybody is asked the same predicate as when they come themselves.
    """
    users = release.model("user")
    statement = select(users.id, users.column("name")).where(
        users.deleted_at.is_(None), users.column("active").is_not(False)
    )
    page = statement.where(users.id > after) if after else statement
    rows = list(connection.execute(page.order_by(users.id).limit(limit)))
    found = []
    for key, name in rows:
        explained = explain(connection, release, load_actor(connection, release, key), object, id, right)
        if explained.allowed:
            because = tuple(ground.rule for ground in explained.grounds if ground.holds and not ground.takes)
            found.append(Sees(key, str(name), because))
    return found, rows[-1][0] if len(rows) == limit else None


def _plain(access: ObjectAccess, right: str) -> Explanation:
    grounds = tuple(
        Ground(f"role {role.name}: {right}", True)
        for role in access.rights.roles_expanded
        if access.object.name in role.objects
        and (
            right in role.objects[access.object.name].actions
            or getattr(role.objects[access.object.name], right, False) is True
        )
    )
    allowed = access.can(right)
    needed = None if allowed else Smallest(Turn.RIGHT, right=right, object=access.object.name)
    return Explanation(allowed, grounds, needed)


def _rules(access: ObjectAccess, right: str) -> Iterator[tuple[str, Scope]]:
    """Yield the rules that may give the right, with their scopes."""
    name = access.object.name
    for scope in access.default_scopes(right):
        yield f"default access of {name}: {access.object.default_access}", scope
    for role in access.rights.roles_expanded:
        if name in role.objects:
            scope = getattr(role.objects[name], right)
            yield f"role {role.name}: {right} {scope.source if isinstance(scope, Expression) else scope}", scope


_Answers = tuple[list[bool], list[bool], list[bool], bool, bool]


def _ask(
    connection: Connection,
    release: Release,
    actor: Actor,
    access: ObjectAccess,
    id: UUID,
    right: str,
    scopes: list[Scope],
) -> _Answers | None:
    """Return the answers to ``scopes``, scopes tried, restrictions; whether shared; the whole. None: no record."""
    statement = Statement(release)
    source = source_of(statement, access.object.name, roots={"user": user_root(statement)})
    predicates = Predicates(access.rights, actor.shared)
    restrictions = access.restrictions(right)
    on_parent = "read" if right == "read" else "update"

    def flag(scope: Scope) -> ColumnElement[Any]:
        if scope == "none":
            return false()
        return _flag(any_scope(source, (scope,), lambda parent: predicates.condition(parent, on_parent)))

    columns = [
        *map(flag, scopes),
        *map(flag, _TRIED),
        *(not_(withheld(source, rule)) for rule in restrictions),
        _flag(shares.shared(source, right)),
        _flag(predicates.condition(source, right)),
    ]
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    found = select(*labelled).select_from(source.source()).where(source.key == id)
    rows = Prepared(found, statement).run(connection, actor, {})
    if not rows:
        return None
    row = [bool(value) for value in rows[0]]
    tried = len(scopes) + len(_TRIED)
    return row[: len(scopes)], row[len(scopes) : tried], row[tried:-2], row[-2], row[-1]


def _flag(condition: ColumnElement[bool] | None) -> ColumnElement[Any]:
    return true() if condition is None else func.coalesce(condition, false())


def _change(right: str, allowed: bool, grounds: list[Ground], possible: list[bool]) -> Smallest | None:
    """Return the smallest change that would turn the answer."""
    if allowed:
        holding = [ground.rule for ground in grounds if ground.holds]
        return Smallest(Turn.WITHOUT, holding[0]) if len(holding) == 1 else None
    scope = next(name for name, holds in zip(_TRIED, possible, strict=True) if holds)
    return Smallest(Turn.SCOPE_OR_SHARE if grounds else Turn.SCOPE, right=right, scope=scope)
