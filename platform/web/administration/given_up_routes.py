"""Addresses of what gave up: failed jobs and dead deliveries, tried again or discarded by who manages the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.errors import AccessDeniedError
from formline.runtime import given_up
from formline.runtime.given_up import GivenUp
from formline.web.administration.blueprint import blueprint
from formline.web.administration.job_routes import MANAGERS, kind_in_words, manages
from formline.web.i18n import gettext as _
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit

SHOWN = 50
Act = Literal["retry", "discard"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that gave up, in words."""

    id: UUID
    name: str
    about: str
    who: str
    when: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Part:
    """All of one kind: the newest in words, and how many there are."""

    kind: given_up.Kind
    title: str
    note: str
    lines: list[Line]
    count: int
    page: int

    @property
    def more(self) -> bool:
        """Whether there are older ones than the page shows."""
        return self.count > (self.page + 1) * SHOWN


@blueprint.get("/jobs/given-up")
def given_up_page() -> str:
    """Show failed jobs and dead deliveries, the newest first."""
    here = _managing()
    kind, page = request.args.get("kind", ""), max(0, request.args.get("page", 0, type=int))
    counts = given_up.counts(here.connection)
    parts = [
        _part(here, "job", given_up.jobs, counts["job"], page if kind == "job" else 0),
        _part(here, "delivery", given_up.deliveries, counts["delivery"], page if kind == "delivery" else 0),
    ]
    return render_template("administration/given_up.html", parts=parts, done=request.args.get("done", type=int))


@blueprint.post("/jobs/given-up/<any(job, delivery):kind>/<any(retry, discard):act>")
def act_on_given_up(kind: str, act: str) -> Response:
    """Try again or discard what the form names as ``id``; without one, all of the kind."""
    here = _managing()
    asked = request.form.get("id", type=UUID)
    ids = None if asked is None else [asked]
    change = given_up.retry if act == "retry" else given_up.discard
    with here.site.writing() as writing:
        changed = change(writing, cast(given_up.Kind, kind), ids, here.actor.user_id, datetime.now(UTC))
    return redirect(url_for("administration.given_up_page", done=len(changed)), 303)


def _managing() -> Visit:
    here = visit()
    if not manages(here):
        raise AccessDeniedError(_("This page is for administrators with another right."), hint=MANAGERS[0])
    return here


def _part(here: Visit, kind: given_up.Kind, load: Callable[..., list[GivenUp]], count: int, page: int) -> Part:
    found = load(here.connection, SHOWN, page * SHOWN) if count else []
    people = titles_of(here, {"user": {one.created_by for one in found if one.created_by}})
    lines = [_line(here, one, people) for one in found]
    if kind == "job":
        return Part(kind, _("Jobs"), _("Work that failed for good."), lines, count, page)
    note = _("Events that a part of the platform or another system did not take.")
    return Part(kind, _("Deliveries"), note, lines, count, page)


def _line(here: Visit, one: GivenUp, people: Mapping[UUID, str]) -> Line:
    return Line(
        one.id,
        one.about or kind_in_words(one.what) if one.kind == "job" else one.what.replace("_", " "),
        one.about if one.kind == "delivery" else "",
        people.get(one.created_by, "") if one.created_by else _("The system"),
        here.formats.moment(one.since, here.now),
        one.attempts,
        one.error,
    )
