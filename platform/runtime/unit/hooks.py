"""What other layers add to the write pipeline: lists of functions per object and phase that receive whole batches.

The layers above register providers when they are loaded; what a provider returns is kept per release and object.
Plug-ins of others are not called here: they get events after commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from formline.runtime.unit.draft import Draft

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: ``before_save``: may change own fields of the drafts. ``guard``: may take drafts out of the list it gets (they
#: become proposals). ``written``: rows are in the database; may queue further work with ``Unit.then``.
#: ``deleting``: gets drafts whose ``old`` is the row about to go; may raise. ``restoring``: gets drafts whose
#: ``record`` is the row about to come back; may raise.
Phase = Literal["before_save", "guard", "written", "deleting", "restoring"]
Hook = Callable[["Unit", "WritePlan", list[Draft]], None]
#: Returns the hooks of an object in a phase, for one release.
Provider = Callable[["Release", str, Phase], Iterable[Hook]]

#: Under this name a unit keeps what goes, or comes back, together: object name -> ids.
TOGETHER = "deleted or restored together"

_providers: list[Provider] = []


def provide(provider: Provider) -> Provider:
    """Register a provider of hooks; use as a decorator."""
    _providers.append(provider)
    return provider


def run(unit: Unit, plan: WritePlan, phase: Phase, drafts: list[Draft]) -> None:
    """Call the hooks of a phase in order of registration."""
    key = ("hooks", plan.name, phase)
    found: tuple[Hook, ...] = unit.release.memo(
        key, lambda: tuple(hook for provider in _providers for hook in provider(unit.release, plan.name, phase))
    )
    for hook in found:
        if drafts:
            hook(unit, plan, drafts)
