"""Lists of state machines: ``before`` changes the row being moved or refuses it, ``after`` runs in the transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from formline.runtime.unit import hooks
from formline.workflow.actions.compiling import compile_actions
from formline.workflow.actions.inside import queue
from formline.workflow.actions.performing import perform
from formline.workflow.actions.places import Place
from formline.workflow.actions.running import Run, Scope, Story
from formline.workflow.automation.keeping import keep

if TYPE_CHECKING:
    from formline.catalog.machines import Transition
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan
    from formline.workflow.actions.registry import Action


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Give hooks to objects whose machines have such lists."""
    wanted = {"before_save": "before", "written": "after"}.get(phase)
    if wanted is None or not _has(release, object_name, wanted):
        return ()
    return (before,) if wanted == "before" else (after,)


def _has(release: Release, object_name: str, word: str) -> bool:
    machines = release.catalog.all("state_machine").values()
    mine = [one for one in machines if one.object == object_name]
    return any(getattr(way, word) for one in mine for way in one.transitions.values())


def _movers(drafts: Iterable[Draft], word: str) -> list[tuple[str, Transition, list[Draft]]]:
    """Return (state field, transition, rows that take it) of those with a list."""
    found: dict[tuple[str, int], tuple[str, Transition, list[Draft]]] = {}
    for draft in drafts:
        for field, way in draft.moves.items():
            if getattr(way, word):
                found.setdefault((field, id(way)), (field, way, []))[2].append(draft)
    return list(found.values())


def origin_of(plan: WritePlan, field: str, way: Transition, draft: Draft, word: str) -> str:
    """Return how the runs of a list are called: ``state_machine/stages.win.after``."""
    machine = plan.machine(field, draft.record.get("record_type"))
    return f"state_machine/{machine.name if machine else field}.{way.name}.{word}"


def before(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Run the lists before the save."""
    for field, way, movers in _movers(drafts, "before"):
        origin = origin_of(plan, field, way, movers[0], "before")
        scopes = [Scope(draft.id, Story(), draft=draft) for draft in movers]
        run = Run(unit, plan.name, origin)
        perform(run, compiled_before(unit.release, plan, way, origin), scopes)
        keep(run, "transition", scopes)


def compiled_before(release: Release, plan: WritePlan, way: Transition, origin: str) -> tuple[Action, ...]:
    """Return a list that runs before the save, compiled once per release."""

    def build() -> tuple[Action, ...]:
        return compile_actions(Place(release.catalog, plan.object, before=True), way.before)

    return release.memo(("actions before", plan.name, origin), build)


def after(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Queue the lists after the save: they run when all rows of the batch are written."""
    for field, way, movers in _movers(drafts, "after"):
        origin = origin_of(plan, field, way, movers[0], "after")
        queue(unit, plan.name, [draft.id for draft in movers], way.after, origin=origin, trigger="transition")
