"""Addresses of the inbox: its lists, and approving several tasks at once."""

from __future__ import annotations

from typing import cast, get_args
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.errors import FormlineError, NotFoundError
from formline.web.i18n import gettext as _
from formline.web.i18n import ngettext
from formline.web.inbox.blueprint import blueprint
from formline.web.inbox.lines import lines
from formline.web.visit import Visit, visit
from formline.workflow.approvals import inbox, shell
from formline.workflow.approvals.inbox import Tab

SHOWN = 30
LONGEST = 100
#: Tasks approved with one press.
MOST = 100


@blueprint.get("/inbox")
def page() -> str:
    """Show one list of the inbox: what waits, what I submitted, decided, or was sent a copy of."""
    here = visit()
    wanted = request.args.get("tab", "open")
    tab = cast(Tab, wanted if wanted in get_args(Tab) else "open")
    sought = request.args.get("q", "").strip()[:LONGEST]
    rows = inbox.page(
        here.connection,
        me(here),
        tab,
        here.now,
        among=inbox.matching(here.release, here.actor, sought) if sought else None,
        after=request.args.get("after", ""),
        limit=SHOWN + 1,
    )
    shown = lines(here, rows[:SHOWN])
    return render_template(
        "inbox/_lines.html" if request.args.get("after") and request.headers.get("HX-Request") else "inbox/page.html",
        tab=tab,
        tabs=_tabs(here),
        lines=shown,
        sought=sought,
        more=shown[-1].place if len(rows) > SHOWN else "",
        together=any(line.key for line in shown),
        approved=request.args.get("approved", type=int),
        failed=request.args.getlist("failed")[:10],
    )


def me(here: Visit) -> UUID:
    """Return the person; pages are behind sign-in."""
    if here.actor.user_id is None:
        raise NotFoundError
    return here.actor.user_id


def _tabs(here: Visit) -> list[tuple[Tab, str, str]]:
    """Return (name, label, count) of the lists."""
    labels: dict[Tab, str] = {
        "open": _("Waiting for me"),
        "mine": _("Submitted by me"),
        "done": _("Decided by me"),
        "copies": _("Copied to me"),
    }
    counted = inbox.counts(here.connection, me(here), here.now)
    return [
        (tab, label, f"{inbox.COUNTED - 1}+" if counted[tab] >= inbox.COUNTED else str(counted[tab]))
        for tab, label in labels.items()
    ]


@blueprint.post("/inbox/approve")
def approve_several() -> Response:
    """Approve the checked tasks, each for itself: what somebody else decided meanwhile is told."""
    here = visit()
    done, failed = 0, []
    for text in list(dict.fromkeys(request.form.getlist("task")))[:MOST]:
        key, _colon, rest = text.partition(":")
        ballot, _bar, seen = rest.rpartition("|")
        try:
            # A transaction each: one that is refused must not undo the others.
            shell.decide(
                here.site, here.actor, UUID(key), ballot, "approve", seen=seen, together=True, locale=here.locale
            )
        except (ValueError, FormlineError) as error:
            failed.append(getattr(error, "code", "not_found"))
        else:
            done += 1
    return redirect(url_for("inbox.page", approved=done, failed=sorted(set(failed)) or None), 303)


def told(approved: int) -> str:
    """Return what several approvals came to."""
    return ngettext("%(num)d task approved.", "%(num)d tasks approved.", approved)
