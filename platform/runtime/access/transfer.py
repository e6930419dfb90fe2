"""Giving records to another owner, with children and a choice for the old one; and ending a person's sign-in.

One record or a few are moved at once; more, and everything of a person who leaves, by jobs that can be resumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from formline.errors import AccessDeniedError, FieldError, NotFoundError, ValidationError
from formline.runtime import jobs, tables
from formline.runtime.access.grants import event, write
from formline.runtime.access.shares import TRANSFER, Share
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit.statements import IDS
from formline.runtime.unit.unit import Change

if TYPE_CHECKING:
    from formline.catalog.model import Link
    from formline.catalog.objects import Object
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

OldOwner = Literal["out", "read", "read_write"]
MOST = 10_000
BATCH = 200
#: Jobs of this module, see ``transfer_job``.
TRANSFER_JOB, REASSIGN_JOB = "transfer", "reassign"

#: What other layers do in the transaction that ends a person's sign-in: (unit, the person, who takes over or None).
LEAVING: list[Callable[[Unit, UUID, UUID | None], None]] = []


@dataclass(frozen=True, slots=True)
class Transfer:
    """What happens to records: ``children`` are the other sides whose open records of the same owner follow."""

    object: str
    to: UUID
    children: tuple[str, ...] = ()
    old_owner: OldOwner = "out"

    def to_json(self) -> dict[str, Any]:
        """Return it as arguments of a job."""
        children = list(self.children)
        return {"object": self.object, "to": str(self.to), "children": children, "old_owner": self.old_owner}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Transfer:
        """Return what ``to_json`` made a job's arguments of."""
        return Transfer(data["object"], UUID(data["to"]), tuple(data["children"]), data["old_owner"])


def children_of(unit_or_release: Any, object: str) -> tuple[Link, ...]:
    """Return the other sides of an object whose records have owners of their own and can follow a transfer."""
    catalog = unit_or_release.catalog
    links: Iterable[Link] = catalog.object(object).children
    return tuple(link for link in links if link.reverse and not link.many and _owned(catalog.object(link.object)))


def _owned(obj: Object) -> bool:
    return "owner" in obj.fields and obj.default_access != "controlled_by_parent" and not obj.append_only


def transfer(unit: Unit, wanted: Transfer, ids: Sequence[UUID]) -> Counter[str]:
    """Move up to 500 records; return how many ``records`` and ``children`` moved and children were ``left``.

    Children follow where they belonged to the same owner, are in no final state, and the actor may transfer them.

    Raises:
        AccessDeniedError: no right to transfer one of the records. NotFoundError: one is not there.
        ValidationError: the new owner is nobody who signs in, or a record's rules refuse it.
    """
    plan = unit.plan(wanted.object)
    _require_owner(unit, wanted.to)
    held = unit.hold(wanted.object, ids)
    if set(ids) - held.keys() or set(ids) - unit.permitted(plan, list(ids), "read"):
        raise NotFoundError
    if set(ids) - unit.permitted(plan, list(ids), "transfer"):
        raise AccessDeniedError(f"You may not transfer this {plan.object.label}.")
    before = {key: held[key]["owner"] for key in ids}
    moving = [key for key in ids if before[key] != wanted.to]
    counts = Counter(records=len(moving), children=0, left=0)
    for link in children_of(unit.release, wanted.object):
        if link.reverse in wanted.children and moving:
            counts.update(_move_children(unit, wanted, link, {key: before[key] for key in moving}))
    if moving:
        _move(unit, wanted, plan, {key: before[key] for key in moving})
    return counts


def _move(unit: Unit, wanted: Transfer, plan: WritePlan, owners: Mapping[UUID, UUID | None]) -> None:
    """Set the owner of records, and let the old ones keep what was chosen."""
    keys = sorted(owners)
    for start in range(0, len(keys), 500):
        # The right to transfer was asked; the right to update is not needed for it.
        with unit.as_platform():
            unit.update(plan.name, [Change(key, {"owner": wanted.to}) for key in keys[start : start + 500]])
    if wanted.old_owner != "out":
        level: Literal["read", "read_write"] = "read_write" if wanted.old_owner == "read_write" else "read"
        kept = [(key, owner) for key, owner in owners.items() if owner is not None]
        write(unit, plan, [Share(key, "user", str(owner), level, TRANSFER) for key, owner in kept])
    for key in keys:
        event(unit, "transferred", plan.name, key, to=str(wanted.to))


def _move_children(unit: Unit, wanted: Transfer, link: Link, owners: Mapping[UUID, UUID | None]) -> Counter[str]:
    plan = unit.plan(link.object)
    model = plan.model
    parent = model.column(link.field)
    conditions = [model.deleted_at.is_(None), in_keys(parent, IDS, unit.dialect)]
    if link.field in model.by_key and f"{link.field}.object" in model.by_key:
        conditions.append(model.by_key[f"{link.field}.object"] == wanted.object)
    rows = unit.connection.execute(
        select(model.id, parent).where(*conditions), bind_keys(IDS, list(owners), unit.dialect)
    )
    parents = {row[0]: row[1] for row in rows}
    held = unit.hold(link.object, sorted(parents))
    following = [
        key for key, row in held.items() if row["owner"] == owners.get(parents[key]) and not finished(plan, row)
    ]
    allowed = sorted(unit.permitted(plan, following, "transfer")) if following else []
    if allowed:
        _move(unit, wanted, plan, {key: held[key]["owner"] for key in allowed})
    return Counter(children=len(allowed), left=len(following) - len(allowed))


def finished(plan: WritePlan, row: Mapping[str, Any]) -> bool:
    """Return whether a record is in a final state of one of its machines."""
    for field in plan.object.state_fields:
        machine = plan.machine(field, row.get("record_type"))
        state = machine.states.get(str(row.get(field))) if machine else None
        if state is not None and state.final:
            return True
    return False


def _require_owner(unit: Unit, user: UUID) -> None:
    model = unit.plan("user").model
    active = select(model.id).where(model.id == user, model.deleted_at.is_(None), model.column("active").is_not(False))
    known = unit.connection.execute(active).first() is not None
    if not known or not unit.permitted(unit.plan("user"), [user], "read"):
        raise ValidationError([FieldError("to", "no_such_record", "There is no such person, or they do not sign in.")])


def enqueue(unit: Unit, wanted: Transfer, ids: Sequence[UUID]) -> UUID:
    """Have up to 10,000 records moved by a job, in the actor's name; return its id."""
    if len(ids) > MOST:
        message = f"At most {MOST} records at once."
        raise ValidationError([FieldError("id", "too_many", message)])
    _require_owner(unit, wanted.to)
    args = {**wanted.to_json(), "ids": [str(key) for key in ids], "by": str(unit.actor.user_id)}
    return jobs.enqueue(unit.connection, TRANSFER_JOB, args, created_by=unit.actor.user_id)


# --- people who leave ------------------------------------------------------------------------------------------------


def owned_counts(connection: Connection, release: Release, user: UUID) -> dict[str, int]:
    """Return how many live records a person owns, by object; objects without any are left out."""
    found: dict[str, int] = {}
    for name in sorted(release.catalog.objects):
        if _owned(release.catalog.object(name)):
            model = release.model(name)
            rows = select(model.id).where(model.column("owner") == user, model.deleted_at.is_(None)).limit(MOST)
            count = len(connection.execute(rows).all())
            found |= {name: count} if count else {}
    return found


def deactivate(unit: Unit, user: UUID, to: UUID | None) -> UUID | None:
    """End a person's sign-in now, and have what they own given to ``to`` by a job, whose id is returned.

    Raises:
        AccessDeniedError: no right to manage people, oneself, or the last holder of an administration right.
        ValidationError: the person owns records and nobody takes them over.
    """
    unit.update("user", [Change(user, {"active": False})])
    account = tables.account
    moved = {"active": False, "epoch": account.c.epoch + 1}
    unit.connection.execute(update(account).where(account.c.user_id == user).values(moved))
    unit.connection.execute(delete(tables.session).where(tables.session.c.user_id == user))
    if to is None and owned_counts(unit.connection, unit.release, user):
        raise ValidationError([FieldError("to", "required", "Name who takes over what the person owns.")])
    for work in LEAVING:
        work(unit, user, to)
    event(unit, "deactivated", "user", user, to=None if to is None else str(to))
    if to is None:
        return None
    if to == user:
        raise ValidationError([FieldError("to", "same_person", "Choose somebody else.")])
    _require_owner(unit, to)
    args = {"from": str(user), "to": str(to), "by": str(unit.actor.user_id)}
    return jobs.enqueue(unit.connection, REASSIGN_JOB, args, created_by=unit.actor.user_id)
