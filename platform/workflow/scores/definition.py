"""A score as frozen data, how it is built and checked, and which an object has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from formline.catalog.checker import Checker
from formline.catalog.kinds import Kind, register
from formline.catalog.objects import Object
from formline.catalog.sharing import days_of
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN, NUMBER
from formline.expressions.types import Kind as TypeKind
from formline.fields.field import humanise
from formline.metadata.positions import Path

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition
    from formline.runtime.release import Release


@dataclass(frozen=True, slots=True)
class Decay:
    """Points fade from ``since`` on: by half each ``half_life``, or evenly until they are ``gone_after``."""

    since: Expression
    half_life: timedelta | None
    gone_after: timedelta | None


@dataclass(frozen=True, slots=True)
class Criterion:
    """What gives points: a number, or an expression; at most ``at_most`` either way."""

    name: str
    label: str
    when: Expression | None
    points: Decimal | Expression
    at_most: Decimal | None
    decay: Decay | None


@dataclass(frozen=True, slots=True)
class Score:
    """A score kept in ``field``, its grade in ``grade``; ``grades`` are (least points, choice), the best first."""

    name: str
    label: str
    object: str
    where: Expression | None
    field: str
    grade: str
    least: Decimal | None
    most: Decimal | None
    grades: tuple[tuple[Decimal, str], ...]
    criteria: tuple[Criterion, ...]


def build_score(catalog: Catalog, definition: Definition) -> Score:
    """Make a score of a checked definition."""
    data = definition.data
    object_name = str(data["object"])

    def compiled(source: Any, expects: Any = None) -> Expression:
        return catalog.compiler.compile(source, object=object_name, expects=expects)

    def criterion(name: str, item: Mapping[str, Any]) -> Criterion:
        decay = item.get("decay")
        points = item["points"]
        return Criterion(
            name,
            str(item.get("label") or humanise(name)),
            compiled(item["when"], BOOLEAN) if "when" in item else None,
            compiled(points, NUMBER) if isinstance(points, str) else Decimal(str(points)),
            _number(item.get("at_most")),
            None
            if decay is None
            else Decay(compiled(decay["since"]), days_of(decay.get("half_life")), days_of(decay.get("gone_after"))),
        )

    bands = [(Decimal(str(points)), name) for name, points in (data.get("grades") or {}).items()]
    return Score(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        compiled(data["where"], BOOLEAN) if "where" in data else None,
        str(data["field"]),
        str(data.get("grade") or ""),
        _number(data.get("min")),
        _number(data.get("max")),
        tuple(sorted(bands, reverse=True)),
        tuple(criterion(name, item) for name, item in data["criteria"].items()),
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def check_score(checker: Checker) -> None:
    """Check a score: where it is kept, its grades, and what its criteria read."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    checker.condition(data.get("where"), ("where",), object_.name)
    _check_kept(checker, object_, "field", ("integer", "decimal"))
    grade = _check_kept(checker, object_, "grade", ("choice",)) if "grade" in data else None
    for name in data.get("grades") or ():
        if grade is not None and grade.choices and name not in grade.choices:
            message = f'{grade.name} has no choice "{name}".'
            checker.error("score-field", message, ("grades", name), f"one of {', '.join(grade.choices)}", key=True)
    for name, item in data["criteria"].items():
        path: Path = ("criteria", name)
        checker.condition(item.get("when"), (*path, "when"), object_.name)
        if isinstance(item["points"], str):
            checker.expression(item["points"], (*path, "points"), object_.name, expects=NUMBER)
        if "decay" in item:
            _check_decay(checker, object_, item["decay"], (*path, "decay"))


def _check_kept(checker: Checker, object_: Object, key: str, types: tuple[str, ...]) -> Any:
    field = checker.field(object_, checker.data[key], (key,))
    if field is not None and field.type.name not in types:
        message = (
            f"{field.name} is of type {field.type.name} and cannot keep the {'grade' if key == 'grade' else 'points'}."
        )
        checker.error("score-field", message, (key,), f"name a field of type {' or '.join(types)}")
        return None
    return field


def _check_decay(checker: Checker, object_: Object, decay: Mapping[str, Any], path: Path) -> None:
    found = checker.expression(decay["since"], (*path, "since"), object_.name)
    if found is not None and (found.type.kind not in (TypeKind.DATE, TypeKind.DATETIME) or found.type.many):
        message = f'"{decay["since"]}" is {found.type}, not a date.'
        checker.error("score-decay", message, (*path, "since"), "name a date, or a date and time")
    if ("half_life" in decay) == ("gone_after" in decay):
        message = "Points fade by half_life, or until gone_after."
        checker.error("score-decay", message, path, "write one of them")


def scores_of(release: Release, object_name: str) -> tuple[Score, ...]:
    """Return the scores of an object by name."""

    def load() -> tuple[Score, ...]:
        found: list[Score] = [one for one in release.catalog.all("score").values() if one.object == object_name]
        return tuple(sorted(found, key=lambda one: one.name))

    return release.memo(("scores", object_name), load)


register(Kind("score", build_score, check_score))
