"""What other layers add to the write pipeline: lists of functions per object and phase that receive whole batches.

The layers above register providers when they are loaded; what a provider returns is kept per release and object.
Plug-ins of others are not called here: they get events after commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from formline.catalog.machines import Transition
from formline.runtime.unit.draft import Draft

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: ``before_save``: may change own fields of the drafts. ``guard``: may take drafts out of the list it gets (they
#: become proposals). ``written``: rows are in the database; may queue further work with ``Unit.then``.
#: ``deleting``: gets drafts whose ``old`` is the row about to go; may raise.
Phase = Literal["before_save", "guard", "written", "deleting"]
Hook = Callable[["Unit", "WritePlan", list[Draft]], None]
#: Returns the hooks of an object in a phase, for one release.
Provider = Callable[["Release", str, Phase], Iterable[Hook]]
#: Returns the ids of the rows on which the actor is one of the transition's ``allowed`` people.
Allowed = Callable[["Unit", "WritePlan", Transition, Sequence[Draft]], set[UUID]]

_providers: list[Provider] = []
_allowed: list[Allowed] = []


def provide(provider: Provider) -> Provider:
    """Register a provider of hooks; use as a decorator."""
    _providers.append(provider)
    return provider


def decide_allowed(function: Allowed) -> Allowed:
    """Register the function that evaluates the people selectors of transitions; the last one counts."""
    _allowed.append(function)
    return function


def run(unit: Unit, plan: WritePlan, phase: Phase, drafts: list[Draft]) -> None:
    """Call the hooks of a phase in order of registration."""
    key = ("hooks", plan.name, phase)
    found: tuple[Hook, ...] = unit.release.memo(
        key, lambda: tuple(hook for provider in _providers for hook in provider(unit.release, plan.name, phase))
    )
    for hook in found:
        if drafts:
            hook(unit, plan, drafts)


def permitted_to_move(unit: Unit, plan: WritePlan, way: Transition, drafts: Sequence[Draft]) -> set[UUID]:
    """Return the rows on which the actor may press a transition.

    A transition that names people is for them. Without people it needs the right to the action (or to set states) by
    role, and the right to update the record.
    """
    if way.allowed and _allowed:
        return _allowed[-1](unit, plan, way, drafts)
    if unit.may(plan, way.name) or unit.may(plan, "set_state"):
        return unit.permitted(plan, [draft.id for draft in drafts], "update")
    return set()
