"""``split``: makes equal parts of an amount as records of another side; what cannot be parted is on the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from formline.errors import FieldError, ValidationError
from formline.expressions.expression import Expression
from formline.expressions.types import INTEGER, NUMBER
from formline.fields.base import name_of
from formline.fields.field import Field
from formline.metadata.positions import Path
from formline.runtime.unit.input import BATCH
from formline.workflow.actions.checking import check_value
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, register
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.values import Value, compile_value, evaluate, rows_of
from formline.workflow.actions.writing import shown

if TYPE_CHECKING:
    from formline.catalog.checker import Checker

INDEX = "index"
_KEYS = frozenset({"into", "amount", "count", "each"})


@dataclass(frozen=True, slots=True)
class _Field:
    """The amount's field: which one, in the record and in a part."""

    name: str
    whole: Field
    part: Field


@register
@dataclass(frozen=True, slots=True)
class Split(Action):
    """Makes ``count`` records ``into`` the other side, with equal shares of ``amount``; ``index`` counts from 0."""

    word: ClassVar[str] = "split"
    lasting: ClassVar[bool] = True

    object: str
    link: str
    amount: _Field
    count: Expression
    each: Mapping[str, Value]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The other side, a number on both sides, and the values of each part."""
        data, here = item["split"], (*path, "split")
        for key in ("into", "amount", "count"):
            if key not in data:
                checker.error("missing-key", f'"{key}" is missing.', here, f"add {key} to split")
        for key in set(data) - _KEYS:
            checker.error("action-key", f"split has no {key}.", (*here, key), f"remove {key}", key=True)
        if not {"into", "amount", "count"} <= set(data):
            return
        target = checker.reverse(place.object, data["into"], (*here, "into"))
        whole = checker.field(place.object, data["amount"], (*here, "amount"))
        part = None if target is None else checker.field(target, data["amount"], (*here, "amount"))
        for field in (whole, part):
            if field is not None and not field.value_type.is_number:
                message = f'"{field.name}" of {field.object} is of type {field.type.name}, which has no shares.'
                checker.error("wrong-value", message, (*here, "amount"), "name a number or an amount of money")
        checker.expression(str(data["count"]), (*here, "count"), place.object.name, expects=NUMBER, **place.names)
        inside = place.inside(INDEX, INTEGER)
        for name, raw in (data.get("each") or {}).items():
            field = None if target is None else checker.field(target, name, (*here, "each", name), key=True)
            if field is not None:
                check_value(checker, inside, field, raw, (*here, "each", name))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the count and the values."""
        data = item["split"]
        link = place.object.child(str(data["into"]))
        if link is None:
            raise ValueError(f"{data['into']} was not checked")
        target = place.catalog.object(link.object)
        inside = place.inside(INDEX, INTEGER)
        each = {name: compile_value(inside, target.fields[name], raw) for name, raw in (data.get("each") or {}).items()}
        name = str(data["amount"])
        amount = _Field(name, place.object.fields[name], target.fields[name])
        when = place.condition(item.get("when"))
        return cls(path, item, when, target.name, link.field, amount, place.compile(str(data["count"])), each)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Create the parts of all records together.

        Raises:
            ValidationError: no whole number from 1 to 500, or no amount.
        """
        inner: list[Scope] = []
        shares: list[Any] = []
        for scope, (count,) in zip(scopes, evaluate(run, [self.count], scopes), strict=True):
            found = self._shares(run, scope, _number(count))
            shares += found
            inner += [scope.with_item(INDEX, number, number + 1) for number in range(len(found))]
        rows = rows_of(run, self.each, inner)
        for scope, share, row in zip(inner, shares, rows, strict=True):
            row[self.amount.name] = share
            row[self.link] = str(scope.key)
        made = []
        for start in range(0, len(rows), BATCH):
            made += run.unit.create(self.object, rows[start : start + BATCH])
        for scope, key, row in zip(inner, made, rows, strict=True):
            told = {name: value for name, value in row.items() if name != self.link}
            run.tell(scope, self, object=self.object, ids=[str(key)], fields=list(told), values=shown(run, told))

    def _shares(self, run: Run, scope: Scope, count: int) -> list[Any]:
        record = run.record(scope)
        whole = record.get(self.amount.name)
        if whole is None:
            message = f"{self.amount.whole.label} is empty; there is nothing to part."
            raise ValidationError([FieldError(self.amount.name, "split_empty", message)])
        parts = parted(Decimal(whole), count, places_of(self.amount.part))
        currency = record.get(name_of("currency", self.amount.name))
        if currency is None or "currency" not in {one.name for one in self.amount.part.parts}:
            return list(parts)
        return [{"amount": str(one), "currency": currency} for one in parts]

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return that records come into being."""
        return frozenset({(self.object, "")})


def places_of(field: Field) -> int:
    """Return the decimal places of a number's column; money is parted to the cent."""
    return 2 if field.type.name == "money" else int(getattr(field.parts[0].type, "scale", 0) or 0)


def parted(whole: Decimal, count: int, places: int) -> list[Decimal]:
    """Return ``count`` equal shares, rounded down, the last with what is left; their sum is the whole."""
    share = (whole / count).quantize(Decimal(1).scaleb(-places), ROUND_DOWN)
    return [*[share] * (count - 1), whole - share * (count - 1)]


def _number(value: Any) -> int:
    if value is None or value != int(value) or not 1 <= value <= BATCH:
        message = f"An amount is parted into 1 to {BATCH} parts, not {value}."
        raise ValidationError([FieldError("", "split_count", message)])
    return int(value)
