"""Tells people of records that became theirs: one notice for one record, one for a batch; in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from formline.runtime.notifications import Notice, notify
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.hooks import Hook, Phase, provide

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: Where nobody waits for news of each record: whole files, and what the platform does by itself.
QUIET = frozenset({"import", "system"})


@provide
def hooks_of(release: Release, object_name: str, phase: Phase) -> Iterable[Hook]:
    """Watch the owners of every object that people work on."""
    described = release.catalog.object(object_name)
    return (tell_owners,) if phase == "written" and "owner" in described.fields and object_name != "user" else ()


def tell_owners(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Tell each new owner but the writer of what they got."""
    if unit.source in QUIET:
        return
    got: dict[UUID, list[Draft]] = {}
    for draft in drafts:
        owner = draft.record.get("owner")
        if owner is not None and owner != unit.actor.user_id and (draft.old or {}).get("owner") != owner:
            got.setdefault(owner, []).append(draft)
    if got:
        notify(unit.connection, _notices(unit, plan, got), actor_id=unit.actor.user_id, now=unit.now)


def _notices(unit: Unit, plan: WritePlan, got: dict[UUID, list[Draft]]) -> Iterable[Notice]:
    object_id = unit.release.physical[plan.name].id
    for owner, drafts in got.items():
        if len(drafts) == 1:
            yield Notice("assigned", (owner,), object_id=object_id, record_id=drafts[0].id)
        else:
            yield Notice("assigned_many", (owner,), values={"count": len(drafts)}, object_id=object_id)
