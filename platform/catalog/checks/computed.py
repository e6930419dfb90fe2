"""Checks of formulas, rollups and mirrors: where they lead, their types, circles, and what may be stored."""

from __future__ import annotations

from formline.catalog import formulas
from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.errors import DefinitionError
from formline.expressions.problems import ExpressionError
from formline.fields.field import Field
from formline.metadata.positions import Path

_SUMMED = frozenset({"integer", "decimal", "percent", "money", "rating", "duration"})
_ORDERED = _SUMMED | {"date", "datetime", "text", "auto_number"}
#: Which types of value an aggregate takes; those not named take all.
AGGREGATE_TYPES = {"sum": _SUMMED, "avg": _SUMMED, "min": _ORDERED, "max": _ORDERED}


def check_computed(checker: Checker, object_: Object) -> bool:
    """Check all computed fields; return whether their types could be found out."""
    before = len(checker.problems)
    for field in object_.declared:
        if field.type.name == "mirror":
            checker.dotted(object_, field.params["of"], ("fields", field.name, "of"))
        elif field.type.name == "rollup":
            _check_rollup(checker, object_, field)
    if len(checker.problems) > before or not _check_types(checker, object_):
        return False
    for field in object_.declared:
        if field.type.name == "formula":
            _check_formula(checker, object_, field)
    return len(checker.problems) == before


def _check_types(checker: Checker, object_: Object) -> bool:
    """Every computed field shows a plain type in the end."""
    before = len(checker.problems)
    for field in object_.declared:
        try:
            field.type.shown(field)
        except DefinitionError as error:
            for one in error.problems:
                checker.error(one.code, one.message, ("fields", field.name), one.hint, key=True)
    return len(checker.problems) == before


def _check_rollup(checker: Checker, object_: Object, field: Field) -> None:
    path: Path = ("fields", field.name)
    reverse, _, of = str(field.params["of"]).partition(".")
    child, link = checker.reverse(object_, reverse, (*path, "of")), object_.child(reverse)
    if child is None or link is None:
        return
    if link.many:
        message = f'"{reverse}" is the other side of a many_to_many field; only lookups and parents add up.'
        checker.error("rollup-many", message, (*path, "of"), "use an object with two lookups between them")
        return
    value = _check_value(checker, child, of or "id", field, path)
    checker.condition(field.params.get("where"), (*path, "where"), object_.name, where_of=child.name, stored=True)
    for index, name in enumerate(field.params.get("sort") or ()):
        checker.field(child, str(name).lstrip("-"), (*path, "sort", index))
    if value and len(checker.problems) == 0:
        _check_circle(checker, object_, field, path)


def _check_value(checker: Checker, child: Object, of: str, field: Field, path: Path) -> bool:
    if "." in of:
        message = f'A rollup adds up a field of {child.name} itself, not "{of}".'
        checker.error(
            "rollup-path", message, (*path, "of"), f"add a formula or mirror to {child.name} is not enough: store it"
        )
        return False
    found = checker.field(child, of, (*path, "of"))
    aggregate = str(field.params["aggregate"])
    if found is None or aggregate == "count":
        return found is not None
    try:
        stored, value_type = found.stored, found.shown.type.name
    except (DefinitionError, ExpressionError):
        return False  # reported where that field is defined
    if not stored:
        message = f"{child.name}.{of} is computed when it is read, so it cannot be added up."
        hint = f"add up a stored field; a formula is stored where it reads fields of {child.name} alone"
        checker.error("not-stored", message, (*path, "of"), hint)
        return False
    if value_type not in AGGREGATE_TYPES.get(aggregate, {value_type}):
        message = f"{aggregate} does not work on {child.name}.{of}, which is of type {value_type}."
        checker.error("aggregate-type", message, (*path, "aggregate"), "use count, first, last or list")
        return False
    return True


def _check_circle(checker: Checker, object_: Object, field: Field, path: Path) -> None:
    try:
        formulas.rank(checker.catalog, object_.name, field.name)
    except DefinitionError as error:
        for one in error.problems:
            checker.error(one.code, one.message, path, "one of them must add up something else", key=True)
    except ExpressionError:
        pass  # reported where that expression stands


def _check_formula(checker: Checker, object_: Object, field: Field) -> None:
    path: Path = ("fields", field.name)
    source = field.params["expression"]
    stored = field.params.get("stored") is True
    if checker.expression(source, (*path, "expression"), object_.name, expects=field.value_type) is None:
        return
    circle = _circle(checker, field)
    if circle and field.name != min(circle):
        return  # reported at one of them
    if circle:
        text = " -> ".join(circle)
        checker.error("formula-cycle", f"Formulas read each other in a circle: {text}.", path, "break it", key=True)
    elif stored and not field.stored:
        words = ", ".join(sorted(formulas.volatile(checker.catalog, field)))
        why = f"depends on {words}" if words else "reads other records"
        message = f'"{field.name}" cannot be stored: it {why}, so it would change without being written.'
        checker.error("cannot-be-stored", message, (*path, "stored"), "remove stored: true")


def _circle(checker: Checker, field: Field) -> tuple[str, ...]:
    try:
        return formulas.formula_circle(checker.catalog, field)
    except (DefinitionError, ExpressionError):
        return ()  # another formula is broken; it is reported there
