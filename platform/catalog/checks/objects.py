"""Checks of objects: record types, rules, uniqueness, limits, names on the other side. Fields have their own module."""

from __future__ import annotations

from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.checks import fields, nulls
from formline.catalog.messages import pieces
from formline.catalog.objects import Object, title_of
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path

MAX_FIELDS = 400
MAX_COLUMNS = 800
MAX_INDEXES = 32


def check_object(checker: Checker) -> None:
    """Check an object and everything in it."""
    object_ = checker.catalog.objects[checker.definition.name]
    usable = fields.check_fields(checker, object_)
    _check_names(checker, object_)
    _check_record_types(checker, object_)
    if not usable:
        return
    _check_rules(checker, object_)
    _check_unique(checker, object_)
    _check_indexes(checker, object_)
    if not checker.problems:
        _check_limits(checker, object_)


#: Field types whose text names a record.
_TITLES = frozenset({"text", "person_name", "auto_number", "phone", "email", "formula"})


def _check_names(checker: Checker, object_: Object) -> None:
    """Title, tree, search and highlights name fields; the title is text."""
    data = checker.data
    if "title" in data:
        title = checker.field(object_, data["title"], ("title",))
        if title is not None and title.type.name not in (
            "text",
            "person_name",
            "auto_number",
            "phone",
            "email",
            "formula",
        ):
            message = f'The title "{title.name}" is of type {title.type.name}, which does not name a record.'
            checker.error("title-type", message, ("title",), "choose a text or an automatic number")
    elif title_of(data) == "id":
        message = f'Records of "{object_.name}" have nothing that names them.'
        checker.warning("no-title", message, ("name",), "write title: and a text field")
    if "tree" in data:
        tree = checker.field(object_, data["tree"], ("tree",))
        if tree is not None and tree.to != (object_.name,):
            message = f'The tree "{tree.name}" does not point to {object_.name} itself.'
            checker.error("tree-lookup", message, ("tree",), f"choose a lookup to {object_.name}")
    if isinstance(data.get("search"), list):
        for index, path in enumerate(data["search"]):
            found = checker.dotted(object_, path, ("search", index))
            if found is not None and not found.shown.type.searchable:
                message = f'"{path}" is of type {found.type.name} and cannot be searched by words.'
                checker.error(
                    "not-searchable", message, ("search", index), "search texts, numbers and e-mail addresses"
                )
    for index, path in enumerate(data.get("highlights") or ()):
        checker.dotted(object_, path, ("highlights", index))
    if data.get("default_access") == "controlled_by_parent" and object_.parent is None:
        hint = "add a field of type parent, or choose private"
        checker.error(
            "no-parent", f"{object_.name} has no parent that could control access.", ("default_access",), hint
        )


def _check_record_types(checker: Checker, object_: Object) -> None:
    for name, declared in (checker.data.get("record_types") or {}).items():
        path: Path = ("record_types", name)
        for field_name, machine in (declared.get("machines") or {}).items():
            here = (*path, "machines", field_name)
            field = checker.field(object_, field_name, here, key=True)
            if field is not None and field.type.name != "state":
                message = f'"{field_name}" is no state field.'
                checker.error("not-a-state", message, here, "name a field of type state", key=True)
            fields.check_machine(checker, object_, field_name, machine, here)
        for field_name, codes in (declared.get("choices") or {}).items():
            _check_type_choices(checker, object_, field_name, codes, (*path, "choices", field_name))


def _check_type_choices(checker: Checker, object_: Object, name: str, codes: Any, path: Path) -> None:
    field = checker.field(object_, name, path, key=True)
    if field is None:
        return
    if field.type.name not in ("choice", "multi_choice"):
        checker.error("not-a-choice", f'"{name}" is no choice field.', path, "name a choice field", key=True)
        return
    for index, code in enumerate(codes):
        checker.chosen(field, code, (*path, index))
        if code not in field.choices:
            hint = did_you_mean(str(code), field.choices)
            checker.error("unknown-choice", f'{object_.name}.{name} has no choice "{code}".', (*path, index), hint)


def _check_rules(checker: Checker, object_: Object) -> None:
    for name, rule in (checker.data.get("rules") or {}).items():
        path: Path = ("rules", name)
        checker.condition(rule.get("when"), (*path, "when"), object_.name)
        test = checker.condition(rule.get("check"), (*path, "check"), object_.name)
        if isinstance(rule.get("field"), str):
            _check_rule_field(checker, object_, rule["field"], (*path, "field"))
        check_message(checker, object_.name, rule.get("message"), (*path, "message"))
        if test is not None:
            nulls.warn_of_nulls(checker, object_, test, "when" in rule, (*path, "check"))


def _check_rule_field(checker: Checker, object_: Object, name: str, path: Path) -> None:
    """A rule shows its message at a field, at the children, or at a field of the children."""
    first, _, rest = name.partition(".")
    if object_.child(first) is None:
        checker.dotted(object_, name, path)
        return
    child = checker.reverse(object_, first, path)
    if child is not None and rest:
        checker.field(child, rest, path)


def check_message(checker: Checker, object_name: str, text: Any, path: Path) -> None:
    """Compile the expressions in the braces of a text."""
    if not isinstance(text, str):
        return
    for number, (piece, offset) in enumerate(pieces(text)):
        if number % 2:
            checker.expression(piece, path, object_name, start=offset, text=text)


def _check_unique(checker: Checker, object_: Object) -> None:
    for index, one in enumerate(checker.data.get("unique") or ()):
        path: Path = ("unique", index)
        for place, name in enumerate(one.get("fields") or ()):
            field = checker.field(object_, name, (*path, "fields", place))
            if field is not None and not field.stored:
                message = f'"{name}" is not stored, so nothing can keep it unique.'
                checker.error("not-stored", message, (*path, "fields", place), "name stored fields")
        for place, name in enumerate(one.get("during") or ()):
            field = checker.field(object_, name, (*path, "during", place))
            if field is not None and field.shown.type.name not in ("date", "datetime"):
                message = f'"{name}" is no date, so it cannot bound a period.'
                checker.error("not-a-date", message, (*path, "during", place), "name two date fields")
        checker.condition(one.get("where"), (*path, "where"), object_.name, stored=True)


def _check_indexes(checker: Checker, object_: Object) -> None:
    for index, one in enumerate(checker.data.get("indexes") or ()):
        path: Path = ("indexes", index)
        for place, name in enumerate(one.get("fields") or ()):
            field = checker.field(object_, str(name).lstrip("-"), (*path, "fields", place))
            if field is not None and not field.stored:
                message = f'"{name}" is not stored, so it cannot be indexed.'
                checker.error("not-stored", message, (*path, "fields", place), "name stored fields")
        checker.condition(one.get("where"), (*path, "where"), object_.name, stored=True)


def _check_limits(checker: Checker, object_: Object) -> None:
    count = len(object_.declared)
    columns = sum(len(field.parts) for field in object_.fields.values())
    indexes = len(object_.unique) + len(object_.indexes) + sum(bool(field.to) for field in object_.declared)
    for found, most, what in ((count, MAX_FIELDS, "fields"), (columns, MAX_COLUMNS, "columns")):
        if found > most:
            message = f"{object_.name} has {found} {what}; at most {most} are possible."
            checker.error(f"too-many-{what}", message, ("fields",), "move some into an object of their own", key=True)
    if indexes > MAX_INDEXES:
        message = f"{object_.name} needs {indexes} indexes; at most {MAX_INDEXES} are possible."
        checker.error(
            "too-many-indexes", message, ("name",), "leave out index: and unique: where lists do not need them"
        )
