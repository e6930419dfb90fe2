"""Carries out a list of actions: one after the other, each for all records whose story goes on."""

from __future__ import annotations

from collections.abc import Sequence

from formline.workflow.actions.registry import Action, Item
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.values import holding


def perform(run: Run, actions: Sequence[Action], scopes: Sequence[Scope], rest: tuple[Item, ...] = ()) -> None:
    """Carry out a list, action by action, each for all scopes that have not ended.

    ``rest``: what follows after this list, as written; a wait keeps it.

    Raises:
        FormlineError: an action cannot be carried out; nothing of the unit is kept then.
    """
    for index, action in enumerate(actions):
        going = [scope for scope in scopes if scope.goes_on]
        if not going:
            return
        run.current = f"{action.path} {action.word}"
        chosen = holding(run, action.when, going)
        for scope in going:
            if scope not in chosen:
                run.tell(scope, action, "condition")
        if chosen:
            following = (*(one.item for one in actions[index + 1 :]), *rest)
            action.run(run, chosen, following)
