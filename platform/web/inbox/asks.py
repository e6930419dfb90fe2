"""The dialogs of what people do with an approval: what each asks for, in words. The routes are in ``act_routes``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.visit import Visit
from formline.workflow.approvals.definition import SUBMITTER, Approve
from formline.workflow.approvals.state import Ballot, Run
from formline.workflow.approvals.storage import Case

#: Label and icon of every action.
ACTIONS: Mapping[str, tuple[str, str]] = {
    "approve": (N_("Approve"), "check"),
    "reject": (N_("Reject"), "x"),
    "abstain": (N_("Abstain"), "minus"),
    "return": (N_("Return"), "arrow-back-up"),
    "transfer": (N_("Transfer task"), "arrows-exchange"),
    "consult": (N_("Ask for an opinion"), "message-question"),
    "add": (N_("Add a person"), "user-plus"),
    "remove": (N_("Take a person out"), "user-minus"),
    "cc": (N_("Send a copy"), "copy"),
    "opinion": (N_("Give an opinion"), "message"),
    "end_consult": (N_("Go on without the opinion"), "arrow-right"),
    "undo": (N_("Take the decision back"), "arrow-back-up"),
    "resubmit": (N_("Submit again"), "send"),
    "urge": (N_("Remind"), "bell"),
    "withdraw": (N_("Withdraw"), "ban"),
    "stop": (N_("Stop the approval"), "ban"),
    "reassign": (N_("Reassign a task"), "arrows-exchange"),
    "retry": (N_("Try again"), "refresh"),
    "repair": (N_("Return for repair"), "arrow-back-up"),
}
#: Buttons that stand alone; all others are behind "More".
FIRST = ("approve", "reject", "opinion", "resubmit", "urge", "withdraw", "retry")
#: Actions that write what somebody says.
WITH_OPINION = frozenset(
    {"approve", "reject", "abstain", "return", "transfer", "consult", "add", "opinion", "withdraw", "stop"}
)
DECISIONS = frozenset({"approve", "reject", "abstain"})
WITH_PERSON = frozenset({"transfer", "consult", "add", "reassign"})


@dataclass(frozen=True, slots=True)
class Button:
    """One action as a button or an entry of a menu."""

    name: str
    label: str
    icon: str
    href: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a dialog asks for. ``opinion``: "", optional or required; ``person``: "", one or many."""

    name: str
    label: str
    text: str = ""
    opinion: str = ""
    person: str = ""
    options_name: str = ""
    options_label: str = ""
    options: tuple[tuple[str, str], ...] = ()
    signature: bool = False


def label(name: str) -> str:
    """Return what the button of an action says."""
    return _(ACTIONS[name][0])


def ask(here: Visit, case: Case, name: str, ballot: str, names: Mapping[str, str]) -> Ask:
    """Return the dialog of an action; ``names`` are those of people by their ids as text."""
    found = case.state.find(ballot)
    block = case.definition.blocks.get(found[0].name) if found else None
    step = block if isinstance(block, Approve) else None
    options_name, options_label, options = _options(here, case, name, found, step, names)
    return Ask(
        name,
        label(name),
        _text(name),
        _opinion(name, step),
        {"cc": "many"}.get(name, "one" if name in WITH_PERSON else ""),
        options_name,
        options_label,
        options,
        name == "approve" and step is not None and step.signature,
    )


def _opinion(name: str, step: Approve | None) -> str:
    if name not in WITH_OPINION:
        return ""
    if name == "opinion":
        return "required"
    rule = step.opinion if step is not None and name in (*DECISIONS, "return") else "optional"
    wanted = rule == "required" or (rule == "on_reject" and name in ("reject", "return"))
    return "required" if wanted else "optional"


def _text(name: str) -> str:
    return {
        "remove": _("Only who has not decided yet can be taken out."),
        "transfer": _("The task becomes the other person's; you are out of it."),
        "consult": _("The other person says what they think; the decision stays with you."),
        "cc": _("They are told and may read the record; they decide nothing."),
        "undo": _("The step opens again, as if you had not decided."),
        "urge": _("Everybody with an open task is reminded."),
        "withdraw": _("The approval ends; the record can be changed and submitted again."),
        "stop": _("The approval ends for everybody; nothing of what was asked for happens."),
        "end_consult": _("The task is yours again at once."),
        "retry": _("What was approved is carried out now."),
        "repair": _("The submitter mends the record and submits it again."),
        "resubmit": _("It goes on its way again with the record as it is now."),
    }.get(name, "")


_Options = tuple[str, str, tuple[tuple[str, str], ...]]


def _options(
    here: Visit,
    case: Case,
    name: str,
    found: tuple[Run, Ballot] | None,
    step: Approve | None,
    names: Mapping[str, str],
) -> _Options:
    """Return the select of a dialog: its name, label and options."""
    if name == "return" and step is not None:
        targets = [
            (one, _("The submitter") if one == SUBMITTER else here.labels.step(case.definition, one))
            for one in step.return_to
        ]
        return "step", _("Return to"), tuple(targets)
    if name == "add":
        places = (
            ("beside", _("decides as well (beside me)")),
            ("before", _("decides before me")),
            ("after", _("decides after me")),
        )
        return "where", _("The person"), places
    if name == "remove" and found is not None:
        others = [one for one in found[0].ballots if one.undecided and one.id != found[1].id]
        return "target", _("Person"), tuple((one.id, names.get(one.person, "…")) for one in others)
    if name == "reassign":
        open_ones = [
            (ballot.id, f"{names.get(ballot.person, '…')} · {here.labels.step(case.definition, run.name)}")
            for run, ballot in case.state.open_ballots()
        ]
        return "target", _("Task"), tuple(open_ones)
    return "", "", ()
