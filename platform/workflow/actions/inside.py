"""Lists that run in the transaction of what set them off: after a transition, a decision, a service level.

They follow from a definition that somebody was allowed to set off, so they are carried out as the platform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from formline.workflow.actions.compiling import compile_actions
from formline.workflow.actions.performing import perform
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item
from formline.workflow.actions.running import Run, Scope, Story

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Record

#: Keeps what a list did: the run, what set it off (a word), its scopes.
Keep = Callable[[Run, str, Sequence[Scope]], None]
_keepers: list[Keep] = []


def keep_with(keeper: Keep) -> Keep:
    """Register what keeps the traces of such lists; use as a decorator."""
    _keepers.append(keeper)
    return keeper


def compiled(
    release: Release, object_name: str, items: Sequence[Item], *, submitter: bool = False
) -> tuple[Action, ...]:
    """Return a list compiled, once per release however often it comes."""
    key = ("actions", object_name, submitter, orjson.dumps(items))
    return release.memo(key, lambda: compile_actions(_place(release, object_name, submitter), items))


def _place(release: Release, object_name: str, submitter: bool) -> Place:
    return Place(release.catalog, release.catalog.object(object_name), submitter=submitter)


def carry_out(
    unit: Unit,
    object_name: str,
    ids: Sequence[UUID],
    items: Sequence[Item],
    *,
    origin: str,
    trigger: str,
    submitter: Record | None = None,
) -> list[Story]:
    """Carry out a list for records inside the unit, now; return what happened to each.

    ``origin`` says where the list stands, ``sla/first_response.warning``; ``trigger`` what set it off.

    Raises:
        FormlineError: an action cannot be carried out; the unit must not be committed then.
    """
    if not items or not ids:
        return []
    actions = compiled(unit.release, object_name, items, submitter=submitter is not None)
    unit.hold(object_name, ids)
    run = Run(unit, object_name, origin, submitter=submitter)
    scopes = [Scope(key, Story(), record=_known(unit, object_name, key)) for key in ids]
    with unit.as_platform():
        perform(run, actions, scopes)
    for keeper in _keepers:
        keeper(run, trigger, scopes)
    return [scope.story for scope in scopes]


def _known(unit: Unit, object_name: str, key: UUID) -> Record | None:
    """Return a record as it is; one that the unit deleted as it was."""
    row = unit.ledger.find(object_name, key)
    return None if row is None else row.now or row.before


def queue(
    unit: Unit, object_name: str, ids: Sequence[UUID], items: Sequence[Item], *, origin: str, trigger: str
) -> None:
    """Let a list be carried out when what is being written now is written."""
    if items and ids:
        unit.then(partial(_carry_out, object_name=object_name, ids=ids, items=items, origin=origin, trigger=trigger))


def _carry_out(
    unit: Unit, *, object_name: str, ids: Sequence[UUID], items: Sequence[Item], origin: str, trigger: str
) -> None:
    carry_out(unit, object_name, ids, items, origin=origin, trigger=trigger)


def items_of(declared: Mapping[str, object] | None, key: str) -> Sequence[Item]:
    """Return a list of a definition, empty where there is none."""
    found = (declared or {}).get(key)
    return found if isinstance(found, list | tuple) else ()
