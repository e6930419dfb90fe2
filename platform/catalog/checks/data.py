"""Checks of shared choices, import mappings, shipped rows and packages against the objects they fill."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.catalog.web_forms import WebForm
from formline.fields.defaults import fits
from formline.fields.field import Field
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

#: Texts that the loader of rows replaces by a day or moment.
_RELATIVE = re.compile(r"(today|now)( ?[+-] ?\d+(m|h|d|w|mo|y))?")
#: Fields that shipped rows may set besides an object's own.
_SETTABLE = frozenset({"owner", "department", "company", "record_type", "created_at", "created_by", "updated_at"})


def check_choice_list(checker: Checker) -> None:
    """The parents of choices are choices of the list above."""
    above = checker.data.get("parent")
    if above is not None and not checker.known("choice_list", above, ("parent",)):
        return
    choices = checker.data.get("choices")
    if not isinstance(choices, Mapping):
        return
    known = checker.catalog.get("choice_list", above).choices if above is not None else None
    for name, choice in choices.items():
        parent = choice.get("parent") if isinstance(choice, Mapping) else None
        if parent is not None and known is not None and parent not in known:
            message = f'The list "{above}" has no choice "{parent}".'
            checker.error("unknown-choice", message, ("choices", name, "parent"), did_you_mean(parent, known))


def check_mapping(checker: Checker) -> None:
    """Columns fill fields that can be written; keys and lookups lead somewhere."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    for name, column in (checker.data.get("columns") or {}).items():
        _check_column(checker, object_, name, column, ("columns", name))
    for index, name in enumerate(checker.data.get("key") or ()):
        checker.dotted(object_, name, ("key", index))


def _check_column(checker: Checker, object_: Object, name: str, column: Any, path: Path) -> None:
    base, _, part = name.partition(".")
    known = checker.field(object_, base, path, key=True)
    if known is None:
        return
    if part and part not in {one.name for one in known.parts}:
        message = f'"{base}" has no part "{part}".'
        hint = did_you_mean(part, [one.name for one in known.parts if one.name])
        checker.error("unknown-part", message, path, hint, key=True)
    history = checker.data.get("set_state") is True
    if not (known.writable or base in _SETTABLE or (history and known.type.name in ("state", "auto_number"))):
        if known.type.name == "state":
            hint = "write set_state: true where an import may create records in any state"
        else:
            hint = f"{known.type.name} fields are filled by the platform; leave the column out"
        checker.error("not-writable", f'"{base}" cannot be imported.', path, hint, key=True)
    if isinstance(column, Mapping):
        _check_source(checker, known, column, path)


def _check_source(checker: Checker, field: Field, column: Mapping[str, Any], path: Path) -> None:
    for cell, value in (column.get("values") or {}).items():
        if value is not None and not field.type.reference:
            _check_value(checker, field, value, (*path, "values", cell))
    for word in ("value", "default", "otherwise"):
        if column.get(word) is not None and not field.type.reference:
            _check_value(checker, field, column[word], (*path, word))
    find = column.get("find")
    if not isinstance(find, Mapping):
        return
    if not field.type.reference:
        message = f'"{field.name}" is no lookup, so there is nothing to find.'
        checker.error("find-without-lookup", message, (*path, "find"), "remove find", key=True)
        return
    target_name = find.get("object") or (field.to[0] if field.to else "")
    if find.get("object") and find["object"] not in field.to:
        message = f'"{field.name}" does not point to {find["object"]}.'
        checker.error("wrong-target", message, (*path, "find", "object"), did_you_mean(find["object"], field.to))
        return
    target = checker.catalog.objects.get(str(target_name))
    if target is None:
        return
    checker.dotted(target, find["by"], (*path, "find", "by"))
    for name in find.get("set") or {}:
        checker.field(target, name, (*path, "find", "set", name), key=True)


def check_records(checker: Checker) -> None:
    """Rows name fields that exist, with values that fit; references name other rows or are found by title."""
    for object_name, records in (checker.data.get("records") or {}).items():
        path: Path = ("records", object_name)
        if not checker.known("object", object_name, path, key=True):
            continue
        object_ = checker.catalog.objects[object_name]
        for key, record in records.items():
            if checker.concerned(object_name, record):
                _check_record(checker, object_, record, (*path, key))
    for object_name, paths in (checker.data.get("match") or {}).items():
        if checker.known("object", object_name, ("match", object_name), key=True):
            object_ = checker.catalog.objects[object_name]
            for index, name in enumerate(paths):
                checker.dotted(object_, name, ("match", object_name, index))
    for index, sent in enumerate(checker.data.get("sent") or ()):
        if checker.known("web_form", sent["form"], ("sent", index, "form")):
            form: WebForm = checker.catalog.get("web_form", sent["form"])
            object_ = checker.catalog.objects[form.object]
            for name in sent["values"]:
                checker.field(object_, name, ("sent", index, "values", name), key=True)


def _check_record(checker: Checker, object_: Object, record: Mapping[str, Any], path: Path) -> None:
    for name, value in record.items():
        here: Path = (*path, name)
        link = object_.child(name)
        if link is not None and isinstance(value, list):
            child = checker.catalog.objects[link.object]
            for index, row in enumerate(value):
                if isinstance(row, Mapping):
                    _check_record(checker, child, row, (*here, index))
            continue
        field = checker.field(object_, name.partition(".")[0], here, key=True)
        if field is None or "." in name or value is None or field.type.reference:
            continue
        if not (field.writable or field.type.name in ("state", "auto_number") or name in _SETTABLE):
            message = f'"{name}" is of type {field.type.name} and is filled by the platform.'
            checker.error("not-writable", message, here, "leave it out", key=True)
        elif not (isinstance(value, str) and _RELATIVE.fullmatch(value)):
            _check_value(checker, field, value, here)


def _check_value(checker: Checker, field: Field, value: Any, path: Path) -> None:
    checker.chosen(field, value, path)
    reason = fits(field, value)
    if reason:
        checker.error("wrong-value", f"The value does not fit {field.object}.{field.name}: {reason}", path)


def check_package(checker: Checker) -> None:
    """Settings of several packages have names of their own."""
    for name in checker.data.get("settings") or {}:
        for other in checker.catalog.names("package"):
            if other != checker.definition.name:
                declared = checker.catalog.definitions["package", other].data.get("settings") or {}
                if name in declared and other < checker.definition.name:
                    message = f'The package "{other}" has a setting "{name}" already.'
                    checker.error("setting-taken", message, ("settings", name), "choose another name", key=True)
