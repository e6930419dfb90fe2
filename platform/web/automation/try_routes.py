"""Addresses of trying an automation on a real record: everything is carried out and nothing of it is kept."""

from __future__ import annotations

from uuid import UUID

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from formline.errors import NotFoundError, ValidationError
from formline.web.access import answers
from formline.web.automation import wording
from formline.web.automation.blueprint import blueprint
from formline.web.automation.button_routes import questions_of
from formline.web.automation.run_routes import managing
from formline.web.records.targets import readable_object, record_or_404
from formline.web.visit import Visit
from formline.workflow.automation.definition import Automation
from formline.workflow.automation.trying import Trial, try_automation


@blueprint.get("/automations/<name>/try")
def try_form(name: str) -> str:
    """Show the form: which record, and what a button would ask for."""
    here = managing()
    return _page(here, _named(here, name), None, "")


@blueprint.post("/automations/<name>/try", endpoint="try_it")
def try_it(name: str) -> Response:
    """Carry it out on a record and show what would happen."""
    here = managing()
    one = _named(here, name)
    given = {key: request.form.get(key, "") for key in one.place.inputs}
    try:
        key = UUID(request.form.get("record", ""))
        record_or_404(here, readable_object(here, one.object), key)
        trial = try_automation(here.site, one, key, here.actor, given, locale=here.locale)
    except ValueError:
        raise NotFoundError from None
    except ValidationError as error:
        return make_response(_page(here, one, None, error.message), 422)
    return make_response(_page(here, one, trial, ""))


def _named(here: Visit, name: str) -> Automation:
    found = here.release.catalog.all("automation").get(name)
    if found is None:
        raise NotFoundError
    automation: Automation = found
    return automation


def _page(here: Visit, one: Automation, trial: Trial | None, error: str) -> str:
    chosen = request.form.get("record", "")
    return render_template(
        "automation/try.html",
        automation=one,
        label=wording.label(here, one),
        trigger=wording.trigger(one.trigger.event),
        object=here.labels.object(here.release.catalog.object(one.object)),
        records=answers.titled(here, one.object),
        chosen=chosen,
        questions=questions_of(here, one, request.form, {}),
        trial=trial,
        steps=wording.steps(here, one.object, trial.story.steps) if trial is not None else [],
        error=error,
    )
