"""Checks of the fields of an object: parameters of their types, references, conditions, defaults, computed fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from formline.catalog.checker import Checker
from formline.catalog.checks import computed
from formline.catalog.links import raw_fields
from formline.catalog.objects import Object
from formline.errors import DefinitionError
from formline.expressions.expression import Expression
from formline.expressions.nodes import Field as FieldNode
from formline.expressions.nodes import walk
from formline.fields.all_types import TYPES
from formline.fields.base import FieldType, Parameter, ValueProblem
from formline.fields.defaults import expression_source, fits
from formline.fields.field import COMMON, Field
from formline.fields.numbering import PathPart, parse_pattern
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path
from formline.metadata.wording import boolean_word

#: Parameters with a meaning only where people write the value.
_WRITING = frozenset({"required", "default", "default_again_on", "read_only"})


def check_fields(checker: Checker, object_: Object) -> bool:
    """Check all fields; return whether every one could be understood, so that what reads them can be checked."""
    before = len(checker.problems)
    for name, params in raw_fields(checker.data):
        _check_type(checker, name, params)
    if len(checker.problems) > before:
        return False
    for field in object_.declared:
        _check_reference(checker, object_, field)
        _check_lists(checker, object_, field)
    _check_parents(checker, object_)
    if len(checker.problems) > before or not computed.check_computed(checker, object_):
        return False
    for field in object_.declared:
        _check_conditions(checker, object_, field)
        _check_default(checker, object_, field)
        _check_number(checker, object_, field)
    return True


def _check_type(checker: Checker, name: str, params: Mapping[str, Any]) -> None:
    path: Path = ("fields", name)
    type_ = TYPES[params["type"]]  # the schema names exactly these
    known = {parameter.name: parameter for parameter in (*COMMON, *type_.parameters)}
    for key, value in params.items():
        parameter = known.get(key)
        if parameter is None:
            hint = did_you_mean(key, known)
            checker.error("unknown-parameter", f'A {type_.name} field has no "{key}".', (*path, key), hint, key=True)
        elif not _valid(type_, parameter, value):
            message = f'"{key}" of a {type_.name} field cannot be {_written(value)}.'
            checker.error("wrong-parameter", message, (*path, key), parameter.help)
        elif key in _WRITING and not type_.writable:
            message = f"Nobody writes a {type_.name} field, so {key} means nothing."
            checker.error("computed-field", message, (*path, key), "remove it", key=True)
    for parameter in type_.parameters:
        if parameter.required and params.get(parameter.name) is None:
            message = f'The {type_.name} field "{name}" has no {parameter.name}.'
            checker.error("missing-parameter", message, path, f"write {parameter.name}: {parameter.help}", key=True)


def _written(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _valid(type_: FieldType, parameter: Parameter, value: Any) -> bool:
    if not parameter.schema:
        return True
    return _validator(type_.name, parameter.name).is_valid(value)


@cache
def _validator(type_name: str, parameter_name: str) -> jsonschema_rs.Draft202012Validator:
    found = next(p for p in (*TYPES[type_name].parameters, *COMMON) if p.name == parameter_name)
    return jsonschema_rs.Draft202012Validator(dict(found.schema))


def _check_reference(checker: Checker, object_: Object, field: Field) -> None:
    """Targets exist, the name on their side is free, ``where`` fits."""
    path: Path = ("fields", field.name)
    if not field.type.reference:
        return
    targets = [checker.object(name, _item(path, "to", field, index)) for index, name in enumerate(field.to)]
    if field.reverse:
        for target in targets:
            if target is not None:
                _check_reverse(checker, object_, field, target, (*path, "reverse"))
    if "where" in field.params and all(target is not None for target in targets):
        for name in field.to:
            checker.condition(field.params["where"], (*path, "where"), object_.name, where_of=name)
    if field.on_delete == "set_null" and field.required is True:
        message = f'"{field.name}" is required, so deleting its target cannot clear it.'
        checker.error("clears-required", message, (*path, "on_delete"), "write restrict or cascade")


def _item(path: Path, key: str, field: Field, index: int) -> Path:
    return (*path, key, index) if isinstance(field.params.get(key), list) else (*path, key)


def _check_reverse(checker: Checker, object_: Object, field: Field, target: Object, path: Path) -> None:
    if field.reverse in target.fields:
        message = f'{target.name} has a field "{field.reverse}" already.'
        checker.error("reverse-taken", message, path, "choose another name for the other side")
    claims = checker.catalog.links.all_behind(target.name, field.reverse)
    others = [link for link in claims if (link.object, link.field) != (object_.name, field.name)]
    if others and (claims[0].object, claims[0].field) != (object_.name, field.name):
        message = (
            f'"{field.reverse}" on {target.name} is the other side of {others[0].object}.{others[0].field} already.'
        )
        checker.error("reverse-taken", message, path, "choose another name for the other side")


def _check_lists(checker: Checker, object_: Object, field: Field) -> None:
    """Choice lists, dependent choices and machines."""
    path: Path = ("fields", field.name)
    for sub, code, message, hint in field.type.check(field):
        checker.error(code, message, (*path, *sub), hint, key=not sub)
    shared = field.params.get("choice_list")
    if shared is not None and shared != "roles":
        checker.known("choice_list", shared, (*path, "choice_list"))
    depends = field.params.get("depends_on")
    if depends is not None:
        above = checker.field(object_, depends, (*path, "depends_on"))
        if above is not None and above.type.name != "choice":
            checker.error("not-a-choice", f'"{depends}" is no choice field.', (*path, "depends_on"), "name a choice")
        elif above is not None:
            _check_choice_parents(checker, field, above, (*path, "depends_on"))
    if field.type.name == "state":
        _check_state(checker, object_, field, path)


def _check_choice_parents(checker: Checker, field: Field, above: Field, path: Path) -> None:
    for choice in field.choices.values():
        if choice.parent and choice.parent not in above.choices:
            message = f'The choice "{choice.name}" belongs to "{choice.parent}", which {above.name} does not have.'
            checker.error("unknown-choice", message, path, did_you_mean(choice.parent, above.choices))


def _check_state(checker: Checker, object_: Object, field: Field, path: Path) -> None:
    machine = field.params.get("machine")
    if machine is not None:
        check_machine(checker, object_, field.name, machine, (*path, "machine"))
        return
    missing = [t.name for t in object_.record_types.values() if field.name not in t.machines]
    if missing or not object_.record_types:
        whom = f"record type {missing[0]}" if missing else "it"
        message = f'The state field "{field.name}" has no machine: {whom} names none.'
        checker.error("no-machine", message, path, "write machine: and a state machine", key=True)


def check_machine(checker: Checker, object_: Object, field: str, machine: Any, path: Path) -> None:
    """A machine exists and belongs to this object and field."""
    if not checker.known("state_machine", machine, path):
        return
    data = checker.catalog.definitions["state_machine", str(machine)].data
    of = (data.get("object"), data.get("field", field))
    if of != (object_.name, field):
        message = f'The machine "{machine}" moves {of[0]}.{of[1]}, not {object_.name}.{field}.'
        checker.error("foreign-machine", message, path, "name a machine of this field")


def _check_parents(checker: Checker, object_: Object) -> None:
    parents = [field.name for field in object_.declared if field.type.name == "parent"]
    for name in parents[1:]:
        message = f'{object_.name} has two parents: "{parents[0]}" and "{name}".'
        hint = "make one of them a lookup"
        checker.error("two-parents", message, ("fields", name, "type"), hint)


def _check_conditions(checker: Checker, object_: Object, field: Field) -> None:
    path: Path = ("fields", field.name)
    for word in ("required", "visible", "read_only"):
        checker.condition(field.params.get(word), (*path, word), object_.name)
    for choice in field.choices.values() if field.type.name in ("choice", "multi_choice") else ():
        if choice.when:
            own: Path = (*path, "choices", choice.name, "when")
            checker.condition(
                choice.when, (*path, "choice_list") if "choice_list" in field.params else own, object_.name
            )
    for index, name in enumerate(field.params.get("default_again_on") or ()):
        checker.field(object_, name, (*path, "default_again_on", index))
    if "default_again_on" in field.params and "default" not in field.params:
        message = f'"{field.name}" has no default that could be computed again.'
        checker.error("no-default", message, (*path, "default_again_on"), "write default:", key=True)
    if "rate_date" in field.params:
        found = checker.dotted(object_, field.params["rate_date"], (*path, "rate_date"))
        if found is not None and found.shown.type.name not in ("date", "datetime"):
            checker.error("not-a-date", f'"{found.name}" is no date.', (*path, "rate_date"), "name a date field")
    if field.type.name == "money":
        _check_currency(checker, object_, field, (*path, "currency"))
    checker.condition(field.params.get("assigned"), (*path, "assigned"), object_.name)
    for index, name in enumerate(field.params.get("reveals") or ()):
        _check_revealed(checker, object_, str(name), (*path, "reveals", index))


def _check_revealed(checker: Checker, object_: Object, name: str, path: Path) -> None:
    """A source is named by a path, by a reverse name and a field, or by an object and a field."""
    first, _, rest = name.partition(".")
    if rest and object_.child(first) is not None:
        child = checker.reverse(object_, first, path)
        if child is not None:
            checker.dotted(child, rest, path)
    elif rest and first not in object_.fields and first in checker.catalog.objects:
        checker.dotted(checker.catalog.objects[first], rest, path)
    else:
        checker.dotted(object_, name, path)


def _check_currency(checker: Checker, object_: Object, field: Field, path: Path) -> None:
    source = field.params.get("currency")
    if not isinstance(source, str) or (len(source) == 3 and source.isupper()):
        return
    found = checker.dotted(object_, source, path)
    if found is not None and found.shown.type.name not in ("choice", "text"):
        message = f'"{source}" is of type {found.type.name} and holds no currency code.'
        checker.error("not-a-currency", message, path, "name a choice of currencies, or write a code such as EUR")


def warn_of_base(checker: Checker, field: Field, compiled: Expression | None, path: Path) -> None:
    """Amounts in an expression are the company's: as they are they would be taken for amounts in another currency."""
    currency = str(field.params.get("currency") or "")
    if compiled is None or field.type.name != "money" or not currency:
        return
    read = [one for one in walk(compiled.node) if isinstance(one, FieldNode) and one.part == "base"]
    for name in dict.fromkeys(".".join(one.path) for one in read):
        message = f'"{name}" counts in the currency of the company here, and the field is in {currency}.'
        code = currency if currency.isupper() else "EUR"
        checker.warning("base-amount", message, path, f'write convert({name}, "{code}")')


def _check_default(checker: Checker, object_: Object, field: Field) -> None:
    """A literal fits the field; an expression compiles to its type."""
    raw = field.params.get("default")
    if raw is None or not field.type.writable:
        return
    path: Path = ("fields", field.name, "default")
    if meant := _nearly(field, raw):
        checker.error("wrong-default", f'The default of "{field.name}" does not fit: it is "{raw}".', path, meant)
        return
    source = expression_source(field, raw)
    if source is not None:
        compiled = checker.expression(source, path, object_.name, expects=field.value_type)
        warn_of_base(checker, field, compiled, path)
        return
    checker.chosen(field, raw, path)
    try:
        reason = fits(field, raw)
    except (ValueProblem, DefinitionError) as error:
        reason = str(error)
    if reason:
        checker.error("wrong-default", f'The default of "{field.name}" does not fit: {reason}', path)


def _nearly(field: Field, raw: Any) -> str:
    """Say what a text means that was not to be an expression: another spelling of true, or of a day."""
    if not isinstance(raw, str):
        return ""
    word = boolean_word(raw) if field.type.name == "boolean" else ""
    if word:
        return f"write {word}"
    if field.type.name in ("date", "datetime") and _DAY.fullmatch(raw):
        return "write a day as 2026-12-31"
    return ""


#: Days in the order of other countries; ``2026-12-31`` is none of them.
_DAY = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}")


def _check_number(checker: Checker, object_: Object, field: Field) -> None:
    """The paths in the pattern of an automatic number lead somewhere."""
    if field.type.name != "auto_number":
        return
    for piece in parse_pattern(str(field.params["pattern"])):
        if isinstance(piece, PathPart):
            checker.dotted(object_, ".".join(piece.path), ("fields", field.name, "pattern"))
