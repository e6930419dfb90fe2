"""Automations that set each other off in a circle are warned of; what stops them at run time is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formline.errors import FormlineError
from formline.workflow.actions.compiling import every
from formline.workflow.automation.definition import AFTER

if TYPE_CHECKING:
    from formline.catalog.checker import Checker
    from formline.workflow.automation.definition import Automation


def check_circles(checker: Checker) -> None:
    """Warn where an automation, alone or through others, writes what sets it off again without a condition."""
    own = checker.definition.name
    known = _known(checker)
    if own not in known:
        return
    waiting: list[tuple[str, ...]] = [(own,)]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop(0)
        for following in _set_off(known[way[-1]], known):
            if following == own:
                if own == min(way):
                    text = " -> ".join((*way, own))
                    message = f"Automations may set each other off in a circle: {text}."
                    hint = "add a when that ends to hold, or name the fields of updated"
                    checker.warning("automation-circle", message, ("trigger",), hint)
                return
            if following not in seen:
                seen.add(following)
                waiting.append((*way, following))


def _known(checker: Checker) -> dict[str, Automation]:
    """Return the automations that could be built; what is wrong with the others is said there."""
    found: dict[str, Automation] = {}
    for name in checker.catalog.names("automation"):
        try:
            found[name] = checker.catalog.get("automation", name)
        except (FormlineError, KeyError, ValueError):
            continue
    return found


def _set_off(one: Automation, known: dict[str, Automation]) -> list[str]:
    """Return the automations that what ``one`` writes can set off; a condition is taken to end it."""
    written = {pair for action in every(one.actions) for pair in action.writes(one.place)}
    return [
        name
        for name, other in known.items()
        if other.active and other.timing == AFTER and other.when is None and _hears(other, written)
    ]


def _hears(other: Automation, written: set[tuple[str, str]]) -> bool:
    trigger = other.trigger
    fields = {name for object_name, name in written if object_name == other.object}
    if trigger.event == "created":
        return "" in fields
    if trigger.event == "updated":
        return bool(fields - {""}) if not trigger.names else bool(fields & trigger.names)
    return False
