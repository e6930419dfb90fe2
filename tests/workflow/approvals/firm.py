"""A firm with contracts that are signed after approval, on a real site, for tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.access.loading import load_actor
from formline.runtime.access.permitted import permitted
from formline.runtime.site import Site
from formline.runtime.tables import account, approval, approval_event, approval_task, notification
from formline.runtime.unit import Change, run_unit
from formline.workflow.approvals import inbox, substitutes
from tests.fixtures.catalogs import ORGANISATION

CONTRACT = """
kind: object
name: contract
default_access: private
fields:
  name: {type: text, required: true}
  amount: {type: money}
  discount: {type: percent}
  note: {type: text}
  signed_on: {type: date}
  stage: {type: state, machine: contract_stage}
rules:
  not_huge: {when: 'stage == "signed" and amount != null', check: amount < 900000, field: amount, message: Too much.}
---
kind: object
name: contract_item
default_access: controlled_by_parent
fields:
  contract: {type: parent, to: contract, reverse: items, required: true}
  price: {type: money}
---
kind: layout
name: contract
object: contract
form:
  - {section: contract, label: Contract, rows: [[name, amount], [note]]}
  - {section: items, table: items, label: Items, columns: [price]}
---
kind: state_machine
name: contract_stage
object: contract
initial: draft
states: {draft: {label: Draft}, signed: {label: Signed, final: true}}
transitions: {sign: {label: Sign, from: draft, to: signed, ask: [signed_on]}}
---
kind: role
name: seller
label: Seller
objects:
  contract: {create: true, read: own, update: own, delete: own, actions: [sign]}
  contract_item: {create: true, read: own, update: own, delete: own}
---
kind: role
name: reader
label: Reader
objects: {contract: {read: own}}
---
kind: role
name: legal
label: Legal
includes: [reader]
---
kind: role
name: finance
label: Finance
includes: [reader]
---
kind: role
name: keeper
label: Keeper
includes: [reader]
admin: [manage_definitions]
"""
APPROVAL = """
kind: approval
name: contract_approval
label: Contract approval
object: contract
guards: {transition: sign}
requires: [amount]
editable: [note]
steps:
  - approve: manager
    approvers: {managers_of: owner}
    due_in: 2wd
    show: [amount, discount]
    editable: [discount]
  - choose: by_amount
    cases:
      large:
        when: amount >= 500000 or discount > 20
        steps:
          - parallel: review
            branches:
              legal: {steps: [{approve: legal, approvers: {role: legal}, return_to: [submitter, manager]}]}
              finance: {steps: [{approve: finance, approvers: {role: finance}, decision: {vote: 2/3}}]}
    else: {steps: []}
  - cc: keepers
    to: {role: keeper}
"""
CHANGE = """
kind: approval
name: amount_change
label: Change of the amount
object: contract
guards: {update: [amount]}
when: 'stage == "signed"'
lock: fields
steps: [{approve: checked, approvers: {role: finance}}]
"""
DELETION = """
kind: approval
name: contract_deletion
label: Deletion
object: contract
guards: delete
steps: [{approve: allowed, approvers: {role: legal}}]
"""
TEXTS = [*ORGANISATION.values(), CONTRACT, APPROVAL, CHANGE, DELETION]
PEOPLE: Mapping[str, tuple[str, str]] = {
    "boss": ("reader", ""),
    "sam": ("seller", "boss"),
    "lea": ("legal", ""),
    "fay": ("finance", ""),
    "fritz": ("finance", ""),
    "flo": ("finance", ""),
    "kim": ("keeper", ""),
}


class Firm:
    """People by name on a site, and short ways to write contracts and look at approvals."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ids: dict[str, UUID] = {}
        for name, (role, manager) in PEOPLE.items():
            values = {"name": name, "login": name, "roles": [role], "manager": self.ids.get(manager), "active": True}
            self.ids[name] = self._as(Actor.system(), lambda unit, v=values: unit.create("user", [v]))[0]

        now = datetime.now(UTC)
        with site.writing() as connection:  # only who can sign in is told anything
            for identifier in self.ids.values():
                row = {"user_id": identifier, "login": identifier.hex, "kind": "user", "created_at": now}
                connection.execute(account.insert().values(row))

    def _as(self, actor: Actor, work: Any) -> Any:
        return run_unit(self.site, actor, work, confirm=True)

    def actor(self, name: str) -> Actor:
        with self.site.reading() as connection:
            return load_actor(connection, self.site.release, self.ids[name])

    def write(self, name: str, work: Any) -> Any:
        return self._as(self.actor(name), work)

    def contract(self, amount: int | None = 1000, by: str = "sam", **values: Any) -> UUID:
        row = {"name": "C", "amount": amount, **values}
        found: UUID = self.write(by, lambda unit: unit.create("contract", [row]))[0]
        return found

    def sign(self, key: UUID, by: str = "sam", **values: Any) -> UUID | None:
        self.write(by, lambda unit: unit.transition("contract", [key], "sign", values))
        return self.approval_of(key)

    def change(self, key: UUID, by: str = "sam", **values: Any) -> UUID | None:
        self.write(by, lambda unit: unit.update("contract", [Change(key, values)]))
        return self.approval_of(key)

    def approval_of(self, key: UUID) -> UUID | None:
        wanted = select(approval.c.id).where(approval.c.record_id == key).order_by(approval.c.submitted_at.desc())
        with self.site.reading() as connection:
            found: UUID | None = connection.execute(wanted.limit(1)).scalar()
        return found

    def record(self, key: UUID) -> dict[str, Any]:
        model = self.site.release.model("contract")
        with self.site.reading() as connection:
            row = connection.execute(select(*model.columns).where(model.id == key, model.deleted_at.is_(None))).first()
        return {} if row is None else dict(zip(model.keys, row, strict=True))

    def state(self, key: UUID) -> tuple[Any, Any]:
        record = self.record(key)
        return record.get("stage"), record.get("approval_status")

    def status(self, key: UUID) -> str:
        with self.site.reading() as connection:
            return str(connection.execute(select(approval.c.status).where(approval.c.id == key)).scalar())

    def open(self, key: UUID) -> list[str]:
        """Return who has something to do, as ``person@step``."""
        names = {identifier: name for name, identifier in self.ids.items()}
        wanted = select(approval_task).where(
            approval_task.c.approval_id == key, approval_task.c.state.in_(("open", "consulting"))
        )
        with self.site.reading() as connection:
            return sorted(f"{names[row.person_id]}@{row.step}" for row in connection.execute(wanted))

    def ballot(self, key: UUID, name: str, *, done: bool = False) -> str:
        """Return the ballot a person has open, or with ``done`` the one decided last."""
        states = ("done",) if done else ("open", "consulting")
        wanted = select(approval_task.c.ballot).where(
            approval_task.c.approval_id == key,
            approval_task.c.person_id == self.ids[name],
            approval_task.c.state.in_(states),
        )
        with self.site.reading() as connection:
            return str(connection.execute(wanted).scalars().all()[-1])

    def inbox(self, name: str, key: UUID) -> list[str]:
        """Return the ballots of an approval in a person's inbox."""
        with self.site.reading() as connection:
            rows = inbox.page(connection, self.ids[name], "open", datetime.now(UTC), limit=500)
        return [row.ballot for row in rows if row.approval_id == key]

    def log(self, key: UUID) -> list[str]:
        wanted = select(approval_event.c.event).where(approval_event.c.approval_id == key)
        with self.site.reading() as connection:
            return list(connection.execute(wanted.order_by(approval_event.c.revision)).scalars())

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Let people be inactive for a while."""
        self._activate(names, False)
        yield
        self._activate(names, True)

    def _activate(self, names: Sequence[str], active: bool) -> None:
        changes = [Change(self.ids[name], {"active": active}) for name in names]
        self._as(Actor.system(), lambda unit: unit.update("user", changes))

    @contextmanager
    def nobody_but(self, *names: str) -> Iterator[None]:
        """Let everybody else be inactive for a while, whatever tasks they have."""
        model = self.site.release.model("user")
        others = [key for name, key in self.ids.items() if name not in names]
        for active in (False, True):
            with self.site.writing() as connection:
                values = {model.column("active").name: active}
                connection.execute(model.table.update().where(model.id.in_(others)).values(**values))
            if not active:
                yield

    def remove(self, name: str) -> None:
        """Delete a person."""
        self._as(Actor.system(), lambda unit: unit.delete("user", [self.ids[name]]))

    def set_amount(self, key: UUID, amount: int) -> None:
        """Change what is locked, as nobody can: past the approval."""
        model = self.site.release.model("contract")
        with self.site.writing() as connection:
            values = {model.column("amount").name: amount, model.column("amount", "base").name: amount}
            connection.execute(model.table.update().where(model.id == key).values(**values))

    @contextmanager
    def substituting(self, person: str, substitute: str) -> Iterator[None]:
        """Let one person stand in for another for a while."""
        now = datetime.now(UTC)
        with self.site.writing() as connection:
            period = (now - timedelta(minutes=1), now + timedelta(hours=1))
            found = substitutes.appoint(
                connection, self.ids[person], self.ids[substitute], *period, by=self.ids[person], now=now
            )
        yield
        with self.site.writing() as connection:
            substitutes.dismiss(connection, found)

    def reads(self, name: str, key: UUID) -> bool:
        """Return whether a person may read a contract."""
        with self.site.reading() as connection:
            return key in permitted(connection, self.site.release, self.actor(name), "contract", [key], "read")

    def notices(self, key: UUID) -> set[tuple[str, str]]:
        """Return (person, kind) of what people were told about an approval."""
        names = {identifier: name for name, identifier in self.ids.items()}
        with self.site.reading() as connection:
            rows = list(connection.execute(select(notification)))
        return {(names[row.user_id], row.kind) for row in rows if (row.values or {}).get("approval") == str(key)}

    def stranger(self) -> Actor:
        """Return somebody without any role."""
        return Actor(ActorKind.USER, uuid4())
