"""Addresses of the job centre: what runs for oneself or, for who manages the site, for everybody; cancelling it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from formline.errors import NotFoundError
from formline.runtime import given_up, jobs
from formline.runtime.jobs import Job
from formline.runtime.tables import job
from formline.web.administration.blueprint import blueprint
from formline.web.i18n import gettext as _
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit

SHOWN = 50
MANAGERS = ("manage_data", "manage_definitions")
TONES = {
    "waiting": "grey",
    "running": "blue",
    "done": "green",
    "failed": "red",
    "cancelled": "orange",
    "discarded": "grey",
}
#: A page whose jobs are not over asks again after so many seconds.
OVER = frozenset({"done", "failed", "cancelled", "discarded"})


@dataclass(frozen=True, slots=True)
class Line:
    """One job in words; ``percent`` is None where its size is not known, ``facts`` are parts of its result."""

    id: UUID
    name: str
    who: str
    state: str
    state_label: str
    tone: str
    percent: int | None
    progress: str
    message: str
    error: str
    started: str
    ended: str
    over: bool
    facts: tuple[tuple[str, str], ...]


@blueprint.get("/jobs")
def job_centre() -> str:
    """Show the newest jobs; a script asks for the list again while one of them runs."""
    here = visit()
    everybody = manages(here) and request.args.get("all") == "1"
    statement = select(job.c.id).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(SHOWN)
    if not everybody:
        statement = statement.where(job.c.created_by == here.actor.user_id)
    found = [jobs.get(here.connection, key) for key in here.connection.execute(statement).scalars()]
    lines = _lines(here, [one for one in found if one is not None])
    template = "administration/_jobs.html" if request.headers.get("HX-Request") else "administration/jobs.html"
    gave_up = sum(given_up.counts(here.connection).values()) if manages(here) else 0
    return render_template(template, lines=lines, may_all=manages(here), everybody=everybody, gave_up=gave_up)


@blueprint.get("/jobs/<uuid:job_id>")
def job_page(job_id: UUID) -> str:
    """Show one job with its result."""
    here = visit()
    (line,) = _lines(here, [_mine(here, job_id)])
    template = "administration/_job.html" if request.headers.get("HX-Request") else "administration/job.html"
    return render_template(template, line=line)


@blueprint.post("/jobs/<uuid:job_id>/cancel")
def cancel_job(job_id: UUID) -> Response:
    """Cancel a job: at once where it waits, at its next step where it runs."""
    here = visit()
    _mine(here, job_id)
    with here.site.writing() as writing:
        jobs.cancel(writing, job_id)
    return redirect(url_for("administration.job_page", job_id=job_id), 303)


def manages(here: Visit) -> bool:
    """Return whether somebody looks after everybody's jobs."""
    return any(here.rights.may(right) for right in MANAGERS)


def _mine(here: Visit, job_id: UUID) -> Job:
    """Return a job the person may see; absent ones and those of others look the same."""
    found = jobs.get(here.connection, job_id)
    if found is None or (found.created_by != here.actor.user_id and not manages(here)):
        raise NotFoundError
    return found


def _lines(here: Visit, found: list[Job]) -> list[Line]:
    people = titles_of(here, {"user": {one.created_by for one in found if one.created_by}})
    return [_line(here, one, people) for one in found]


def _line(here: Visit, one: Job, people: Mapping[UUID, str]) -> Line:
    percent = min(100, one.progress * 100 // one.total) if one.total else None
    return Line(
        one.id,
        name_of(one),
        people.get(one.created_by, "") if one.created_by else _("The system"),
        one.state,
        _states().get(one.state, one.state),
        TONES.get(one.state, "grey"),
        percent,
        f"{one.progress} / {one.total}" if one.total else str(one.progress or ""),
        one.message or "",
        one.error or "",
        here.formats.moment(one.created_at, here.now),
        here.formats.moment(one.finished_at, here.now),
        one.state in OVER,
        _facts(one.result) if one.state == "done" else (),
    )


def _facts(result: Any) -> tuple[tuple[str, str], ...]:
    """Return the plain parts of a result: what was counted, as jobs name it."""
    if not isinstance(result, Mapping):
        return ()
    return tuple(
        (str(key).replace("_", " "), str(value)) for key, value in result.items() if isinstance(value, int | str)
    )


def name_of(one: Job) -> str:
    """Return what a job is called: what who asked for it named it, else its kind."""
    given = one.args.get("name") if isinstance(one.args, Mapping) else None
    return given if isinstance(given, str) and given else kind_in_words(one.kind)


def kind_in_words(kind: str) -> str:
    """Return what jobs of a kind do."""
    known = {
        "bulk_edit": _("Change of many records"),
        "bulk_delete": _("Deletion of many records"),
        "bulk_undo": _("Taking back a change of many records"),
        "collect_files": _("Removing files that nobody needs"),
        "import": _("Import"),
        "import_check": _("Check of an import"),
        "import_undo": _("Taking back an import"),
        "export": _("Export"),
        "rebuild_search": _("Rebuilding the search index"),
        "seal_audit": _("Sealing the audit trail"),
        "send_mail": _("Sending mail"),
        "send_sms": _("Sending a text message"),
        "sharing_rule": _("Working out a sharing rule"),
        "transfer": _("Transfer of records"),
    }
    return known.get(kind, kind.replace("_", " "))


def _states() -> dict[str, str]:
    return {
        "waiting": _("Waiting"),
        "running": _("Running"),
        "done": _("Done"),
        "failed": _("Failed"),
        "cancelled": _("Cancelled"),
        "discarded": _("Discarded"),
    }
