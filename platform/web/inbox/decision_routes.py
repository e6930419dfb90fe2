"""Addresses of one approval: its page, what happened, comments, its trail as PDF."""

from __future__ import annotations

from uuid import UUID

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.errors import FormlineError
from formline.runtime.access.readers import readers
from formline.web.i18n import gettext as _
from formline.web.inbox import asks, decision, signing, words
from formline.web.inbox.asks import Button
from formline.web.inbox.blueprint import blueprint
from formline.web.inbox.decision import Decision
from formline.web.inbox.refusing import told
from formline.web.shell import Toast
from formline.web.visit import Visit, visit
from formline.workflow.approvals import shell
from formline.workflow.approvals.state import RefusedError

MOST_MENTIONED = 20


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """Give the templates of approvals the words for states."""
    return {"decision_word": words.decision, "state_word": words.place, "signature": signing.markup}


@blueprint.get("/approvals/<uuid:approval_id>", endpoint="decision")
def decision_page(approval_id: UUID) -> str:
    """Show an approval to who takes part in it or may read its record."""
    here = visit()
    page = decision.read(here, approval_id, request.args.get("ballot", ""))
    toast(here)
    buttons = [_button(page, one) for one in page.actions if one != "comment"]
    first = [one for one in buttons if one.name in asks.FIRST][:3]
    dock = first[:2]
    return render_template(
        "inbox/decision.html",
        page=page,
        buttons=first,
        more=[one for one in buttons if one not in first],
        dock=dock,
        dock_more=[one for one in buttons if one not in dock],
        notice=_notice(page),
    )


def _button(page: Decision, action: str) -> Button:
    name, _colon, of = action.partition(":")
    ballot = of or (page.task.id if page.task is not None else None)
    href = url_for("inbox.act_form", approval_id=page.case.id, action=name, ballot=ballot)
    return Button(name, asks.label(name), asks.ACTIONS[name][1], href)


def _notice(page: Decision) -> str:
    """Return what is to be said to somebody whose address names a task that is not open any more."""
    wanted = request.args.get("ballot", "")
    if not wanted or (page.task is not None and page.task.id == wanted):
        revision = request.args.get("revision", type=int)
        if revision is not None and page.task is not None and revision != page.case.state.revision:
            return _("The approval went on since this was sent to you.")
        return ""
    found = page.case.state.find(wanted)
    if page.case.state.status == "withdrawn":
        return _("This was withdrawn.")
    if found is not None and found[1].acts_now:
        return _("This task is with somebody else now.")
    return _("This task is closed: it was decided, or the approval went on without it.")


def toast(here: Visit) -> None:
    """Tell what was decided on the page before this one, with the way back where there is one."""
    said = {"approve": _("Approved."), "reject": _("Rejected."), "abstain": _("Abstained.")}
    text = said.get(request.args.get("decided", ""))
    of, ballot = request.args.get("of", type=UUID), request.args.get("by", "")
    if text is None or of is None:
        return
    try:
        case = decision.case_or_404(here, of)
    except FormlineError:
        return
    able = f"undo:{ballot}" in decision.actions(here, case, None)
    g.toast = Toast(text, url_for("inbox.take_back", approval_id=of, ballot=ballot) if able else "")


@blueprint.get("/approvals/<uuid:approval_id>/story")
def story_list(approval_id: UUID) -> str:
    """Return what happened as a fragment."""
    return render_template("inbox/_story.html", page=decision.read(visit(), approval_id))


@blueprint.post("/approvals/<uuid:approval_id>/comments")
def comment(approval_id: UUID) -> Response:
    """Write about an approval and tell whom it mentions."""
    here = visit()
    case = decision.case_or_404(here, approval_id)
    asked = [UUID(one) for one in request.form.getlist("mention")[:MOST_MENTIONED] if words.is_id(one)]
    able = readers(here.connection, here.release, case.definition.object, case.record_id, asked)
    try:
        shell.comment(here.site, here.actor, approval_id, request.form.get("text", "")[:2000], sorted(able))
    except RefusedError as error:
        answer = make_response({"detail": " ".join(told(here, error))}, 422)
        return answer
    if not request.headers.get("HX-Request"):
        return redirect(url_for("inbox.decision", approval_id=approval_id), 303)
    answer = make_response("", 204)
    answer.headers["HX-Trigger"] = "timeline:refresh"
    return answer
