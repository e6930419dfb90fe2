"""One instance inside one unit: answers the engine's questions, keeps its log, carries its effects out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import AccessDeniedError, ConflictError, FieldError, NotFoundError, ValidationError
from formline.runtime.calendars.loading import working_time
from formline.runtime.notifications import Notice, notify
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.formulas import recompute
from formline.runtime.unit.money import fill_base
from formline.runtime.unit.unit import Change
from formline.workflow.approvals import acting, grants, storage, subprocesses
from formline.workflow.approvals.definition import Approve, Block, Cc, Choose, ForEach, Inclusive, Subprocess
from formline.workflow.approvals.effects import Act, Ask, Effect, FailSubmit, Outcome, StartTimer, Tell
from formline.workflow.approvals.engine import run
from formline.workflow.approvals.events import ApplyFailed, Event, Person, StepOpened
from formline.workflow.approvals.facts import Facts, user_record
from formline.workflow.approvals.passing import FAILURE, PASSING, CarryingOutError, passing
from formline.workflow.approvals.people import resolve
from formline.workflow.approvals.proposals import digest, overlaid, values_of
from formline.workflow.approvals.state import Instance
from formline.workflow.approvals.storage import Case

if TYPE_CHECKING:
    from formline.runtime.unit import Unit

__all__ = ["FAILURE", "PASSING", "CarryingOutError", "Conductor", "passing"]

_ALWAYS_ADMINISTRATORS = "manage_definitions"


class Conductor:
    """Drives one case."""

    def __init__(self, unit: Unit, case: Case) -> None:
        """Find the record's object; nothing is read yet."""
        self.unit = unit
        self.case = case
        self.object_name = case.definition.object
        self.plan = unit.plan(self.object_name)
        #: Why scripts found nobody, in the order in which they were asked.
        self._reasons: list[str] = []

    def with_case(self, case: Case) -> Conductor:
        """Return the driver of another case in the same unit."""
        return Conductor(self.unit, case)

    # --- the record --------------------------------------------------------------------------------------------------

    def stored(self) -> Mapping[str, Any]:
        """Return the record, locked.

        Raises:
            NotFoundError: it is gone.
        """
        found = self.unit.hold(self.object_name, [self.case.record_id]).get(self.case.record_id)
        if found is None:
            raise NotFoundError
        return found

    def proposed(self) -> Mapping[str, Any]:
        """Return the record as it would be."""
        return overlaid(self.plan, self.stored(), self.case.proposal)

    def digest(self, step: Approve | None = None) -> str:
        """Return the hash of what a step shows, or of the whole record."""
        return digest(self.plan, self.proposed(), step.show if step is not None else ())

    # --- events ------------------------------------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        """Decide an event, answer what it asks, keep the log, carry out the effects."""
        before = self.case.state
        self.case.state, events, effects = run(self.case.definition, before, event, self.answer)
        storage.append(self.unit.connection, self.case, events)
        for effect in effects:
            self._perform(effect)
        storage.save_case(self.unit.connection, self.case, before, self.unit.now)
        subprocesses.follow(self, events)
        grants.sync(self.unit, self.plan.model.object_id, self.case.record_id)

    def answer(self, state: Instance, ask: Ask) -> StepOpened:
        """Find the facts a block asked for."""
        definition = self.case.definition
        block = definition.blocks[ask.path[-1]]
        facts = self._facts(ask)
        found: dict[str, Any] = {"path": ask.path, "purpose": ask.purpose, "data": self.digest()}
        if block.when is not None and ask.purpose in ("open", "again"):
            found["applies"] = facts.holds([block.when])[0]
        if ask.purpose == "administrator":
            found["people"] = self.administrators(facts)
        elif isinstance(block, Approve | Cc):
            found["people"] = self._people(facts, block, ask)
        elif isinstance(block, Subprocess):
            found |= subprocesses.facts_for(self.unit, block, facts, found.get("applies", True))
        else:
            found["chosen"] = self._chosen(facts, block)
        manager = facts.submitter.get("manager")
        self._reasons += facts.reasons
        reason = " ".join(dict.fromkeys(facts.reasons))[:1000]
        return StepOpened(self.unit.now, **found, manager=str(manager) if manager else "", reason=reason)

    def facts(self) -> Facts:
        """Return what can be asked about the record as it would be."""
        submitter = user_record(self.unit, self.case.submitter_id)
        return Facts(self.unit, self.object_name, self._computed(), submitter, old=self._before())

    def _computed(self) -> Mapping[str, Any]:
        """Return the record as it would be, with what follows: amounts in the company's currency and formulas."""
        stored = self.stored()
        draft = Draft(0, self.case.record_id, {}, stored, dict(self.proposed()))
        if draft.changed_keys():
            fill_base(self.unit, self.plan, [draft])
            recompute(self.unit, self.plan, draft.record, set(draft.changed_keys()))
        return draft.record

    def _before(self) -> Mapping[str, Any]:
        """Return the record as it was before what is proposed: a change that happens at once is there already."""
        if self.case.definition.apply != "immediately":
            return self.stored()
        before = {key: self.case.snapshot.get(key) for key in self.case.proposal}
        return overlaid(self.plan, self.stored(), before)

    def _facts(self, ask: Ask) -> Facts:
        facts = self.facts()
        for index in range(0, len(ask.path) - 1, 2):
            block = self.case.definition.blocks[ask.path[index]]
            if isinstance(block, ForEach):
                facts = facts.for_item(facts.items(block.over)[int(ask.path[index + 1])])
        return facts

    def _people(self, facts: Facts, block: Approve | Cc, ask: Ask) -> tuple[Person, ...]:
        if isinstance(block, Cc):
            return resolve(facts, block.to)
        if ask.purpose == "empty" and not isinstance(block.when_empty, str):
            return resolve(facts, block.when_empty)
        if ask.purpose == "due":
            return self._takers(facts, block, ask)
        chosen = [UUID(one) for one in self.case.choices.get(block.name, ())]
        return resolve(facts, block.approvers, chosen)

    def _takers(self, facts: Facts, block: Approve, ask: Ask) -> tuple[Person, ...]:
        """Return who decides after the due time: those named, else the managers of who did not."""
        if block.on_due.to:
            return resolve(facts, block.on_due.to)
        late = [one.person for one in self.case.state.runs[ask.path].ballots if one.undecided]
        managers = [user_record(self.unit, UUID(one)).get("manager") for one in late]
        able = facts.people(None, [one for one in managers if one is not None])
        return tuple(Person(str(one), why="manager") for one in able)

    def _chosen(self, facts: Facts, block: Block) -> tuple[str, ...]:
        match block:
            case Choose() | Inclusive():
                branches = block.cases if isinstance(block, Choose) else block.branches
                held = facts.holds([str(one.when) for one in branches.values()])
                return tuple(name for name, holds in zip(branches, held, strict=True) if holds)
            case ForEach():
                return tuple(str(number) for number in range(len(facts.items(block.over))))
        return ()

    def administrators(self, facts: Facts) -> tuple[Person, ...]:
        """Return who administers processes: the definition's people, else who may manage definitions."""
        declared = resolve(facts, self.case.definition.administrators)
        if declared:
            return declared
        roles = [
            role.name
            for role in self.unit.release.catalog.all("role").values()
            if _ALWAYS_ADMINISTRATORS in role.admin_rights
        ]
        return resolve(facts, tuple({"role": name} for name in roles))

    # --- effects -----------------------------------------------------------------------------------------------------

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Tell():
                self._tell(effect)
            case StartTimer():
                unit = self.unit
                calendar = working_time(unit.connection, unit.release, unit.site.settings)
                due = calendar.after(unit.now, effect.due_in)
                storage.add_timer(self.unit.connection, self.case, effect.path, effect.number, due)
            case FailSubmit():
                label = self.case.definition.blocks[effect.path[-1]].label
                message = " ".join([f"Nobody can be found to decide in the step {label}.", *self._reasons])
                raise ValidationError([FieldError("", "approval_nobody", message)])
            case Act():
                acting.act(self.unit, self.case, effect.path)
            case Outcome():
                self._outcome(effect.outcome)

    def _tell(self, effect: Tell) -> None:
        notice = Notice(
            f"approval_{effect.what}",
            [UUID(one) for one in effect.people],
            values={"approval": str(self.case.id), "name": self.case.definition.name, "step": "/".join(effect.path)},
            object_id=self.case.object_id,
            record_id=self.case.record_id,
        )
        notify(self.unit.connection, [notice], actor_id=self.unit.actor.user_id, now=self.unit.now)

    def _outcome(self, outcome: str) -> None:
        failure = self.unit.extras.get(FAILURE)
        if self.case.parent is not None:
            subprocesses.report(self, outcome)
        elif outcome == "approved" and failure:
            event = ApplyFailed(self.unit.now, message=failure)
            self.case.state, events, _ = run(self.case.definition, self.case.state, event, self.answer)
            storage.append(self.unit.connection, self.case, events)
            return
        elif outcome == "approved":
            try:
                self._carry_out()
            except (ValidationError, ConflictError, AccessDeniedError) as error:
                raise CarryingOutError(error.message) from error
        else:
            if self.case.definition.apply == "immediately" and outcome in ("rejected", "withdrawn", "stopped"):
                self._take_back()
            self.set_status({"stopped": "withdrawn"}.get(outcome, outcome))
        acting.conclude(self.unit, self.case, outcome)

    def _carry_out(self) -> None:
        """Let happen what waited."""
        key, values = self.case.record_id, values_of(self.plan, self.case.proposal)
        with passing(self.unit, key, "approved"):
            match self.case.definition.guard.event:
                case "transition":
                    self.unit.transition(self.object_name, [key], self.case.transition, values)
                case "update" if values and self.case.definition.apply == "when_approved":
                    self.unit.update(self.object_name, [Change(key, values)])
                case "delete":
                    self.unit.delete(self.object_name, [key])
                    return
        if self.stored().get("approval_status") != "approved":
            self.set_status("approved")

    def _take_back(self) -> None:
        with passing(self.unit, self.case.record_id, None):
            values = values_of(self.plan, {key: self.case.snapshot.get(key) for key in self.case.proposal})
            self.unit.update(self.object_name, [Change(self.case.record_id, values)])

    def set_status(self, status: str) -> None:
        """Write the record's ``approval_status``, with history."""
        with passing(self.unit, self.case.record_id, status):
            self.unit.save_drafts(self.object_name, [], [Draft(0, self.case.record_id, {})])
