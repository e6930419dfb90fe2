"""Addresses for who manages definitions: all automations, their runs, and trying failed ones again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy import RowMapping
from werkzeug.wrappers import Response

from formline.errors import AccessDeniedError
from formline.web import places
from formline.web.automation import wording
from formline.web.automation.blueprint import blueprint
from formline.web.automation.record_routes import MANAGERS, Line, line_of
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit
from formline.workflow.automation import explaining
from formline.workflow.automation.definition import Automation
from formline.workflow.automation.retrying import retry

places.add(
    places.Place(
        "automations",
        N_("Automations"),
        "bolt",
        "/automations",
        "automation.overview",
        lambda visit: visit.rights.may(MANAGERS),
        order=40,
        about_site=True,
    )
)
SHOWN = 50
FILTERS = ("failed", "waiting", "done", "stopped", "skipped")


@dataclass(frozen=True, slots=True)
class Run:
    """One run with the record it was about, as far as the reader may know it."""

    id: UUID
    line: Line
    title: str
    href: str
    failed: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One automation of the list."""

    name: str
    label: str
    object: str
    trigger: str
    active: bool


@blueprint.get("/automations")
def overview() -> str:
    """Show the automations, and the runs in one state, failed ones where nothing is said."""
    here = managing()
    state = request.args.get("state", "failed")
    state = state if state in FILTERS else "failed"
    page = max(0, request.args.get("page", 0, type=int))
    name = request.args.get("name", "")
    origin = f"automation/{name}" if name else ""
    rows = explaining.listed(here.connection, [state], origin, SHOWN + 1, page * SHOWN)
    every: list[Automation] = sorted(here.release.catalog.all("automation").values(), key=lambda one: one.name)
    entries = [
        Entry(
            one.name,
            wording.label(here, one),
            here.labels.object(here.release.catalog.object(one.object)),
            wording.trigger(one.trigger.event),
            one.active,
        )
        for one in every
    ]
    return render_template(
        "automation/runs.html",
        entries=entries,
        runs=_runs(here, rows[:SHOWN]),
        state=state,
        states=[(one, _(wording.STATES[one])) for one in FILTERS],
        counts=explaining.counts(here.connection),
        name=name,
        page=page,
        more=len(rows) > SHOWN,
        done=request.args.get("done", ""),
        state_words={key: _(word) for key, word in wording.STATES.items()},
    )


@blueprint.post("/automations/runs/<uuid:identifier>/retry")
def try_again(identifier: UUID) -> Response:
    """Try a failed run again: as who caused it, or with the form's ``mine`` as oneself."""
    here = managing()
    state = retry(here.site, identifier, here.actor if request.form.get("mine") else None)
    return redirect(url_for("automation.overview", done=state), 303)


def managing() -> Visit:
    """Return the visit of who may manage definitions."""
    here = visit()
    if not here.rights.may(MANAGERS):
        raise AccessDeniedError(_("This page is for administrators with another right."), hint=MANAGERS)
    return here


def _runs(here: Visit, rows: Sequence[RowMapping]) -> list[Run]:
    names = {row["id"]: here.release.object_named(row["object_id"]) for row in rows}
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        name = names[row["id"]]
        if name is not None:
            wanted.setdefault(name, set()).add(row["record_id"])
    titles = titles_of(here, wanted)
    found = []
    for row in rows:
        name = names[row["id"]]
        title = titles.get(row["record_id"], "")
        href = url_for("records.record_page", object_name=name, record_id=row["record_id"]) if name and title else ""
        line = line_of(here, name or "", row)
        found.append(Run(row["id"], line, title or "…", href, row["state"] == "failed", row["attempts"]))
    return found
