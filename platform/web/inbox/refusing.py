"""Why an action on an approval was refused, in the reader's language: who decided what, what is missing."""

from __future__ import annotations

from uuid import UUID

from formline.errors import FormlineError, ValidationError
from formline.web.i18n import gettext as _
from formline.web.inbox import words
from formline.web.records.targets import titles_of
from formline.web.value_messages import in_words
from formline.web.visit import Visit
from formline.workflow.approvals.state import RefusedError


def told(here: Visit, error: FormlineError) -> tuple[str, ...]:
    """Return the reasons; of a conflict the person who was faster, and with what."""
    if isinstance(error, ValidationError):
        return tuple(dict.fromkeys(in_words(each) for each in error.errors))
    if isinstance(error, RefusedError) and error.by:
        who = titles_of(here, {"user": [UUID(error.by)]}).get(UUID(error.by), "…") if words.is_id(error.by) else "…"
        said = {"person": who, "decision": words.decision(error.choice) or words.status(error.choice)}
        return (_("%(person)s was faster. Decision: %(decision)s.") % said,)
    return (_reason(error.code),)


def _reason(code: str) -> str:
    return {
        "approval_decided": _("This task is closed: it was decided meanwhile."),
        "approval_task_gone": _("This task was cancelled meanwhile."),
        "approval_task_unknown": _("There is no such task any more."),
        "approval_changed": _("What you looked at has changed meanwhile. Load the page again and look once more."),
        "approval_not_yours": _("This is another person's task."),
        "approval_twice": _("Who has a task in this step cannot act for another person in it."),
        "approval_own": _("Who submitted it cannot decide on it."),
        "approval_duties": _("Who decided in an earlier step cannot decide here, too."),
        "approval_not_your_turn": _("Others have to decide before you."),
        "approval_consulting": _("Somebody was asked for an opinion; it is awaited first."),
        "approval_opinion": _("Write an opinion."),
        "approval_signature": _("Sign first: draw your signature or type your name."),
        "approval_no_candidate": _("Choose a person who can decide here."),
        "approval_already_there": _("This person has a task in this step already."),
        "approval_last_voter": _("The last person of a step cannot be taken out."),
        "approval_urged": _("They were reminded a short while ago. Wait a little."),
        "approval_no_withdrawal": _("This approval cannot be withdrawn any more."),
        "approval_locked": _("The record is locked by its approval."),
        "approval_not_editable": _("Other fields were changed than this step lets one edit."),
    }.get(code, _("The approval went on meanwhile; this cannot be done any more."))
