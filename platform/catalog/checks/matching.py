"""Checks of matching rules and conversions: fields exist and can be compared, what is made can be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.fields.field import Field
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

#: Types with a text that can be compared by more than equality.
TEXTS = ("text", "long_text", "phone", "email", "url", "barcode", "person_name")


def check_matching_rule(checker: Checker) -> None:
    """Check a matching rule."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is None:
        return
    where = checker.condition(checker.data.get("where"), ("where",), object_.name, stored=True)
    if where is not None and not where.in_row:
        message = "Which records take part is decided by the record alone, not by others."
        checker.error("match-where", message, ("where",), "name fields of the record only")
    for index, name in enumerate(checker.data.get("within") or ()):
        _comparable(checker, object_, {"field": name, "by": "exact"}, ("within", index))
    for name, way in checker.data["match"].items():
        for index, part in enumerate(way):
            _comparable(checker, object_, part, ("match", name, index, "field"))
    for name, fields in (checker.data.get("also") or {}).items():
        other = checker.object(name, ("also", name))
        for ours, theirs in fields.items() if other is not None else ():
            checker.field(object_, ours, ("also", name, ours), key=True)
            if other is not None:
                _comparable(checker, other, {"field": theirs, "by": "exact"}, ("also", name, ours))


def _comparable(checker: Checker, object_: Object, part: Mapping[str, Any], path: Path) -> None:
    field = checker.field(object_, part["field"], path)
    if field is None:
        return
    plain = any(not one.name for one in field.parts)
    if field.type.sealed or not plain or field.type.name in ("formula", "rollup", "mirror", "json"):
        message = f'"{field.name}" is of type {field.type.name}, which cannot be compared.'
        checker.error("match-field", message, path, "compare a field that is stored as it is read")
    elif part.get("by", "text") != "exact" and field.type.name not in TEXTS:
        message = f'"{field.name}" is no text, so it is compared by: exact.'
        checker.error("match-by", message, path, "write by: exact")
    elif part.get("at_least") is not None and part.get("by", "text") not in ("text", "company_name"):
        checker.error("match-by", "Only texts and company names can be alike.", path, "leave at_least out")


def check_conversion(checker: Checker) -> None:
    """Check a conversion."""
    source = checker.object(checker.data["from"], ("from",))
    if source is None:
        return
    checker.condition(checker.data.get("when"), ("when",), source.name)
    made: list[str] = []
    for name, part in checker.data["create"].items():
        target = checker.object(name, ("create", name))
        if target is not None:
            _check_made(checker, source, target, part, made, ("create", name))
        made.append(name)
    for index, name in enumerate(checker.data.get("move") or ()):
        if name != "files":
            checker.reverse(source, name, ("move", index))
    for name, what in (checker.data.get("keep") or {}).items():
        field = checker.field(source, name, ("keep", name), key=True)
        if field is not None and what not in field.to:
            hint = did_you_mean(what, field.to)
            checker.error("convert-target", f'"{name}" does not point to {what}.', ("keep", name), hint)
        elif what not in made:
            message = f"The conversion makes no {what}."
            checker.error("convert-target", message, ("keep", name), did_you_mean(what, made))


def _check_made(
    checker: Checker, source: Object, target: Object, part: Mapping[str, Any], made: list[str], path: Path
) -> None:
    checker.condition(part.get("when"), (*path, "when"), source.name)
    rule = part.get("match")
    if rule is not None and checker.known("matching_rule", rule, (*path, "match")):
        compared = checker.catalog.source("matching_rule", rule).data.get("object")
        if compared != target.name:
            message = f'The rule "{rule}" compares {compared}, not {target.name}.'
            checker.error("convert-target", message, (*path, "match"), f"name a rule of {target.name}")
    _check_link(checker, source, target, part.get("link"), (*path, "link"))
    _check_values(checker, source, target, part.get("set") or {}, made, (*path, "set"))
    _check_required(checker, target, {*(part.get("set") or {}), part.get("link")}, path)
    for name, lines in (part.get("lines") or {}).items():
        child = checker.object(name, (*path, "lines", name))
        old = checker.reverse(source, lines["from"], (*path, "lines", name, "from"))
        if child is None or old is None:
            continue
        here = (*path, "lines", name)
        up = parent_link(child, target.name)
        if up is None:
            message = f"{child.name} has no lookup to {target.name}."
            checker.error("convert-target", message, here, "name an object that belongs to what is made", key=True)
        checker.condition(lines.get("where"), (*here, "where"), old.name)
        _check_link(checker, old, child, lines.get("link"), (*here, "link"))
        _check_values(checker, old, child, lines.get("set") or {}, [], (*here, "set"))
        given = {*(lines.get("set") or {}), lines.get("link"), up.name if up is not None else ""}
        _check_required(checker, child, given, here)
        if lines.get("ask") is not None and lines["ask"] not in (lines.get("set") or {}):
            message = f'"{lines["ask"]}" is not among the values under set.'
            checker.error("convert-target", message, (*here, "ask"), "give it its largest value under set")


def _check_link(checker: Checker, source: Object, target: Object, name: Any, path: Path) -> None:
    field = checker.field(target, name, path) if name is not None else None
    if field is not None and source.name not in field.to:
        message = f'"{name}" does not point to {source.name}.'
        checker.error("convert-target", message, path, "name a lookup to what is converted")


def _check_values(
    checker: Checker, source: Object, target: Object, values: Mapping[str, Any], made: list[str], path: Path
) -> None:
    for name, value in values.items():
        field = checker.field(target, name, (*path, name), key=True)
        if field is None:
            continue
        if not field.writable and name not in ("owner", "department", "company"):
            message = f'"{name}" is of type {field.type.name} and is filled by the platform.'
            checker.error("not-writable", message, (*path, name), "leave it out", key=True)
        if isinstance(value, str) and not (value in made and _leads_to(field, value)):
            checker.expression(value, (*path, name), source.name)


def _check_required(checker: Checker, target: Object, given: Collection[Any], path: Path) -> None:
    """Nobody is asked for what is left out: a field that must always be filled is set, or has a default."""
    missing = [
        field.name
        for field in target.declared
        if field.required is True and field.writable and field.default is None and field.name not in given
    ]
    if missing:
        message = f"{target.name} cannot be made without {', '.join(missing)}."
        hint = f"write set: {{{', '.join(f'{name}: ...' for name in missing)}}}"
        checker.error("convert-required", message, path, hint, key=True)


def _leads_to(field: Field, name: str) -> bool:
    return name in field.to


def parent_link(child: Object, parent: str) -> Field | None:
    """Return the field of lines that leads to what they belong to: a parent first, else any lookup."""
    links = [field for field in child.declared if parent in field.to and field.parts]
    return next((field for field in links if field.type.name == "parent"), links[0] if links else None)
