"""Addresses of scripts: the list, how each ran, and trying a source on a real record; nothing of a trial is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import make_response, render_template, request
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from formline.errors import AccessDeniedError, FormlineError, NotFoundError
from formline.runtime.scripts.conversation import ScriptError
from formline.runtime.scripts.launcher import ScriptsOffError
from formline.runtime.scripts.operations import Intent
from formline.runtime.tables import script_run
from formline.web import places
from formline.web.access import answers
from formline.web.administration.blueprint import blueprint
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.records.targets import readable_object, record_or_404, titles_of
from formline.web.visit import Visit, visit
from formline.workflow.scripts.definition import PEOPLE, Script
from formline.workflow.scripts.starting import words_of
from formline.workflow.scripts.trying import Trial, try_script

RIGHT = "manage_definitions"
SHOWN = 20
#: As long as a definition's source may be.
LONGEST = 64 * 1024
places.add(
    places.Place(
        "scripts",
        N_("Scripts"),
        "file-text",
        "/scripts",
        "administration.script_list",
        lambda visit: visit.rights.may(RIGHT) and bool(visit.release.catalog.names("script")),
        order=41,
        about_site=True,
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """One script in the list, with how often it ran after commits and how often it failed."""

    name: str
    label: str
    object: str
    runs: str
    count: int
    failed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial showed; ``line`` is where it failed, 0 where unknown."""

    changes: Sequence[tuple[str, str, str]]
    writes: Sequence[str]
    people: Sequence[str] | None
    log: Sequence[str]
    error: str
    line: int
    cost: str


@blueprint.get("/scripts")
def script_list() -> str:
    """Show the scripts of the release, and whether they run on this machine."""
    here = _managing()
    failed = func.count().filter(script_run.c.state == "failed")
    counted = select(script_run.c.script, func.count(), failed).group_by(script_run.c.script)
    counts = {row[0]: (row[1], row[2]) for row in here.connection.execute(counted)}
    found = here.release.catalog.all("script").values()
    lines = [_line(here, one, *counts.get(one.name, (0, 0))) for one in sorted(found, key=lambda one: one.label)]
    return render_template("administration/scripts.html", lines=lines, mode=here.site.settings.scripts)


@blueprint.get("/scripts/<name>")
def script_page(name: str) -> str:
    """Show a script's source, ready to be tried, and how it ran."""
    here = _managing()
    one = _named(here, name)
    return _page(here, one, one.source, None, "")


@blueprint.post("/scripts/<name>/try")
def try_script_page(name: str) -> Response:
    """Run the source of the form on a record with one's own rights, and show what it would do."""
    here = _managing()
    one = _named(here, name)
    source = request.form.get("source", one.source).replace("\r\n", "\n")[:LONGEST]
    try:
        key = UUID(request.form.get("record", ""))
        record_or_404(here, readable_object(here, one.object), key)
        trial = try_script(here.site, replace(one, source=source), key, here.actor)
    except ValueError:
        raise NotFoundError from None
    except ScriptsOffError as error:
        return make_response(_page(here, one, source, None, f"{error.message} {error.hint or ''}"), 422)
    return make_response(_page(here, one, source, _outcome(here, one, trial), ""))


def _managing() -> Visit:
    here = visit()
    if not here.rights.may(RIGHT):
        raise AccessDeniedError(_("This page is for administrators with another right."), hint=RIGHT)
    return here


def _named(here: Visit, name: str) -> Script:
    found = here.release.catalog.all("script").get(name)
    if found is None:
        raise NotFoundError
    script: Script = found
    return script


def _line(here: Visit, one: Script, count: int, failed: int) -> Line:
    obj = here.labels.object(here.release.catalog.object(one.object))
    return Line(one.name, one.label, obj, ways()[one.runs], count, failed)


def ways() -> Mapping[str, str]:
    """Return when scripts run, in words."""
    return {
        "patch": _("Changes the record while it is saved"),
        "rule": _("Checks the record while it is saved"),
        "after_commit": _("Runs after the record was saved"),
        "action": _("Runs where an action asks for it, after the record was saved"),
        "people": _("Chooses people where a definition asks for them"),
    }


def _outcome(here: Visit, one: Script, trial: Trial) -> Outcome:
    ended = trial.run
    error: FormlineError | None = ended.error
    if error is None and one.runs == PEOPLE and trial.people is None:
        error = ScriptError(_("It returned something that is no person."))
    people = titles_of(here, {"user": set(trial.people or ())})
    return Outcome(
        [(name, _text(trial.record.get(name)), _text(value)) for name, value in ended.changes.items()],
        [_intent(each) for each in trial.intents],
        None if trial.people is None else [people.get(each, "…") for each in trial.people],
        ended.log,
        "" if error is None else words_of(one, error, ended.line),
        0 if error is None else int(getattr(error, "line", ended.line) or 0),
        _("%(time)s ms, %(memory)s MB, %(calls)s questions")
        % {"time": round(ended.seconds * 1000), "memory": ended.memory // 1024, "calls": ended.calls},
    )


def _intent(each: Intent) -> str:
    values = ", ".join(f"{name} = {_text(value)}" for name, value in each.values.items())
    return f"{each.operation} {each.name or each.object} {values}".rstrip()


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:200]


def _page(here: Visit, one: Script, source: str, outcome: Outcome | None, error: str) -> str:
    c = script_run.c
    runs = here.connection.execute(
        select(script_run).where(c.script == one.name).order_by(c.at.desc(), c.id.desc()).limit(SHOWN)
    ).all()
    return render_template(
        "administration/script.html",
        script=one,
        way=ways()[one.runs],
        object=here.labels.object(here.release.catalog.object(one.object)),
        records=answers.titled(here, one.object),
        chosen=request.form.get("record", ""),
        source=source,
        changed=source != one.source,
        outcome=outcome,
        error=error,
        runs=[(here.formats.moment(row.at, here.now), row) for row in runs],
    )
