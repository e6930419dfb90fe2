"""``set``, ``create``, ``update``: writing records through the unit, with its rights and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from formline.fields.field import Field
from formline.metadata.positions import Path
from formline.runtime.unit import Change
from formline.runtime.unit.input import BATCH, take
from formline.workflow.actions.checking import check_values
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, register
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.targets import Target, check_target, compile_target, keys_of
from formline.workflow.actions.values import Value, compile_values, rows_of

if TYPE_CHECKING:
    from formline.catalog.checker import Checker


@register
@dataclass(frozen=True, slots=True)
class Set(Action):
    """Sets fields of the record; before a save those of the row being saved."""

    word: ClassVar[str] = "set"
    early: ClassVar[bool] = True
    lasting: ClassVar[bool] = True

    values: Mapping[str, Value]
    fields: Mapping[str, Field]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The fields exist, can be written, and the values fit."""
        check_values(checker, place, place.object, item["set"], (*path, "set"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the values."""
        values = compile_values(place, place.object.fields, item["set"])
        fields = {name: place.object.fields[name] for name in values}
        return cls(path, item, place.condition(item.get("when")), values, fields)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Write the values; what is equal already is not written."""
        rows = rows_of(run, self.values, scopes)
        if scopes[0].draft is not None:
            plan = run.unit.plan(run.object)
            for scope, row in zip(scopes, rows, strict=True):
                for name, value in row.items():
                    take(run.unit, plan, scope.draft, self.fields[name], value)  # type: ignore[arg-type]
        else:
            last = {scope.key: row for scope, row in zip(scopes, rows, strict=True)}
            write(run, run.object, [Change(key, row) for key, row in last.items()])
        for scope, row in zip(scopes, rows, strict=True):
            run.tell(scope, self, fields=list(row), values=shown(run, row))

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return the fields of the record."""
        return frozenset((place.object.name, name) for name in self.values)


@register
@dataclass(frozen=True, slots=True)
class Create(Action):
    """Creates a record of any object; in a loop, those of all items together."""

    word: ClassVar[str] = "create"
    keys: ClassVar[frozenset[str]] = frozenset({"values"})

    object: str
    values: Mapping[str, Value]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The object exists, its fields can be written, what is required has a value."""
        target = checker.object(item["create"], (*path, "create"))
        if target is not None:
            check_values(checker, place, target, item.get("values") or {}, (*path, "values"), creating=True)

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the values."""
        target = place.catalog.object(item["create"])
        values = compile_values(place, target.fields, item.get("values") or {})
        return cls(path, item, place.condition(item.get("when")), target.name, values)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Create one record for each scope."""
        rows = [_given(row) for row in rows_of(run, self.values, scopes)]
        made: list[UUID] = []
        for start in range(0, len(rows), BATCH):
            made += run.unit.create(self.object, rows[start : start + BATCH])
        for scope, key, row in zip(scopes, made, rows, strict=True):
            run.tell(scope, self, object=self.object, ids=[str(key)], fields=list(row), values=shown(run, row))

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return that a record comes into being."""
        return frozenset({(self.object, "")})


@register
@dataclass(frozen=True, slots=True)
class Update(Action):
    """Changes the record that a path leads to, or the item of a loop."""

    word: ClassVar[str] = "update"
    keys: ClassVar[frozenset[str]] = frozenset({"values"})
    needs: ClassVar[frozenset[str]] = frozenset({"values"})

    target: Target
    values: Mapping[str, Value]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The path leads to one record, whose fields can be written."""
        target = check_target(checker, place, str(item["update"]), (*path, "update"))
        if target is not None:
            check_values(checker, place, target, item["values"], (*path, "values"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the path and the values."""
        target = compile_target(place, str(item["update"]))
        fields = place.catalog.object(target.object).fields
        return cls(path, item, place.condition(item.get("when")), target, compile_values(place, fields, item["values"]))

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Change the records; a path that leads nowhere changes nothing, and the trace says so."""
        keys = keys_of(run, self.target, scopes)
        rows = rows_of(run, self.values, scopes)
        last = {key: row for key, row in zip(keys, rows, strict=True) if key is not None}
        write(run, self.target.object, [Change(key, row) for key, row in last.items()])
        for scope, key, row in zip(scopes, keys, rows, strict=True):
            if key is None:
                run.tell(scope, self, "nothing")
            else:
                name = self.target.object
                run.tell(scope, self, object=name, ids=[str(key)], fields=list(row), values=shown(run, row))

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return the fields of the other record."""
        return frozenset((self.target.object, name) for name in self.values)


def write(run: Run, object_name: str, changes: Sequence[Change]) -> None:
    """Change records in batches."""
    for start in range(0, len(changes), BATCH):
        run.unit.update(object_name, changes[start : start + BATCH])


def shown(run: Run, row: Mapping[str, Any]) -> dict[str, str] | None:
    """Return values for the trace of a dry run; a trace that is kept holds none."""
    return {name: "" if value is None else str(value) for name, value in row.items()} if run.dry else None


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new record's values; where there is none, defaults come."""
    return {name: value for name, value in row.items() if value is not None}
