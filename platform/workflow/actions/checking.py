"""Checks of lists of actions: one word per item, its keys, and what they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from formline.catalog.messages import pieces
from formline.errors import DefinitionError
from formline.fields.base import ValueProblem
from formline.fields.defaults import fits
from formline.metadata.positions import Path
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Item, actions, words_in
from formline.workflow.actions.values import copied, source_of

if TYPE_CHECKING:
    from formline.catalog.checker import Checker
    from formline.catalog.objects import Object
    from formline.fields.field import Field

_EVERYWHERE = frozenset({"when", "label"})


def check_actions(checker: Checker, place: Place, items: Sequence[Item] | None, path: Path) -> None:
    """Check a list of actions."""
    for index, item in enumerate(items or ()):
        check_action(checker, place, item, (*path, index))


def check_action(checker: Checker, place: Place, item: Item, path: Path) -> None:
    """Check one item: its word, its keys, then what the action itself says."""
    words = words_in(item)
    if len(words) != 1:
        message = "An item of the list is one action." if words else "This item does not say what to do."
        checker.error("action-kind", message, path, f"begin with one of {', '.join(sorted(actions()))}")
        return
    action = actions()[words[0]]
    for key in sorted(action.needs - set(item)):
        checker.error("missing-key", f'"{key}" is missing.', path, f"add {key} to {words[0]}")
    for key in item:
        if key not in action.keys | _EVERYWHERE | {words[0]}:
            checker.error("action-key", f"{words[0]} has no {key}.", (*path, key), f"remove {key}", key=True)
    if place.before and not action.early:
        message = f"{words[0]} cannot run before the save: only the record at hand can be changed there."
        checker.error("action-timing", message, (*path, words[0]), "use set, if or stop, or run after the save")
    if not place.alive and action.lasting:
        message = f"{words[0]} needs the record, which is deleted by then."
        checker.error("action-timing", message, (*path, words[0]), "take it out")
    checker.condition(item.get("when"), (*path, "when"), place.object.name, **place.names)
    if action.needs <= set(item):
        action.check(checker, place, item, path)


def check_values(
    checker: Checker, place: Place, target: Object, values: Mapping[str, Any], path: Path, *, creating: bool = False
) -> None:
    """Check values of a record of ``target``: the fields can be written, and what is written fits them."""
    for name, raw in values.items():
        field = checker.field(target, name, (*path, name), key=True)
        if field is None:
            continue
        if field.type.name == "state" and not creating:
            message = f'"{name}" is a state; it changes by transitions only.'
            checker.error("not-writable", message, (*path, name), "write transition: NAME", key=True)
        elif not field.writable and name not in ("owner", "record_type"):
            message = f'Nobody writes "{name}", which is of type {field.type.name}.'
            checker.error("not-writable", message, (*path, name), "set a field that can be written", key=True)
        else:
            check_value(checker, place, field, raw, (*path, name))
    if creating:
        _check_required(checker, target, values, path)


def check_value(checker: Checker, place: Place, field: Field, raw: Any, path: Path) -> None:
    """Check one value: a literal fits the field, an expression gives its type, a text's braces hold expressions."""
    if isinstance(raw, str) and copied(place, field, raw) is not None:
        return
    source = source_of(place, field, raw)
    if source is not None:
        if not isinstance(source, str) or copied(place, field, source) is None:
            checker.expression(source, path, place.object.name, expects=field.value_type, **place.names)
        return
    if isinstance(raw, str) and "{" in raw and field.type.literal_text:
        check_text(checker, place, raw, path)
        return
    checker.chosen(field, raw, path)
    try:
        reason = "" if raw is None else fits(field, raw)
    except (ValueProblem, DefinitionError) as error:
        reason = str(error)
    if reason:
        checker.error("wrong-value", f"The value does not fit {field.object}.{field.name}: {reason}", path)


def check_text(checker: Checker, place: Place, text: str, path: Path) -> None:
    """Check the expressions in the braces of a text."""
    for number, (piece, start) in enumerate(pieces(text)):
        if number % 2:
            checker.expression(piece, path, place.object.name, start=start, text=text, **place.names)


def _check_required(checker: Checker, target: Object, values: Mapping[str, Any], path: Path) -> None:
    """What a new record must have is given, or has a default."""
    for field in target.declared:
        needed = field.params.get("required") is True and "default" not in field.params
        if needed and field.name not in values and field.writable and field.type.name not in ("state", "auto_number"):
            message = f'A new {target.name} needs "{field.name}".'
            checker.error("missing-value", message, path, f"add {field.name}, or give the field a default")


def check_name(checker: Checker, place: Place, name: str, path: Path) -> None:
    """A loop's item has a name that is no field and no other item."""
    taken = [*place.object.fields, *place.variables]
    if name in taken:
        message = f'"{name}" means something else here already.'
        checker.error("taken-name", message, path, f"call it one_{name}")
