"""Single records given to people by people: manual shares, the record's team, queues; rules share in ``unit/sharing``.

What is given is never more than the giver holds by role or rule of their own: what one got through a share is not
passed on. Everything runs inside a unit, and leaves an event for the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy import select

from formline.errors import AccessDeniedError, FieldError, NotFoundError, ValidationError
from formline.runtime import tables
from formline.runtime.access import shares
from formline.runtime.access.permitted import permitted
from formline.runtime.access.shares import MANUAL, QUEUE, TEAM, Share
from formline.runtime.audit import events
from formline.runtime.unit import sharing
from formline.runtime.unit.unit import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

_share = tables.share.c
#: Objects whose records a share may name, by kind of principal.
OBJECTS: Mapping[str, str] = {
    "user": "user",
    "group": "group",
    "department": "department",
    "department_below": "department",
}


@dataclass(frozen=True, slots=True)
class Given:
    """A share as the panel of a record shows it; ``name`` is the principal's title."""

    kind: str
    principal: str
    name: str
    level: Literal["read", "read_write"]
    cause: str
    team_role: str | None
    reason: str | None
    expires_at: datetime | None


def may_give(connection: Connection, release: Release, actor: Actor, object: str, record_id: UUID) -> bool:
    """Return whether somebody may share a record: who may change it, and not only because it was shared with them."""
    alone = replace(actor, shared=frozenset())
    return bool(permitted(connection, release, alone, object, [record_id], "update"))


def give(unit: Unit, object: str, share: Share) -> None:
    """Share a record by hand, or take somebody into its team (``cause`` manual or team); an equal one is replaced.

    Raises:
        NotFoundError: the actor cannot read the record. AccessDeniedError: they may not give it.
        ValidationError: the person, group or department is not there, or the end is past.
    """
    plan = _require_giver(unit, object, share.record_id)
    if share.cause not in (MANUAL, TEAM):
        raise AccessDeniedError("Only rules and the platform give records for this reason.", code="not_grantable")
    _require_principal(unit, share)
    if share.expires_at is not None and share.expires_at <= unit.now:
        raise ValidationError([FieldError("expires_at", "past", "The end lies in the past.")])
    write(unit, plan, [share])
    if share.cause == TEAM:
        sharing.team_changed(unit, plan, share.record_id)
    event(unit, "record_shared", object, share.record_id, to=share.principal, level=share.level, cause=share.cause)


def write(unit: Unit, plan: WritePlan, given: Sequence[Share]) -> None:
    """Write shares the caller has checked; people who get their first record of the object are loaded again."""
    if given:
        object_id = plan.model.object_id
        shares.tell(unit.connection, object_id, {share.principal for share in given})
        shares.add(unit.connection, object_id, given, at=unit.now, by=unit.actor.user_id)


def take_back(unit: Unit, object: str, record_id: UUID, principal: str, cause: str) -> None:
    """End a manual share, a place in the team or an old owner's access; who has it themselves may always leave."""
    plan = unit.plan(object)
    if cause not in (MANUAL, TEAM, shares.TRANSFER):
        raise AccessDeniedError("This share follows from a rule.", code="not_grantable")
    if principal != str(unit.actor.user_id):
        _require_giver(unit, object, record_id)
    shares.remove(unit.connection, plan.model.object_id, record_id, principal, cause)
    if cause == TEAM:
        unit.hold(object, [record_id])
        sharing.team_changed(unit, plan, record_id)
    event(unit, "share_ended", object, record_id, to=principal, cause=cause)


def given(connection: Connection, release: Release, object: str, record_id: UUID, now: datetime) -> list[Given]:
    """Return the shares of a record that have not ended: team first, then by cause; the caller checked the reader."""
    model = release.model(object)
    current = (_share.expires_at.is_(None)) | (_share.expires_at > now)
    found = select(tables.share).where(_share.object_id == model.object_id, _share.record_id == record_id, current)
    rows = connection.execute(found.order_by(_share.cause, _share.created_at)).mappings().all()
    names = _names(connection, release, rows)
    made = [
        Given(
            row["principal_kind"],
            row["principal"],
            names.get((row["principal_kind"], row["principal"]), row["principal"]),
            row["level"],
            row["cause"],
            row["team_role"],
            row["reason"],
            row["expires_at"],
        )
        for row in rows
    ]
    return sorted(made, key=lambda each: (each.cause != TEAM, each.cause, each.name))


def _names(connection: Connection, release: Release, rows: Sequence[Any]) -> dict[tuple[str, str], str]:
    """Return the titles of principals: one statement per kind."""
    found: dict[tuple[str, str], str] = {}
    for kind, object_name in OBJECTS.items():
        ids = [UUID(row["principal"]) for row in rows if row["principal_kind"] == kind]
        if ids and release.catalog.has("object", object_name):
            model = release.model(object_name)
            titles = select(model.id, model.column(model.object.title)).where(model.id.in_(ids))
            found |= {(kind, str(key)): str(title) for key, title in connection.execute(titles)}
    for row in rows:
        if row["principal_kind"] == "role" and release.catalog.has("role", row["principal"]):
            found["role", row["principal"]] = release.catalog.get("role", row["principal"]).label
    return found


# --- queues ----------------------------------------------------------------------------------------------------------


def put_into_queue(unit: Unit, object: str, ids: Sequence[UUID], group: UUID) -> None:
    """Give records to a queue: they have no owner until a member of the group takes one.

    Raises:
        AccessDeniedError: no right to transfer one of them. ValidationError: the group takes no records.
    """
    plan = unit.plan(object)
    model = unit.plan("group").model
    asked = select(model.id).where(
        model.id == group, model.deleted_at.is_(None), model.column("queue"), model.column("active")
    )
    if unit.connection.execute(asked).first() is None:
        raise ValidationError([FieldError("to", "no_queue", "This group takes no records.")])
    if set(ids) - unit.permitted(plan, list(ids), "transfer"):
        raise AccessDeniedError(f"You may not transfer this {plan.object.label}.")
    with unit.as_platform():
        unit.update(object, [Change(key, {"owner": None}) for key in ids])
    write(unit, plan, [Share(key, "group", str(group), "read", QUEUE) for key in ids])


def take(unit: Unit, object: str, ids: Sequence[UUID]) -> None:
    """Become the owner of records that wait in a queue of one's own; the first one to take it has it.

    Raises:
        NotFoundError: a record waits in no queue of the actor.
    """
    plan = unit.plan(object)
    held = unit.hold(object, ids)
    waiting = select(_share.record_id).where(
        _share.object_id == plan.model.object_id,
        _share.record_id.in_(list(ids)),
        _share.cause == QUEUE,
        _share.principal.in_(unit.actor.reach.principals),
    )
    free = {key for key in unit.connection.execute(waiting).scalars() if key in held and held[key]["owner"] is None}
    if set(ids) - free:
        raise NotFoundError
    with unit.as_platform():
        unit.update(object, [Change(key, {"owner": unit.actor.user_id}) for key in ids])


# --- checks ----------------------------------------------------------------------------------------------------------


def _require_giver(unit: Unit, object: str, record_id: UUID) -> WritePlan:
    plan = unit.plan(object)
    if record_id not in unit.hold(object, [record_id]) or not unit.permitted(plan, [record_id], "read"):
        raise NotFoundError
    if plan.object.default_access == "controlled_by_parent":
        raise AccessDeniedError(f"{plan.object.plural} are seen by whoever sees their parent; share that.")
    if not unit.trusted and not may_give(unit.connection, unit.release, unit.actor, object, record_id):
        message = "Only who may change a record, by their own role and not because it was shared, gives it to others."
        raise AccessDeniedError(message, code="not_grantable")
    return plan


def _require_principal(unit: Unit, share: Share) -> None:
    """Refuse principals that are not there; one the actor cannot see looks the same."""
    if share.principal_kind == "role":
        known = unit.release.catalog.has("role", share.principal)
    else:
        object_name = OBJECTS[share.principal_kind]
        try:
            key = UUID(share.principal)
        except ValueError:
            known = False
        else:
            plan = unit.plan(object_name)
            live = plan.model.deleted_at.is_(None)
            found = select(plan.model.id).where(plan.model.id == key, live, plan.model.column("active").is_not(False))
            found = found if object_name != "department" else select(plan.model.id).where(plan.model.id == key, live)
            known = unit.connection.execute(found).first() is not None and bool(unit.permitted(plan, [key], "read"))
    if not known:
        raise ValidationError([FieldError("principal", "no_such_record", "There is nobody of this name.")])


def event(unit: Unit, name: str, object: str, record_id: UUID | None = None, **detail: Any) -> None:
    """Leave an event for the audit in the unit's transaction; ``detail`` holds ids and words, never values."""
    about = {"object": object, "record": str(record_id)} if record_id is not None else {"object": object}
    events.note(unit.connection, unit.actor.user_id, name, about | detail, unit.now)
