"""An assignment rule as frozen data, how it is built and checked, and which an object has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formline.catalog.checker import Checker
from formline.catalog.kinds import Kind, register
from formline.expressions.compiler import ROOTS
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise
from formline.workflow.approvals.people_checks import check_people

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition
    from formline.runtime.release import Release

_PEOPLE = ROOTS | {"submitter", "candidate"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``selector`` names people, of whom the first gets the record, or ``in_turn`` each; or a ``queue``.

    ``reads`` are the fields of the record that the choice of people depends on; None: on more than fields.
    """

    name: str
    label: str
    when: Expression | None
    selector: Mapping[str, Any]
    queue: str
    in_turn: bool
    capacity: int | None
    counted: Expression | None
    reads: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """A rule table. ``on_create``: it runs by itself on new records that nobody was named for."""

    name: str
    label: str
    object: str
    on_create: bool
    when: Expression | None
    rows: tuple[Row, ...]


def build_assignment_rule(catalog: Catalog, definition: Definition) -> AssignmentRule:
    """Make a rule of a checked definition."""
    data = definition.data
    object_name = str(data["object"])

    def condition(source: Any) -> Expression | None:
        return None if source is None else catalog.compiler.compile(source, object=object_name, expects=BOOLEAN)

    def row(name: str, item: Mapping[str, Any]) -> Row:
        assign: Mapping[str, Any] = item["assign"]
        turns = assign.get("round_robin")
        chosen = {key: value for key, value in (turns or assign).items() if key not in ("capacity", "while")}
        queue = str(chosen.get("queue") or "") if turns is None else ""
        return Row(
            name,
            str(item.get("label") or humanise(name)),
            condition(item.get("when")),
            chosen,
            queue,
            turns is not None,
            (turns or {}).get("capacity"),
            condition((turns or {}).get("while")),
            _reads(catalog, object_name, chosen),
        )

    return AssignmentRule(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        bool(data.get("on_create")),
        condition(data.get("when")),
        tuple(row(name, item) for name, item in data["rules"].items()),
    )


def _reads(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the record's fields that a selector reads, so that equal records are asked about once."""
    if "find" in selector:
        spec = {key: selector[key] for key in ("find", "where", "sort", "value") if key in selector}
        found = catalog.compiler.compile(spec, object=object_name)
    elif "where" in selector:
        found = catalog.compiler.compile(selector["where"], object=object_name, expects=BOOLEAN, roots=_PEOPLE)
    elif set(selector) & {"user", "role", "group", "department", "queue"}:
        return frozenset()
    else:
        return None
    if set(selector) & {"field", "managers_of", "department_head_of", "team", "chosen_by"}:
        return None
    fields = catalog.object(object_name).fields
    return frozenset(
        path[1] if path[0] == "this" and len(path) > 1 else path[0]
        for path in found.dependencies
        if (path[0] == "this" and len(path) > 1) or path[0] in fields
    )


def check_assignment_rule(checker: Checker) -> None:
    """Check a rule: its conditions, and the people its rows name."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    if "owner" not in object_.fields or object_.append_only:
        message = f"Records of {object_.name} have no owner that could be assigned."
        checker.error("pool-object", message, ("object",), "name an object whose records people own")
    checker.condition(data.get("when"), ("when",), object_.name)
    for name, row in data["rules"].items():
        path = ("rules", name)
        checker.condition(row.get("when"), (*path, "when"), object_.name)
        turns = row["assign"].get("round_robin")
        if turns is None:
            check_people(checker, object_, row["assign"], (*path, "assign"), {})
            continue
        chosen = {key: value for key, value in turns.items() if key not in ("capacity", "while")}
        check_people(checker, object_, chosen, (*path, "assign", "round_robin"), {})
        checker.condition(turns.get("while"), (*path, "assign", "round_robin", "while"), object_.name)


def rules_of(release: Release, object_name: str) -> tuple[AssignmentRule, ...]:
    """Return the rules of an object by name."""

    def load() -> tuple[AssignmentRule, ...]:
        found: list[AssignmentRule] = [
            one for one in release.catalog.all("assignment_rule").values() if one.object == object_name
        ]
        return tuple(sorted(found, key=lambda one: one.name))

    return release.memo(("assignment_rules", object_name), load)


register(Kind("assignment_rule", build_assignment_rule, check_assignment_rule))
