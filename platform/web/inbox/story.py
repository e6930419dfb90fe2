"""What happened in an approval, in words, the newest first: for its page and its printed trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from formline.web.i18n import gettext as _
from formline.web.inbox import words
from formline.web.visit import Visit
from formline.workflow.approvals import events as e
from formline.workflow.approvals.storage import Case


@dataclass(frozen=True, slots=True)
class Told:
    """One entry; ``text`` is what somebody wrote, ``signature`` what they drew or typed; ``stamp`` is the full time."""

    title: str
    who: str
    at: datetime
    when: str
    stamp: str
    icon: str
    tone: str
    step: str = ""
    text: str = ""
    signature: str = ""


_ICONS: Mapping[type[e.Event], tuple[str, str]] = {
    e.Submitted: ("send", "blue"),
    e.Resubmitted: ("send", "blue"),
    e.Returned: ("arrow-back-up", "orange"),
    e.ReturnedForRepair: ("arrow-back-up", "orange"),
    e.Transferred: ("arrows-exchange", "purple"),
    e.Reassigned: ("arrows-exchange", "purple"),
    e.Consulted: ("message-question", "cyan"),
    e.OpinionGiven: ("message", "cyan"),
    e.ConsultEnded: ("message", "grey"),
    e.Added: ("user-plus", "purple"),
    e.VoterRemoved: ("user-minus", "grey"),
    e.Copied: ("copy", "grey"),
    e.Commented: ("message", "blue"),
    e.DecisionUndone: ("arrow-back-up", "grey"),
    e.Urged: ("bell", "orange"),
    e.Withdrawn: ("arrow-back-up", "grey"),
    e.Stopped: ("ban", "red"),
    e.DuePassed: ("clock", "orange"),
    e.ApplyFailed: ("alert-circle", "red"),
    e.ApplyRetried: ("refresh", "blue"),
    e.RecordChanged: ("pencil", "grey"),
    e.Migrated: ("versions", "grey"),
}
_DECISIONS: Mapping[str, tuple[str, str]] = {
    "approve": ("check", "green"),
    "reject": ("x", "red"),
    "abstain": ("minus", "grey"),
}


def story(here: Visit, case: Case, names: Mapping[UUID, str]) -> list[Told]:
    """Return what people did, the newest first; what the platform found out on the way is in the picture."""
    return list(reversed(list(_told(here, case, names))))


def people_of(log: Sequence[e.Event]) -> set[UUID]:
    """Return everybody who acts or is named in a log."""
    found: set[str] = set()
    for event in log:
        found |= {event.actor, str(getattr(event, "to", ""))} | {one.id for one in getattr(event, "people", ())}
    return {UUID(one) for one in found if words.is_id(one)}


def _told(here: Visit, case: Case, names: Mapping[UUID, str]) -> Iterator[Told]:
    for event in case.log:
        if isinstance(event, e.StepOpened | e.SubprocessEnded):
            continue
        decided = isinstance(event, e.Decided)
        icon, tone = _DECISIONS[event.choice] if isinstance(event, e.Decided) else _icon(event)
        step = step_of(event.ballot) if isinstance(event, e.OnBallot) else ""
        yield Told(
            _title(event, names, here, case),
            names.get(UUID(event.actor), "…") if event.actor else _("The system"),
            event.at,
            here.formats.moment(event.at, here.now),
            here.formats.datetime(event.at),
            icon,
            tone,
            here.labels.step(case.definition, step) if step else "",
            str(getattr(event, "opinion", "") or getattr(event, "message", "")),
            event.signature if decided and isinstance(event, e.Decided) else "",
        )


def _icon(event: e.Event) -> tuple[str, str]:
    return _ICONS.get(type(event), ("history", "grey"))


def step_of(ballot: str) -> str:
    """Return the step that a ballot's id names."""
    return ballot.partition("#")[0].rpartition("/")[2]


def _title(event: e.Event, names: Mapping[UUID, str], here: Visit, case: Case) -> str:
    to = words.named(names, [getattr(event, "to", "")])
    match event:
        case e.Decided():
            return {"approve": _("Approved"), "reject": _("Rejected"), "abstain": _("Abstained")}[event.choice]
        case e.Returned():
            target = here.labels.step(case.definition, event.to)
            place = _("the submitter") if event.to == "submitter" else target
            return _("Returned to %(place)s") % {"place": place}
        case e.Transferred():
            return _("Transferred to %(person)s") % {"person": to}
        case e.Reassigned():
            return _("Reassigned to %(person)s") % {"person": to}
        case e.Consulted():
            return _("Asked %(person)s for an opinion") % {"person": to}
        case e.Added():
            added = {
                "before": _("Added %(person)s, who decides before"),
                "after": _("Added %(person)s, who decides afterwards"),
                "beside": _("Added %(person)s, who decides as well"),
            }
            return added[event.where] % {"person": to}
        case e.Copied():
            return _("Sent a copy to %(people)s") % {"people": words.named(names, [one.id for one in event.people])}
    return _plain(event)


def _plain(event: e.Event) -> str:
    """Return what an event is called that names nobody."""
    return {
        e.Submitted: _("Submitted"),
        e.Resubmitted: _("Submitted again"),
        e.OpinionGiven: _("Gave an opinion"),
        e.ConsultEnded: _("Goes on without the opinion"),
        e.VoterRemoved: _("Took a person out of the step"),
        e.Commented: _("Commented"),
        e.DecisionUndone: _("Took the decision back"),
        e.Urged: _("Reminded everybody with an open task"),
        e.Withdrawn: _("Withdrawn"),
        e.Stopped: _("Stopped"),
        e.DuePassed: _("The time was up"),
        e.ApplyFailed: _("It could not be carried out"),
        e.ApplyRetried: _("Tried again"),
        e.ReturnedForRepair: _("Returned to the submitter, as it could not be carried out"),
        e.RecordChanged: _("The record was changed"),
        e.Migrated: _("Goes on with a newer version of the approval"),
    }.get(type(event), type(event).__name__)
