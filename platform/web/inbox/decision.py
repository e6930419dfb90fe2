"""Everything the page of one approval says to one person, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime.access.permitted import record_rights
from formline.web.files.panel import Panel, panel
from formline.web.i18n import gettext as _
from formline.web.inbox import shown, story, words
from formline.web.inbox.lines import shown_of
from formline.web.inbox.picture import Node, Painter, people_of
from formline.web.inbox.shown import Fact, Record
from formline.web.inbox.story import Told
from formline.web.records.cells import Column
from formline.web.records.targets import titles_of
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit
from formline.workflow.approvals import explaining, possible, previewing, tasks
from formline.workflow.approvals.events import Returned
from formline.workflow.approvals.state import CAST, Ballot, Run
from formline.workflow.approvals.storage import Case
from formline.workflow.approvals.tasks import Task

#: Decisive fields that stand before all others.
MOST_FACTS = 12


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said in a step so far."""

    who: str
    initial: str
    tone: str
    step: str
    decision: str
    decision_tone: str
    text: str
    when: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The page. ``task`` is the person's own, None where they have none; ``actions`` are what they may do then."""

    case: Case
    object: Object
    label: str
    what: str
    title: str
    record: Record
    status: str
    status_tone: str
    submitter: str
    initial: str
    tone: str
    when: str
    task: Task | None
    step: str
    standing_in: str
    facts: tuple[Fact, ...]
    changes: tuple[Fact, ...]
    why: tuple[str, ...]
    waits: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    path: tuple[Node, ...]
    story: tuple[Told, ...]
    actions: tuple[str, ...]
    files: Panel | None


def case_or_404(here: Visit, approval_id: UUID) -> Case:
    """Return an instance that the person may see."""
    return tasks.case_of(here.site, here.actor, approval_id)


def own_task(here: Visit, case: Case, ballot: str = "") -> Task | None:
    """Return the person's open task: the one of the address, else their first, else one they stand in for."""
    open_ones = [one for _, one in case.state.open_ballots()]
    me = str(here.actor.user_id)
    wanted = sorted(open_ones, key=lambda one: (one.id != ballot, one.acts_now != me))
    for one in wanted:
        try:
            return tasks.task_of(here.connection, here.site, here.actor, case, one.id)
        except NotFoundError:
            continue
    return None


def read(here: Visit, approval_id: UUID, ballot: str = "") -> Decision:
    """Return the page of an approval.

    Raises:
        NotFoundError: there is none for this person.
    """
    case = case_or_404(here, approval_id)
    definition = case.definition
    if not here.release.catalog.has("object", definition.object):
        raise NotFoundError
    obj = here.release.catalog.object(definition.object)
    task = own_task(here, case, ballot)
    ahead = case.state if case.state.ended else previewing.ahead(here.site, here.actor, approval_id)
    people = people_of(case.state, ahead) | story.people_of(case.log) | {case.submitter_id}
    names = titles_of(here, {"user": people, obj.name: [case.record_id]})
    paths = shown_of(definition, task.step if task is not None else "")
    drawn = shown.columns(here, obj, paths[:MOST_FACTS])
    record, changed, changes = _values(here, obj, case, drawn)
    name = names.get(case.submitter_id) or "…"
    return Decision(
        case,
        obj,
        here.labels.approval(definition),
        what(here, case, obj),
        names.get(case.record_id) or here.labels.object(obj),
        record,
        words.status(case.state.status),
        words.TONES.get(case.state.status, "grey"),
        name,
        initial_of(name),
        tone_of(case.submitter_id),
        here.formats.moment(case.submitted_at, here.now),
        task,
        here.labels.step(definition, task.step) if task is not None else "",
        names.get(task.for_id, "…") if task is not None and task.for_id != here.actor.user_id else "",
        shown.facts(here, drawn, record, changed),
        changes,
        tuple(words.because(here, definition, one, names) for one in explaining.why_asked(case, task.id))
        if task is not None
        else (),
        (
            *_returned(case, names),
            *(words.because(here, definition, one, names) for one in explaining.why_waiting(case)),
        ),
        _opinions(here, case, names),
        Painter(here, definition, case.state, ahead, names).nodes(),
        tuple(story.story(here, case, names)),
        actions(here, case, task),
        _files(here, obj, case.record_id),
    )


def what(here: Visit, case: Case, obj: Object) -> str:
    """Return what is asked for: the label of the transition, or creation, change, deletion."""
    if case.transition:
        machines = here.release.catalog.all("state_machine").values()
        for machine in machines:
            if machine.object == obj.name and case.transition in machine.transitions:
                return here.labels.transition(machine, machine.transitions[case.transition])
    return words.what(case.definition)


def _values(
    here: Visit, obj: Object, case: Case, drawn: tuple[Column, ...]
) -> tuple[Record, Mapping[str, Any], tuple[Fact, ...]]:
    """Return the record as it stands, what the proposal would write, and the differences.

    An instance that has ended shows the values it was submitted with beside those before.
    """
    changed = shown.proposed(here, obj, case.proposal)
    altered = shown.columns(here, obj, [name for name in _names(here, case) if name in obj.fields])
    paths = [one.path for one in (*drawn, *altered)]
    record = shown.records(here, obj, [case.record_id], paths).get(case.record_id, {})
    before = record
    if case.state.ended or case.definition.apply == "immediately":
        before = {**record, **shown.proposed(here, obj, _before(case))}
    return before, changed, tuple(one for one in shown.facts(here, altered, before, changed) if one.before is not None)


def _before(case: Case) -> dict[str, Any]:
    return {key: case.snapshot[key] for key in case.proposal if key in case.snapshot}


def _names(here: Visit, case: Case) -> list[str]:
    """Return the fields a proposal would write, in the order of the object's fields."""
    names = here.release.model(case.definition.object).field_names
    proposed = {names[int(key)] for key in case.proposal if int(key) in names}
    return [name for name in here.release.catalog.object(case.definition.object).fields if name in proposed]


def _waits(here: Visit, case: Case, names: Mapping[UUID, str]) -> tuple[str, ...]:
    waits = explaining.why_waiting(case)
    return (*_returned(case, names), *(words.because(here, case.definition, one, names) for one in waits))


def _returned(case: Case, names: Mapping[UUID, str]) -> tuple[str, ...]:
    """Return who sent a returned instance back, and what they said."""
    if case.state.status != "returned":
        return ()
    last = next((one for one in reversed(case.log) if isinstance(one, Returned)), None)
    if last is None or not last.opinion:
        return ()
    told = {"person": names.get(UUID(last.actor), "…"), "opinion": last.opinion}
    return (_("%(person)s returned it: %(opinion)s") % told,)


def _opinions(here: Visit, case: Case, names: Mapping[UUID, str]) -> tuple[Opinion, ...]:
    """Return the decisions of this round that still count, in their order."""
    cast: list[tuple[Run, Ballot]] = [
        (run, ballot)
        for run in case.state.runs.values()
        for ballot in run.ballots
        if ballot.status in CAST and ballot.at
    ]
    cast.sort(key=lambda pair: str(pair[1].at))
    return tuple(_opinion(here, case, run, ballot, names) for run, ballot in cast)


def _opinion(here: Visit, case: Case, run: Run, ballot: Ballot, names: Mapping[UUID, str]) -> Opinion:
    who = UUID(ballot.by or ballot.person)
    name = names.get(who) or "…"
    return Opinion(
        name,
        initial_of(name),
        tone_of(who),
        here.labels.step(case.definition, run.name),
        words.decision(ballot.status),
        words.TONES.get(ballot.status, "grey"),
        ballot.opinion,
        here.formats.moment(ballot.at, here.now),
    )


def actions(here: Visit, case: Case, task: Task | None) -> tuple[str, ...]:
    """Return what the person may do: with their task, their decision, their submission, or as an administrator."""
    definition, state = case.definition, case.state
    found = [one for one in (task.actions if task is not None else ()) if one != "batch"]
    me = str(here.actor.user_id)
    found += possible.of_submitter(definition, state, me, here.now)
    found += [f"undo:{one}" for one in possible.undoable(definition, state, me, here.now)]
    found += [f"end_consult:{one}" for one in possible.consulting(state, me)]
    if here.rights.may("manage_definitions") and state.status in ("running", "returned", "apply_failed"):
        found += [*(["reassign"] if state.status == "running" else []), "stop"]
        found += [one for one in ("retry", "repair") if state.status == "apply_failed" and one not in found]
    return (*found, "comment")


def _files(here: Visit, obj: Object, record_id: UUID) -> Panel | None:
    rights = record_rights(here.connection, here.release, here.actor, obj.name, [record_id]).get(record_id)
    if rights is None or not rights.can("read"):
        return None
    return panel(here, obj, record_id, can_update=rights.can("update"))
