"""Answers what blocks ask: conditions, items and people, found by SQL over the record as it would be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from formline.expressions.compiler import ROOTS
from formline.expressions.types import BOOLEAN
from formline.runtime.access.predicates import user_root
from formline.runtime.driver import DriverQuery
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.workflow.scripts.choosing import choose

if TYPE_CHECKING:
    from formline.runtime.release import ObjectModel
    from formline.runtime.unit import Unit

#: ``distinct(lines.product.manager)``: the different values of a path through another side.
_DISTINCT = re.compile(r"^\s*distinct\(\s*([a-z][a-z0-9_]*)((?:\.[a-z][a-z0-9_]*)*)\s*\)\s*$")
_HERE = ROOTS | {"submitter"}
_PEOPLE = _HERE | {"candidate"}
_AMONG = "among"
Record = Mapping[str, Any]


class Facts:
    """One record as it would be, its submitter, and the unit that may ask the database about both."""

    def __init__(
        self,
        unit: Unit,
        object_name: str,
        record: Record,
        submitter: Record,
        item: Any = None,
        *,
        old: Record | None = None,
    ) -> None:
        """``item``: the item of a for_each that is asked about; ``old``: the record before, where that differs."""
        self.unit = unit
        self.object_name = object_name
        self.record = record
        self.submitter = submitter
        self.item = item
        self.old = record if old is None else old
        #: Why scripts found nobody.
        self.reasons: list[str] = []

    def for_item(self, item: Any) -> Facts:
        """Return the same facts inside a branch of a for_each."""
        return Facts(self.unit, self.object_name, self.record, self.submitter, item, old=self.old)

    @property
    def _compiler(self) -> Any:
        return self.unit.release.catalog.compiler

    def holds(self, conditions: Sequence[str]) -> list[bool]:
        """Return whether conditions over the record hold, in one statement."""
        return [bool(value) for value in self._values(conditions, expects=BOOLEAN)] if conditions else []

    def value(self, source: Any, *, object_name: str | None = None) -> Any:
        """Return the value of one expression or find over the record."""
        return self._values([source], object=object_name or self.object_name)[0]

    def _values(self, sources: Sequence[Any], **options: Any) -> Sequence[Any]:
        """Return the values of expressions in one statement, built once per release."""
        prepared: Prepared = statements(self.unit.release).get(
            ("facts", self.object_name, repr(sources), *options.values()),
            lambda: self._asking(sources, {"object": self.object_name, **options}),
        )
        return self._run(prepared, {})[0]

    def _asking(self, sources: Sequence[Any], options: Mapping[str, Any]) -> Prepared:
        statement = Statement(self.unit.release)
        row = self._row(statement)
        made = [self._compiler.compile(one, roots=_HERE, **options) for one in sources]
        return Prepared(select(*(one.sql(row).label(f"value_{number}") for number, one in enumerate(made))), statement)

    def _row(self, statement: Statement, more: Mapping[str, Any] | None = None) -> BoundRow:
        roots = {
            "user": user_root(statement),
            "old": BoundRow(statement, self.object_name, root="old0"),
            "submitter": BoundRow(statement, "user", root="submitter"),
            **(more or {}),
        }
        return BoundRow(statement, self.object_name, root="this0", roots=roots)

    def _roots(self) -> dict[str, Any]:
        return {**self.unit.roots, "this0": self.record, "old0": self.old, "submitter": self.submitter}

    def _run(self, prepared: Prepared, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        return prepared.run(self.unit.connection, self.unit.actor, values, self._roots())

    def people(self, condition: str | None, among: Sequence[UUID] | None = None) -> list[UUID]:
        """Return the active users for whom a condition over ``candidate`` and the record holds, in order of name.

        ``among``: only these are asked about.
        """
        key = ("people", self.object_name, condition, among is None)
        prepared: Prepared = statements(self.unit.release).get(key, lambda: self._looking(condition, among is None))
        values = {} if among is None else bind_keys(_AMONG, among, self.unit.dialect)
        return [user for (user,) in self._run(prepared, values)]

    def _looking(self, condition: str | None, everybody: bool) -> Prepared:
        statement = Statement(self.unit.release)
        users = source_of(statement, "user")
        tests = [users.column(("active",)).is_not(False), users.alive()]
        if not everybody:
            tests.append(in_keys(users.key, _AMONG, self.unit.dialect))
        if condition is not None:
            made = self._compiler.compile(condition, object=self.object_name, expects=BOOLEAN, roots=_PEOPLE)
            tests.append(made.where(self._row(statement, {"candidate": users})))
        order = users.column((users.object.title,)), users.key
        found = select(users.key).select_from(users.source()).where(*tests).order_by(*order)
        return Prepared(found, statement)

    def chosen(self, script: str) -> tuple[UUID, ...]:
        """Return whom a script chooses; nobody where it failed, which :attr:`reasons` tell."""
        found = choose(self.unit, self.object_name, script, self.record, self.submitter, self.item)
        if found.reason:
            self.reasons.append(found.reason)
        return found.people

    def items(self, over: Any) -> list[UUID]:
        """Return the ids of the items of a for_each: different values of a path, or the rows of another side."""
        text = str(over)
        found = _DISTINCT.match(text)
        name, rest = (found[1], found[2]) if found else (text.strip(), "")
        statement = Statement(self.unit.release)
        start = BoundRow(statement, self.object_name, root="this0")
        path = (name, *[one for one in rest.split(".") if one])
        rows = start.rows((name,)) if self.unit.release.catalog.object(self.object_name).child(name) else None
        if rows is None:
            value = self.value(text)
            return [] if value is None else [value]
        column = rows.context.column((*path[1:], "id") if path[1:] else ("id",))
        wanted = select(column).distinct().select_from(rows.context.source())
        wanted = wanted.where(column.is_not(None), *([] if rows.where is None else [rows.where])).order_by(column)
        return list(self.unit.connection.execute(wanted, statement.parameters(self._roots())).scalars())


def user_record(unit: Unit, user_id: UUID | None) -> Record:
    """Return a user's stored values; nothing for nobody."""
    if user_id is None:
        return {}
    if unit.actor.user_id == user_id and unit.actor.user:
        return unit.user
    model = unit.release.model("user")
    query = unit.release.memo("user record", lambda: DriverQuery(_user_by_id(model)))
    found = query.rows(unit.connection, {"key": user_id})
    return dict(zip(model.keys, found[0], strict=True)) if found else {}


def _user_by_id(model: ObjectModel) -> Select[Any]:
    return select(*model.columns).where(model.id == bindparam("key", type_=model.id.type))
