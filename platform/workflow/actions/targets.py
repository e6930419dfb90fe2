"""Which record an action is about: this one, one that lookups lead to, or the item of a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from formline.expressions.expression import Expression
from formline.metadata.positions import Path
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.values import evaluate, is_reference

if TYPE_CHECKING:
    from formline.catalog.checker import Checker
    from formline.catalog.objects import Object


@dataclass(frozen=True, slots=True)
class Target:
    """Records of ``object`` that an expression gives, one for each scope."""

    object: str
    expression: Expression


def compile_target(place: Place, path: str) -> Target:
    """Compile a checked path to one record."""
    found = place.compile(path)
    return Target(found.type.objects[0], found)


def check_target(checker: Checker, place: Place, source: str, path: Path) -> Object | None:
    """Return the object of the record that a path leads to; report a path that leads to none, or to several."""
    found = checker.expression(source, path, place.object.name, **place.names)
    if found is None:
        return None
    if not is_reference(found) or len(found.type.objects) != 1:
        message = f'"{source}" is {found.type}; an action needs one record of one object.'
        checker.error("not-a-record", message, path, "write a path through lookups, or for_each with as")
        return None
    return checker.catalog.objects.get(found.type.objects[0])


def keys_of(run: Run, target: Target, scopes: Sequence[Scope]) -> list[UUID | None]:
    """Return the record of each scope, None where the path leads nowhere."""
    return [key for (key,) in evaluate(run, [target.expression], scopes)]
