"""The page behind a link of a mail: it shows one task to its person without signing in; a post decides, a GET never."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from formline.errors import ConflictError, FormlineError
from formline.runtime.access.loading import load_actor
from formline.runtime.tables import account
from formline.web import i18n, limits
from formline.web.auth import login
from formline.web.decision_links import Invitation, invitation
from formline.web.i18n import gettext as _
from formline.web.inbox import decision
from formline.web.inbox.blueprint import blueprint
from formline.web.inbox.decision import Decision
from formline.web.inbox.refusing import told
from formline.web.visit import Visit, connection, site
from formline.workflow.approvals import shell

Answer = Response | str | tuple[str, int]


@blueprint.get("/decide/<token>")
@login.public
def link_page(token: str) -> Answer:
    """Show the task of a link; who is signed in as its person goes on to the approval itself."""
    one = _invited(token)
    if one is None:
        return _ended()
    if current_user.is_authenticated:
        return _to_approval(one)
    page = _page(one)
    return _ended() if page is None else _shown(one, token, page)


@blueprint.post("/decide/<token>", endpoint="link_decide")
@login.public
def decide(token: str) -> Answer:
    """Decide the task of a link once, as its person; everything that happened since ends the link.

    Who is signed in as somebody else decides nothing in their name: a mail that was passed on leads to the approval.
    """
    one = _invited(token)
    if one is not None and current_user.is_authenticated and current_user.id != str(one.user_id):
        return _to_approval(one)
    page = _page(one) if one is not None else None
    choice = request.form.get("choice", "")
    if one is None or page is None or not _open(one, page) or choice not in ("approve", "reject"):
        return _ended()
    here: Visit = g.link_visit
    opinion, seen = request.form.get("opinion", "").strip()[:2000], request.form.get("seen", "")
    try:
        shell.decide(here.site, here.actor, one.approval_id, one.ballot, choice, opinion=opinion, seen=seen)
    except (ConflictError, FormlineError) as error:
        return _shown(one, token, page, told(here, error)), error.status
    done = {"approve": _("Approved."), "reject": _("Rejected.")}[choice]
    return render_template("inbox/link_done.html", title=page.title, done=done)


def _to_approval(one: Invitation) -> Response:
    """Return the way to the approval itself, which is read and decided with the rights of who is signed in."""
    address = url_for("inbox.decision", approval_id=one.approval_id, ballot=one.ballot, revision=one.revision)
    return redirect(address)


def _invited(token: str) -> Invitation | None:
    limits.spend((limits.HOOK_BY_ADDRESS, limits.client()))
    return invitation(site(), token)


def _page(one: Invitation) -> Decision | None:
    """Return the page as the link's person sees it now; None where they may not sign in or see it any more."""
    of = site()
    release = of.refresh()
    try:
        actor = load_actor(connection(), release, one.user_id)
        g.link_visit = Visit(of, release, actor)
        i18n.use_language(actor.user.get("language"))
        return decision.read(g.link_visit, one.approval_id, one.ballot)
    except FormlineError:
        return None


def _open(one: Invitation, page: Decision) -> bool:
    """Return whether the link may decide: nothing happened since it was sent, and no signature or factor is wanted."""
    task = page.task
    if task is None or task.id != one.ballot or task.for_id != one.user_id or task.signature:
        return False
    return page.case.state.revision == one.revision and not _guarded(one)


def _shown(one: Invitation, token: str, page: Decision, findings: tuple[str, ...] = ()) -> str:
    return render_template(
        "inbox/link.html",
        page=page,
        token=token,
        may_decide=_open(one, page),
        went_on=page.case.state.revision != one.revision,
        seen=page.task.seen if page.task is not None else "",
        findings=findings,
        opinion=request.form.get("opinion", ""),
    )


def _guarded(one: Invitation) -> bool:
    """Return whether the person protects the account with a second factor, which a mail must not go around."""
    wanted = select(account.c.totp_secret).where(account.c.user_id == one.user_id)
    return connection().execute(wanted).scalar() is not None


def _ended() -> tuple[str, int]:
    return render_template("inbox/link_ended.html"), 410
