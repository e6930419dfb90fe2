"""The Unit: what one writing transaction may do, and the state its steps share; each step is a module of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from formline.errors import AccessDeniedError, FieldError, FormlineError, ValidationError
from formline.fields.locale import Locale
from formline.runtime.access.administration import require
from formline.runtime.access.permitted import permitted
from formline.runtime.access.rights import rights
from formline.runtime.access.writing import check_users, refused_fields
from formline.runtime.keys import uuid7, uuid7s
from formline.runtime.unit import automatic, deletion, finishing, loading, nested, restoring, saving
from formline.runtime.unit.draft import Draft, Findings, Record
from formline.runtime.unit.input import check_size
from formline.runtime.unit.journal import Entry, Journal
from formline.runtime.unit.ledger import Ledger
from formline.runtime.unit.plan import WritePlan, plan_of
from formline.runtime.unit.questions import Questions
from formline.runtime.unit.rates import Rates

if TYPE_CHECKING:
    from formline.fields.field import Field
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.site import Site

#: Work queued inside a unit by work queued inside a unit, and so on, at most this deep.
DEEPEST = 10
_STAMPS = frozenset({"created_at", "created_by", "updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the caller of a unit decides; see ``run_unit``."""

    source: str
    confirmed: bool
    now: datetime
    locale: Locale
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """New values for one record; ``version`` is the one they were made on, None where it does not matter."""

    id: UUID
    values: Mapping[str, Any]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DeletionReceipt:
    """What restores a deletion."""

    deletion_id: UUID


class Unit:
    """One writing transaction. Everything it writes is committed together or not at all."""

    def __init__(
        self,
        site: Site,
        release: Release,
        actor: Actor,
        connection: Connection,
        settings: Settings,
        *,
        look_for_duplicates: bool = False,
        questions: Questions | None = None,
    ) -> None:
        """Begin with nothing written; ``run_unit`` makes units."""
        self.site = site
        self.release = release
        self.actor = actor
        self.connection = connection
        self.source = settings.source
        self.confirmed = settings.confirmed
        self.now = settings.now
        self.locale = settings.locale
        self.depth = settings.depth
        self.look_for_duplicates = look_for_duplicates
        self.questions = questions or Questions()
        self.id = uuid7()
        self.dialect: Any = connection.dialect.name
        self.findings = Findings()
        self.ledger = Ledger()
        self.journal = Journal()
        self.rates = Rates(self)
        self.currencies: dict[UUID | None, str] = {}
        self.trusted = actor.is_system
        #: What hooks of the layers above keep for the length of this unit, by a name of their own.
        self.extras: dict[str, Any] = {}
        self._drafts: dict[UUID, Draft] = {}
        self._plans: dict[str, WritePlan] = {}
        self._queue: deque[tuple[int, Callable[[Unit], None]]] = deque()
        self._level = 0

    # --- what callers do ---------------------------------------------------------------------------------------------

    def create(self, object_name: str, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        """Create 1 to 500 records from raw or typed values; return their ids in the same order.

        Raises:
            ValidationError: every finding of every row. AccessDeniedError: no right to create.
        """
        check_size(rows)
        keys = uuid7s(len(rows))
        drafts = [Draft(number, keys[number], row) for number, row in enumerate(rows)]
        self.save_drafts(object_name, drafts, [])
        self._raise_errors()
        return [draft.id for draft in drafts]

    def update(self, object_name: str, changes: Sequence[Change]) -> list[UUID]:
        """Change 1 to 500 records; return their ids in the same order.

        Raises:
            ConflictError: a record has another version. NotFoundError, AccessDeniedError, ValidationError: see errors.
        """
        return self._change(object_name, changes, None)

    def transition(
        self, object_name: str, ids: Sequence[UUID], name: str, values: Mapping[str, Any] | None = None
    ) -> list[UUID]:
        """Press a transition on 1 to 500 records, with the values its dialog asked for.

        ``name`` moves every state field with such a transition from here; ``field.name`` moves one.
        """
        return self._change(object_name, [Change(key, values or {}) for key in ids], name)

    def delete(self, object_name: str, ids: Sequence[UUID]) -> DeletionReceipt:
        """Delete 1 to 500 records with what goes with them, so that ``restore`` brings back exactly that."""
        check_size(ids)
        return DeletionReceipt(deletion.delete(self, self.plan(object_name), list(dict.fromkeys(ids))))

    def restore(self, deletion_id: UUID) -> list[UUID]:
        """Bring back what a deletion took; return the ids of the records that were asked to go then."""
        restored = restoring.restore(self, deletion_id)
        self._raise_errors()
        return restored

    def then(self, work: Callable[[Unit], None]) -> None:
        """Queue work of this transaction: it runs after what is being written now, first in first out.

        Raises:
            FormlineError: work that queues work that queues work, deeper than ten.
        """
        if self._level >= DEEPEST:
            raise FormlineError(f"Automations led to each other more than {DEEPEST} times.", code="too_deep")
        self._queue.append((self._level + 1, work))

    def finish(self) -> None:
        """Do what belongs to the end of the unit: queued work, rollups, deferred rules, numbers, history, events."""
        finishing.finish(self)

    # --- what steps share --------------------------------------------------------------------------------------------

    @cached_property
    def today(self) -> date:
        """The date of ``now`` where the site is."""
        return self.now.astimezone(self.zone).date()

    @property
    def zone(self) -> Any:
        """The site's time zone."""
        return self.release.zone

    @property
    def base_currency(self) -> str:
        """The currency of companies that name none."""
        return str(self.site.settings.base_currency)

    @cached_property
    def user(self) -> Mapping[str, Any]:
        """The actor as the root ``user`` of expressions, ``roles`` as a set of names."""
        return {**self.actor.user, "id": self.actor.user_id, "roles": self.rights.role_names}

    @cached_property
    def roots(self) -> dict[str, Any]:
        """Values for the parameters of SQL expressions."""
        return {"user": self.user, "clock": {"today": self.today, "now": self.now}}

    @cached_property
    def rights(self) -> Any:
        """The actor's rights."""
        return rights(self.release, self.actor)

    def plan(self, object_name: str) -> WritePlan:
        """Return how an object is written in this release."""
        plan = self._plans.get(object_name)
        if plan is None:
            plan = self._plans[object_name] = plan_of(self.release, object_name, self.dialect)
        return plan

    def hold(self, object_name: str, ids: Iterable[UUID]) -> dict[UUID, Record]:
        """Lock live records against other writers and return them as they are now."""
        return loading.hold(self, self.plan(object_name), ids)

    def is_held(self, object_name: str, key: UUID) -> bool:
        """Return whether the unit has locked or written a record that is live."""
        row = self.ledger.find(object_name, key)
        return row is not None and row.now is not None

    def is_new(self, object_name: str, key: UUID) -> bool:
        """Return whether the unit created a record."""
        row = self.ledger.find(object_name, key)
        return row is not None and row.before is None

    def draft_of(self, key: UUID) -> Draft | None:
        """Return the last draft of a record written in this unit."""
        return self._drafts.get(key)

    def new_draft(self, row: int, values: Mapping[str, Any], prefix: str = "") -> Draft:
        """Return a draft of a new record."""
        return Draft(row, uuid7(), values, prefix=prefix)

    def note(self, plan: WritePlan, draft: Draft, entry: Entry) -> None:
        """Note a row that was just written."""
        self._drafts[draft.id] = draft
        self.ledger.write(plan.name, draft.id, draft.old, draft.record)
        self.journal.add(plan.name, entry)

    @contextmanager
    def as_platform(self) -> Iterator[None]:
        """Ask no rights inside: what is written follows from definitions, not from a person's wish."""
        before, self.trusted = self.trusted, True
        try:
            yield
        finally:
            self.trusted = before

    # --- rights ------------------------------------------------------------------------------------------------------

    def may(self, plan: WritePlan, right: str) -> bool:
        """Return whether the actor has a right, or a named action, on records of an object at all."""
        return self.trusted or bool(self.rights.object(plan.name).can(right))

    def permitted(self, plan: WritePlan, ids: Sequence[UUID], right: str) -> set[UUID]:
        """Return those of the records on which the actor has a right."""
        access = self.rights.object(plan.name)
        if self.trusted or (access.can(right) and access.everywhere(right)):
            return set(ids)
        return permitted(self.connection, self.release, self.actor, plan.name, ids, right)

    def field_level(self, plan: WritePlan, name: str) -> str:
        """Return the actor's level on a field of the most favourable record."""
        return "edit" if self.trusted else str(self.rights.object(plan.name).level_of(name).best)

    def writable(self, plan: WritePlan, *, creating: bool) -> frozenset[str]:
        """Return the names a write may contain: the whitelist."""
        names = plan.system_writable if self.trusted else self.rights.object(plan.name).writable
        if not creating:
            names = names - {"record_type"}
        elif self.trusted or (self.source == "import" and self.may(plan, "set_state")):
            names = names | frozenset(plan.object.state_fields)
        if self.trusted or (self.source == "import" and self.may(plan, "import_history")):
            names = names | _STAMPS | {field.name for field in plan.object.auto_numbers}
        return frozenset(names)

    def refused(self, plan: WritePlan, drafts: Sequence[Draft]) -> Iterator[tuple[Draft, Field]]:
        """Yield fields given that the actor may write on some records, but not on this one."""
        if self.trusted or not drafts or drafts[0].is_new:
            return
        given = {draft.id: draft.given | set(draft.members) for draft in drafts}
        found = refused_fields(self.connection, self.release, self.actor, plan.name, given)
        for draft in drafts:
            for name in sorted(found.get(draft.id, ())):
                yield draft, plan.object.fields[name]

    def check_rights_on_new(self, plan: WritePlan, drafts: Sequence[Draft]) -> None:
        """Refuse rows that their writer could not have: a new one out of reach, one moved out of one's own update."""
        if self.trusted:
            return
        blind = self.rights.object(plan.name).write_only
        moved = (
            [] if blind else [d.id for d in drafts if d.is_new or (plan.scoping & d.given and "owner" not in d.given)]
        )
        right = "read" if drafts[0].is_new else "update"
        if moved and set(moved) - self.permitted(plan, moved, right):
            raise AccessDeniedError(f"With these values the {plan.object.label} would be out of your reach.")
        self.check_users(plan, [(draft.id, draft.old, draft.record) for draft in drafts])

    def check_users(self, plan: WritePlan, written: Sequence[tuple[UUID, Record | None, Record | None]]) -> None:
        """Refuse changes of users that give or take rights the actor may not; (id, before, after) as written."""
        if self.trusted:
            return
        if plan.name == "user":
            check_users(self.connection, self.release, self.actor, written)
        elif plan.name == "group":  # whoever is in it gets what it is given
            require(self.release, self.actor, "manage_access")

    # --- saving ------------------------------------------------------------------------------------------------------

    def save_drafts(
        self, object_name: str, new: list[Draft], changed: list[Draft], *, only_check: bool = False
    ) -> None:
        """Take drafts of one object through the pipeline: new ones, then changed ones."""
        plan = self.plan(object_name)
        if new:
            if not self.may(plan, "create"):
                raise AccessDeniedError(f"You may not create a {plan.object.label}.")
            for draft in new:
                draft.record = {**plan.blank, "id": draft.id}
                draft.action = "imported" if self.source == "import" else "created"
            saving.save(self, plan, new, only_check=only_check)
        if changed:
            self._require_changeable(plan)
            loading.load(self, plan, changed, "update")
            saving.save(self, plan, changed, only_check=only_check)

    def save_moves(self, plan: WritePlan, drafts: list[Draft], name: str) -> None:
        """Take loaded drafts along a transition without asking rights: it is automatic."""
        with self.as_platform():
            saving.save(self, plan, drafts, transition=name)

    def _change(self, object_name: str, changes: Sequence[Change], transition: str | None) -> list[UUID]:
        check_size(changes)
        plan = self.plan(object_name)
        drafts = [Draft(number, change.id, change.values) for number, change in enumerate(changes)]
        _refuse_twice(drafts)
        self._require_changeable(plan)
        nested.lock_children(self, plan, [draft.raw for draft in drafts])
        loading.load(self, plan, drafts, "read" if transition else "update")
        for draft, change in zip(drafts, changes, strict=True):
            loading.check_version(self, plan, draft, change.version)
        saving.save(self, plan, drafts, transition=transition)
        self._raise_errors()
        return [draft.id for draft in drafts]

    def _require_changeable(self, plan: WritePlan) -> None:
        if plan.object.append_only:
            message = f"{plan.object.plural} can only be added, not changed."
            raise ValidationError([FieldError("", "append_only", message)])

    def _raise_errors(self) -> None:
        """Stop at errors; warnings wait for the end of the unit, where all of them are known."""
        if self.findings.has_errors():
            self.findings.raise_errors(confirmed=True)

    # --- the end -----------------------------------------------------------------------------------------------------

    def run_queue(self) -> bool:
        """Run queued work, first in first out; return whether there was any."""
        ran = bool(self._queue)
        while self._queue:
            self._level, work = self._queue.popleft()
            work(self)
        self._level = 0
        return ran

    def move_automatically(self) -> bool:
        """Take the automatic transitions whose conditions hold; return whether there was any."""
        moved = automatic.move(self)
        self._raise_errors()
        return moved


def _refuse_twice(drafts: Sequence[Draft]) -> None:
    seen: set[UUID] = set()
    for draft in drafts:
        if draft.id in seen:
            message = "The record is in the batch twice."
            raise ValidationError([FieldError("id", "same_record_twice", message, draft.row)])
        seen.add(draft.id)
