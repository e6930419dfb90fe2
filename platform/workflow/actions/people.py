"""People that an action names: a people selector, whose paths may begin at the item of a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.expressions.expression import Expression
from formline.expressions.types import Kind
from formline.metadata.positions import Path
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.values import evaluate
from formline.workflow.approvals.facts import Facts
from formline.workflow.approvals.people import resolve
from formline.workflow.approvals.people_checks import check_people

if TYPE_CHECKING:
    from formline.catalog.checker import Checker

Selector = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class People:
    """Selectors over the record, and expressions over items of loops that give people."""

    selectors: tuple[Selector, ...]
    paths: tuple[Expression, ...]


def listed(declared: Any) -> list[Selector]:
    """Return selectors as maps; a bare word is a path to people."""
    items = declared if isinstance(declared, list) else [] if declared is None else [declared]
    return [{"field": one} if isinstance(one, str) else one for one in items]


def _of_item(place: Place, selector: Selector) -> str:
    """Return the path that begins at the item of a loop, or ""."""
    path = str(selector.get("field", ""))
    return path if path.partition(".")[0] in place.variables else ""


def check_selectors(checker: Checker, place: Place, declared: Any, path: Path) -> None:
    """Check selectors of people."""
    for index, selector in enumerate(listed(declared)):
        here = (*path, index) if isinstance(declared, list) else path
        inside = _of_item(place, selector)
        if not inside:
            check_people(checker, place.object, selector, here, {})
            continue
        found = checker.expression(inside, here, place.object.name, **place.names)
        if found is not None and (found.type.kind is not Kind.REF or "user" not in found.type.objects):
            message = f'"{inside}" is {found.type}, not a person.'
            checker.error("not-people", message, here, "name a field of type user")


def compile_people(place: Place, declared: Any) -> People:
    """Compile checked selectors."""
    found = listed(declared)
    paths = tuple(place.compile(path) for one in found if (path := _of_item(place, one)))
    return People(tuple(one for one in found if not _of_item(place, one)), paths)


def people_of(run: Run, people: People, scopes: Sequence[Scope]) -> list[list[UUID]]:
    """Return the active people of each scope, each once; equal records are asked about once."""
    inside = evaluate(run, list(people.paths), scopes) if people.paths else [[] for _ in scopes]
    known: dict[UUID, list[UUID]] = {}
    found: list[list[UUID]] = []
    for scope, row in zip(scopes, inside, strict=True):
        facts = Facts(run.unit, run.object, run.record(scope), run.submitter or run.unit.user)
        if scope.key not in known:
            known[scope.key] = [UUID(one.id) for one in resolve(facts, people.selectors)] if people.selectors else []
        named = [one for value in row for one in (value if isinstance(value, tuple | list) else (value,)) if one]
        able = facts.people(None, named) if named else []
        found.append(list(dict.fromkeys([*known[scope.key], *able])))
    return found
