"""Compiles lists of actions, each item by its word; the catalog's values keep them, so it happens once per release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, actions, words_in


def compile_actions(place: Place, items: Sequence[Item], path: str = "") -> tuple[Action, ...]:
    """Return the actions of a checked list; ``path`` is where the list stands inside a larger one."""
    lead = f"{path}." if path else ""
    return tuple(
        actions()[words_in(item)[0]].build(place, item, f"{lead}{number}") for number, item in enumerate(items)
    )


def every(found: Iterable[Action]) -> Iterable[Action]:
    """Yield actions and those inside them."""
    for action in found:
        yield action
        for name in ("then", "otherwise", "do"):
            yield from every(getattr(action, name, ()))
