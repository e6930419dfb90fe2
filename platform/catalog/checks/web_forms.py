"""Checks of forms for people outside: what they may fill in can be written by a guest, and nothing is set twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.catalog.web_forms import NOT_FOR_GUESTS
from formline.errors import DefinitionError
from formline.fields.base import ValueProblem
from formline.fields.defaults import expression_source, fits
from formline.fields.files import FileBase
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

#: What takes the parts of a mail, and the types that fit.
_TEXTS = ("text", "long_text")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "subject": _TEXTS,
    "text": _TEXTS,
    "address": ("email", *_TEXTS),
    "person": _TEXTS,
    "number": ("auto_number", "text"),
}


def check_web_form(checker: Checker) -> None:
    """Check that fields, values and the parts of mails exist and fit."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    kind = checker.data.get("record_type")
    if kind is not None and kind not in object_.record_types:
        hint = did_you_mean(str(kind), object_.record_types) or "leave record_type out"
        checker.error("unknown-record-type", f'{object_.name} has no record type "{kind}".', ("record_type",), hint)
    fields: Mapping[str, Any] = checker.data["fields"]
    for name in fields:
        _check_field(checker, object_, name, ("fields", name))
    _check_values(checker, object_, checker.data.get("set"), fields, ("set",))
    _check_required(checker, object_, {*fields, *(checker.data.get("set") or {})})
    if "mail" in checker.data:
        _check_mail(checker, object_, checker.data["mail"])


def _check_field(checker: Checker, object_: Object, name: str, path: Path) -> None:
    field = checker.field(object_, name, path, key=True)
    if field is None:
        return
    reason = ""
    if not field.writable or field.read_only is True or name in object_.state_fields:
        reason = "which nobody fills in"
    elif field.type.name in NOT_FOR_GUESTS:
        reason = f"which is of type {field.type.name}: its control asks what only people of the site may ask"
    elif field.sensitive:
        reason = "which is sensitive"
    if reason:
        hint = "leave it out; what can be told from the rest belongs in set:"
        checker.error("web-form-field", f'A web form cannot ask for "{name}", {reason}.', path, hint, key=True)


def _check_values(
    checker: Checker, object_: Object, data: Mapping[str, Any] | None, asked: Collection[str], path: Path
) -> None:
    for name, value in (data or {}).items():
        here = (*path, name)
        field = checker.field(object_, name, here, key=True)
        if field is None:
            continue
        if name in asked:
            message = f'"{name}" is both asked for and set by the form: what people fill in would be lost.'
            checker.error("web-form-set", message, here, "take it out of one of the two", key=True)
        elif not (field.writable or name == "owner") or name in object_.state_fields:
            message = f'A web form cannot set "{name}", which is of type {field.type.name}.'
            checker.error("not-writable", message, here, "set a field that can be written", key=True)
        elif (source := expression_source(field, value)) is not None:
            checker.expression(source, here, object_.name, expects=field.value_type)
        else:
            checker.chosen(field, value, here)
            _check_literal(checker, object_, name, value, here)


def _check_literal(checker: Checker, object_: Object, name: str, value: Any, path: Path) -> None:
    try:
        reason = "" if value is None else fits(object_.fields[name], value)
    except (ValueProblem, DefinitionError) as error:
        reason = str(error)
    if reason:
        checker.error("wrong-value", f"The value does not fit {object_.name}.{name}: {reason}", path)


def _check_required(checker: Checker, object_: Object, given: Collection[str]) -> None:
    """Without what every record needs, nobody could ever send the form."""
    for field in object_.declared:
        plain = field.required is True and field.default is None and field.writable and field.name not in given
        if plain and field.name not in object_.state_fields:
            message = f'{object_.name} requires "{field.name}", which the form neither asks for nor sets.'
            checker.error("web-form-required", message, ("fields",), f"add {field.name} to fields: or set:", key=True)


def _check_mail(checker: Checker, object_: Object, data: Mapping[str, Any]) -> None:
    asked = _check_parts(checker, object_, data, ("mail",))
    if isinstance(data.get("files"), str):
        field = checker.field(object_, data["files"], ("mail", "files"))
        if field is not None and not isinstance(field.type, FileBase):
            message = f'"{field.name}" is of type {field.type.name}, which takes no attachments.'
            checker.error("web-form-mail", message, ("mail", "files"), "name a field of type file")
    _check_values(checker, object_, data.get("set"), asked, ("mail", "set"))
    replies: Mapping[str, Any] | None = data.get("replies")
    if replies is None:
        return
    other = checker.object(replies["object"], ("mail", "replies", "object"))
    if other is None:
        return
    link = checker.field(other, replies["link"], ("mail", "replies", "link"))
    if link is not None and object_.name not in link.to:
        message = f'"{link.name}" does not lead to {object_.name}.'
        checker.error("web-form-mail", message, ("mail", "replies", "link"), f"name a lookup to {object_.name}")
    own = {str(replies["link"]), *_check_parts(checker, other, replies, ("mail", "replies"))}
    _check_values(checker, other, replies.get("set"), own, ("mail", "replies", "set"))


def _check_parts(checker: Checker, object_: Object, data: Mapping[str, Any], path: Path) -> set[str]:
    """Check the fields that take the parts of a mail; return their names."""
    found: set[str] = set()
    for part, types in _PARTS.items():
        if part not in data:
            continue
        field = checker.field(object_, data[part], (*path, part))
        if field is not None and field.type.name not in types:
            message = f'"{field.name}" is of type {field.type.name}, which does not take the {part} of a mail.'
            checker.error("web-form-mail", message, (*path, part), f"name a field of type {' or '.join(types)}")
        if part != "number":
            found.add(str(data[part]))
    return found
