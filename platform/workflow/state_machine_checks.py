"""Checks of state machines against their object: fields, values, conditions, people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.checks.fields import warn_of_base
from formline.catalog.checks.nulls import warn_of_nulls
from formline.catalog.checks.objects import check_message
from formline.catalog.objects import Object
from formline.errors import DefinitionError
from formline.fields.base import ValueProblem
from formline.fields.defaults import expression_source, fits
from formline.metadata.positions import Path
from formline.workflow.actions.checking import check_actions
from formline.workflow.actions.places import Place
from formline.workflow.selectors import ASKABLE


def check_state_machine(checker: Checker) -> None:
    """Check a state machine."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None or not _check_field(checker, object_):
        return
    for name, state in checker.data["states"].items():
        _check_state(checker, object_, state or {}, ("states", name))
    for name, transition in (checker.data.get("transitions") or {}).items():
        _check_transition(checker, object_, transition, ("transitions", name))


def _check_field(checker: Checker, object_: Object) -> bool:
    """The field is a state field, and some field or record type names this machine."""
    declared = checker.data.get("field")
    if declared is not None:
        field = checker.field(object_, declared, ("field",))
        if field is None:
            return False
        if field.type.name != "state":
            message = f'"{declared}" is of type {field.type.name}; a machine moves a field of type state.'
            checker.error("not-a-state", message, ("field",), "name a state field")
            return False
    elif not object_.state_fields:
        checker.error("no-state-field", f"{object_.name} has no state field.", ("object",), "add a field of type state")
        return False
    users = {field.machine for field in object_.declared if field.type.name == "state"}
    users |= {machine for one in object_.record_types.values() for machine in one.machines.values()}
    if checker.definition.name not in users:
        message = f'No state field or record type of {object_.name} uses the machine "{checker.definition.name}".'
        checker.warning("unused-machine", message, ("name",), f"write machine: {checker.definition.name} at the field")
    return True


def _check_state(checker: Checker, object_: Object, state: Mapping[str, Any], path: Path) -> None:
    for name, value in (state.get("set") or {}).items():
        _check_value(checker, object_, name, value, (*path, "set", name))
    for word in ("read_only", "editable"):
        if isinstance(state.get(word), list):
            _check_locked(checker, object_, state[word], (*path, word))
    check_actions(
        checker, Place(checker.catalog, object_), (state.get("limit") or {}).get("actions"), (*path, "limit", "actions")
    )
    for name, item in (state.get("checklist") or {}).items():
        checker.condition(item.get("required"), (*path, "checklist", name, "required"), object_.name)


def _check_locked(checker: Checker, object_: Object, names: Sequence[Any], path: Path) -> None:
    """Names of fields, and of the tables in its forms."""
    layouts = (checker.catalog.source("layout", name).data for name in checker.catalog.names("layout"))
    forms = (one.get("form") for one in layouts if one.get("object") == object_.name)
    tables = {section.get("table") for form in forms for section in form or () if isinstance(section, Mapping)}
    for index, name in enumerate(names):
        if name not in tables:
            checker.field(object_, name, (*path, index))


def _check_value(checker: Checker, object_: Object, name: str, value: Any, path: Path) -> None:
    field = checker.field(object_, name, path, key=True)
    if field is None:
        return
    if not field.writable:
        message = f'A state cannot set "{name}", which is of type {field.type.name}.'
        checker.error("not-writable", message, path, "set a field that can be written", key=True)
        return
    source = expression_source(field, value)
    if source is not None:
        warn_of_base(checker, field, checker.expression(source, path, object_.name, expects=field.value_type), path)
        return
    checker.chosen(field, value, path)
    try:
        reason = "" if value is None else fits(field, value)
    except (ValueProblem, DefinitionError) as error:
        reason = str(error)
    if reason:
        checker.error("wrong-value", f"The value does not fit {object_.name}.{name}: {reason}", path)


def _check_transition(checker: Checker, object_: Object, transition: Mapping[str, Any], path: Path) -> None:
    for index, name in enumerate(transition.get("requires") or ()):
        field = checker.field(object_, name, (*path, "requires", index))
        if field is not None and field.type.name in ("mirror", "formula"):
            message = f'Nobody can fill in "{name}", which is of type {field.type.name}.'
            checker.error("not-writable", message, (*path, "requires", index), "write it as a check instead")
    ask = transition.get("ask") or ()
    if isinstance(ask, list):
        checker.fields(object_, ask, (*path, "ask"))
    checker.condition(transition.get("when"), (*path, "when"), object_.name)
    for name, one in (transition.get("checks") or {}).items():
        here: Path = (*path, "checks", name, "check")
        test = checker.condition(one.get("check"), here, object_.name)
        if test is not None:
            given = transition.get("requires") or ()
            warn_of_nulls(checker, object_, test, "when" in one or "when" in transition, here, given)
        check_message(checker, object_.name, one.get("message"), (*path, "checks", name, "message"))
    if "allowed" in transition:
        check_selector(checker, object_, transition["allowed"], (*path, "allowed"))
    early = Place(checker.catalog, object_, before=True)
    check_actions(checker, early, transition.get("before"), (*path, "before"))
    check_actions(checker, Place(checker.catalog, object_), transition.get("after"), (*path, "after"))


def check_selector(checker: Checker, object_: Object, selector: Any, path: Path) -> None:
    """A people selector names roles that exist and paths that lead to people."""
    if isinstance(selector, list):
        for index, one in enumerate(selector):
            check_selector(checker, object_, one, (*path, index))
        return
    if isinstance(selector, str):
        _check_people(checker, object_, selector, path)
        return
    if not any(word in selector for word in ASKABLE):
        hint = f"name people by one of {', '.join(ASKABLE)}"
        checker.error("selector-kind", "A transition cannot choose people this way.", path, hint)
    if "role" in selector:
        checker.known("role", selector["role"], (*path, "role"))
    for word in ("group", "queue"):
        if word in selector:
            checker.known("object", "group", (*path, word))
    if "field" in selector:
        _check_people(checker, object_, selector["field"], (*path, "field"))


def _check_people(checker: Checker, object_: Object, dotted: str, path: Path) -> None:
    field = checker.dotted(object_, dotted, path)
    if field is not None and field.to and "user" not in field.to:
        message = f'"{dotted}" leads to {", ".join(field.to)}, not to people.'
        checker.error("not-people", message, path, "name a field of type user")
    elif field is not None and not field.to:
        message = f'"{dotted}" is of type {field.type.name}, which names no people.'
        checker.error("not-people", message, path, "name a field of type user")
