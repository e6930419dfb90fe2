"""Addresses of what people do with an approval: a dialog that asks, and a post that does it. A GET decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.web import fragments
from formline.web.i18n import gettext as _
from formline.web.inbox import asks, canned, editing, line_editing, signing
from formline.web.inbox.blueprint import blueprint
from formline.web.inbox.decision import actions, case_or_404, own_task
from formline.web.inbox.list_routes import me
from formline.web.inbox.people import people
from formline.web.inbox.refusing import told
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit
from formline.workflow.approvals import choosing, inbox, shell
from formline.workflow.approvals.state import RefusedError
from formline.workflow.approvals.storage import Case

Answer = Response | str


@blueprint.get("/approvals/<uuid:approval_id>/do/<action>")
def act_form(approval_id: UUID, action: str) -> str:
    """Show the dialog of an action."""
    here = visit()
    case = _case(here, approval_id, action)
    return _dialog(here, case, action, request.args.get("ballot", ""))


@blueprint.post("/approvals/<uuid:approval_id>/do/<action>")
def act(approval_id: UUID, action: str) -> Answer:
    """Do an action; where it is refused, the dialog says why and keeps what was typed."""
    here = visit()
    case = _case(here, approval_id, action)
    ballot = request.args.get("ballot", "")
    try:
        _do(here, case, action, ballot)
    except (RefusedError, ConflictError, ValidationError) as error:
        again = make_response(_dialog(here, case_or_404(here, approval_id), action, ballot, told(here, error)))
        again.status_code = error.status
        return again
    canned.keep(here, request.form.get("opinion", ""), wanted=request.form.get("keep") == "1")
    return _on(here, approval_id, action, ballot)


@blueprint.post("/approvals/<uuid:approval_id>/take-back")
def take_back(approval_id: UUID) -> tuple[str, int]:
    """Take the own decision back, from the message that told of it."""
    here = visit()
    shell.act(here.site, here.actor, approval_id, request.args.get("ballot", ""), "undo")
    return "", 204


@blueprint.get("/approvals/<uuid:approval_id>/candidates")
def candidates(approval_id: UUID) -> Response:
    """Answer ``[{id, text}]``: who can be chosen in a task, by name."""
    here = visit()
    case = case_or_404(here, approval_id)
    among = choosing.candidates(here.site, here.actor, case.id, request.args.get("ballot", ""))
    return people(here, request.args.get("q", ""), among)


def _case(here: Visit, approval_id: UUID, action: str) -> Case:
    if action not in asks.ACTIONS:
        raise NotFoundError
    return case_or_404(here, approval_id)


def _do(here: Visit, case: Case, action: str, ballot: str) -> None:
    """Carry an action out with what the form says."""
    form = request.form
    opinion = form.get("opinion", "").strip()
    site, actor = here.site, here.actor
    match action:
        case "approve" | "reject" | "abstain":
            shell.decide(
                site,
                actor,
                case.id,
                ballot,
                action,
                opinion=opinion,
                signature=signing.given(form),
                seen=form.get("seen", ""),
                values=editing.values(here, case, ballot) if action == "approve" else {},
                locale=here.locale,
            )
        case "resubmit":
            shell.resubmit(site, actor, case.id, editing.proposed(here, case))
        case "withdraw":
            shell.withdraw(site, actor, case.id, opinion)
        case "stop":
            shell.stop(site, actor, case.id, opinion)
        case "urge":
            shell.urge(site, actor, case.id)
        case "retry":
            shell.retry(site, actor, case.id)
        case "repair":
            shell.return_for_repair(site, actor, case.id)
        case "reassign":
            shell.reassign(site, actor, case.id, form.get("target", ""), _one(form.get("to", "")))
        case _:
            shell.act(site, actor, case.id, ballot, action, **_more(action, opinion))


def _more(action: str, opinion: str) -> dict[str, Any]:
    form = request.form
    found: dict[str, Any] = {"opinion": opinion}
    if action in asks.WITH_PERSON:
        found["to"] = _one(form.get("to", ""))
    if action == "cc":
        found["people"] = list(_several(form.getlist("people")))
        if not found["people"]:
            raise RefusedError("approval_no_candidate", "Choose a person.")
    for word in ("step", "where", "target"):
        if form.get(word):
            found[word] = form[word]
    return found


def _one(text: str) -> UUID:
    found = next(_several([text]), None)
    if found is None:
        raise RefusedError("approval_no_candidate", "Choose a person.")
    return found


def _several(texts: list[str]) -> Iterator[UUID]:
    for text in texts:
        try:
            yield UUID(text)
        except ValueError:
            continue


def _dialog(here: Visit, case: Case, action: str, ballot: str, findings: tuple[str, ...] = ()) -> str:
    task = own_task(here, case, ballot)
    if not findings and action not in {one.partition(":")[0] for one in actions(here, case, task)}:
        findings = (_("This cannot be done any more: the approval went on meanwhile."),)
    people = {one.person for run in case.state.runs.values() for one in run.ballots}
    names = {str(key): name for key, name in titles_of(here, {"user": {UUID(one) for one in people}}).items()}
    ask = asks.ask(here, case, action, ballot, names)
    return fragments.dialog(
        "inbox/act.html",
        ask.label,
        ask=ask,
        case=case,
        ballot=ballot,
        seen=request.form.get("seen", "") or (task.seen if task is not None and task.id == ballot else ""),
        given=request.form,
        general=findings,
        canned=canned.texts(here, action) if ask.opinion else (),
        form=editing.form(here, case, action, ballot),
        tables=line_editing.tables(here, case, ballot) if action == "approve" else (),
        nodes=(),
    )


def _on(here: Visit, approval_id: UUID, action: str, ballot: str) -> Response:
    """Go on after an action: after a decision to the next open task, else to the approval itself."""
    address = url_for("inbox.decision", approval_id=approval_id, acted=action)
    if action in asks.DECISIONS:
        rows = inbox.page(here.connection, me(here), "open", here.now, limit=2)
        following = next((row for row in rows if row.approval_id != approval_id), None)
        said: dict[str, Any] = {"decided": action, "of": approval_id, "by": ballot}
        address = url_for("inbox.page", **said)
        if following is not None:
            address = url_for("inbox.decision", approval_id=following.approval_id, ballot=following.ballot, **said)
    if not request.headers.get("HX-Request"):
        return redirect(address, 303)
    answer = make_response("", 204)
    answer.headers["HX-Redirect"] = address
    return answer
