"""Selectors of people as lists: who is asked, with the selector that chose each as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from formline.runtime.access.shares import TEAM
from formline.runtime.tables import share
from formline.workflow.approvals.definition import Selectors
from formline.workflow.approvals.events import Person
from formline.workflow.approvals.facts import Facts, user_record

#: Managers of managers are followed so far.
HIGHEST = 12


def resolve(facts: Facts, selectors: Selectors, chosen: Sequence[UUID] = ()) -> tuple[Person, ...]:
    """Return the active people that selectors mean, each once; ``chosen`` are those the submitter picked."""
    found: dict[str, Person] = {}
    for selector in selectors:
        weight, veto = int(selector.get("weight", 1)), bool(selector.get("veto"))
        for key in _people(facts, selector, chosen):
            person = Person(str(key), weight, veto, _why(selector))
            known = found.get(person.id)
            if known is not None:
                person = Person(known.id, max(known.weight, weight), known.veto or veto, known.why)
            found[person.id] = person
    return tuple(found.values())


def _why(selector: Mapping[str, Any]) -> str:
    parts = {key: value for key, value in selector.items() if key not in ("weight", "veto")}
    return ", ".join(f"{key}: {value}" for key, value in parts.items())


def _people(facts: Facts, selector: Mapping[str, Any], chosen: Sequence[UUID]) -> list[UUID]:
    where = selector.get("where")
    if "find" in selector:
        spec = {key: selector[key] for key in ("find", "where", "sort", "value") if key in selector}
        return _active(facts, [facts.value(spec)])
    if "managers_of" in selector and "until" in selector:
        return _line(facts, selector)
    if "script" in selector:
        return _active(facts, facts.chosen(str(selector["script"])), where)
    if "chosen_by" in selector:
        allowed = {one.id for one in resolve(facts, _listed(selector.get("from")))} if "from" in selector else None
        return _active(facts, [one for one in chosen if allowed is None or str(one) in allowed])
    if "team" in selector:
        return _active(facts, _team(facts, str(selector["team"])), where)
    if str(selector.get("field", "")).partition(".")[0] == "item":
        return _active(facts, [_of_item(facts, str(selector["field"]))], where)
    return facts.people(_with(_condition(facts, selector), where))


def _listed(selector: Any) -> Selectors:
    items = selector if isinstance(selector, list) else [selector]
    return tuple({"field": one} if isinstance(one, str) else one for one in items)


def _with(condition: str, where: Any) -> str:
    return f"({condition}) and ({where})" if where else condition


def _condition(facts: Facts, selector: Mapping[str, Any]) -> str:
    """Return the condition over ``candidate`` that a selector stands for."""
    for word, value in selector.items():
        match word:
            case "user":
                return f"candidate.login == {_text(value)}"
            case "role":
                return f"has_role(candidate, {_text(value)})"
            case "group" | "queue":
                return f"any(candidate.groups, name == {_text(value)} and active)"
            case "department" if selector.get("below"):
                return f"within(candidate.department, {_text(value)})"
            case "department":
                return f"candidate.department == {_text(value)}"
            case "field":
                return _field(facts, str(value))
            case "managers_of":
                levels = range(1, int(selector.get("levels", 1)) + 1)
                return " or ".join(f"{value}{'.manager' * level} == candidate" for level in levels)
            case "department_head_of":
                return f"{value}.department.head == candidate"
    raise ValueError(f"no people are named by {', '.join(selector)}")


def _field(facts: Facts, path: str) -> str:
    if path == "submitter":
        return "submitter == candidate"
    end = facts.unit.release.catalog.compiler.path_end(facts.object_name, tuple(path.split(".")))
    many = end is not None and end.type.name == "many_to_many"
    return f"candidate in {path}" if many else f"{path} == candidate"


def _line(facts: Facts, selector: Mapping[str, Any]) -> list[UUID]:
    """Return the managers of a person upwards to the first who meets ``until``, that one included."""
    start, until = str(selector["managers_of"]), selector["until"]
    line: list[UUID] = []
    current = facts.value(start) if start != "submitter" else facts.submitter.get("id")
    while current is not None and len(line) < HIGHEST:
        current = user_record(facts.unit, current).get("manager")
        if current is None or current in line:
            break
        line.append(current)
    test = f"has_role(candidate, {_text(until['role'])})" if isinstance(until, Mapping) else str(until)
    able = set(facts.people(_with(test, selector.get("where")), line)) if line else set()
    stop = next((index for index, one in enumerate(line) if one in able), len(line) - 1)
    return _active(facts, line[: stop + 1])


def _team(facts: Facts, role: str) -> list[UUID]:
    model = facts.unit.release.model(facts.object_name)
    found = select(share.c.principal).where(
        share.c.object_id == model.object_id,
        share.c.record_id == facts.record["id"],
        share.c.cause == TEAM,
        share.c.team_role == role,
        share.c.principal_kind == "user",
    )
    return [UUID(one) for one in facts.unit.connection.execute(found).scalars()]


def _of_item(facts: Facts, path: str) -> Any:
    """Return a person at a path from the item of a for_each; the item itself where nothing follows."""
    rest = path.split(".")[1:]
    current = facts.item
    target = "user"
    for name in rest:
        record = user_record(facts.unit, current)
        field = facts.unit.release.catalog.object(target).fields[name]
        current, target = record.get(name), next(iter(field.to), "user")
    return current


def _active(facts: Facts, ids: Sequence[Any], where: Any = None) -> list[UUID]:
    """Return those of the people who can be asked, in the same order."""
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return []
    able = set(facts.people(None if where is None else str(where), wanted))
    return [one for one in wanted if one in able]


def _text(value: Any) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
