"""The forms there are: their addresses, how to put them into a page, how many came, and switching them off."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from formline.catalog.web_forms import WebForm
from formline.runtime.web_forms import storage
from formline.web.auth import accounts, login
from formline.web.visit import Visit, visit
from formline.web.web_forms.blueprint import RIGHT, blueprint, forms_for, judges, manages, opened
from formline.web.web_forms.queue_lines import SHOWN, lines_of, toast_of


@dataclass(frozen=True, slots=True)
class Line:
    """One form on the list of all."""

    name: str
    label: str
    about: str
    address: str
    on: bool
    held: int
    taken: int


def label_of(here: Visit, form: WebForm) -> str:
    """Return what a form is called in the reader's language."""
    return here.labels.text("web_form", form.name, "label", form.label)


def address_of(here: Visit, form: WebForm) -> str:
    """Return the address people outside open."""
    # Shown to who is here, so the address they came by will do where the settings name none.
    return (here.site.settings.public_url or request.host_url).rstrip("/") + url_for("forms.show", name=form.name)


@blueprint.get("")
def overview() -> str:
    """List the forms of the definitions that the person may look after."""
    here = visit()
    off, counted = storage.switched_off(here.connection), storage.counts(here.connection, here.now)
    lines = [
        Line(
            form.name,
            label_of(here, form),
            here.labels.plural(here.release.catalog.object(form.object)),
            address_of(here, form),
            form.name not in off,
            counted.get((form.name, storage.HELD), 0) if judges(here, form) else 0,
            counted.get((form.name, storage.TAKEN), 0),
        )
        for form in forms_for(here)
    ]
    return render_template("web_forms/overview.html", lines=lines)


@blueprint.get("/<name>")
def setup(name: str) -> str:
    """Show one form: where it is, and what waits for a person."""
    here, form = opened(name)
    return page(here, form)


def page(here: Visit, form: WebForm, findings: tuple[str, ...] = ()) -> str:
    """Return the page of a form."""
    mine = judges(here, form)
    before = request.args.get("before", type=UUID)
    rows = storage.held(here.connection, form.name, limit=SHOWN, before=before) if mine else ()
    counted = storage.counts(here.connection, here.now)
    address = address_of(here, form)
    toast_of(form.name)
    return render_template(
        "web_forms/setup.html",
        form=form,
        label=label_of(here, form),
        about=here.labels.plural(here.release.catalog.object(form.object)),
        address=address,
        snippet=str(
            Markup('<iframe src="{}" title="{}" width="600" height="800"></iframe>').format(
                address, label_of(here, form)
            )
        ),
        command=f"formline receive-mail {form.name}" if form.mail is not None else "",
        on=not storage.is_off(here.connection, form.name),
        manages=manages(here),
        judges=mine,
        taken=counted.get((form.name, storage.TAKEN), 0),
        lines=lines_of(here, form, rows),
        before=rows[-1]["id"] if len(rows) == SHOWN else None,
        general=findings,
        warnings=(),
    )


@blueprint.post("/<name>/<any(on, off):state>")
def switch(name: str, state: str) -> Response:
    """Let a form take submissions, or show that it is closed."""
    login.require_admin(RIGHT)
    here, form = opened(name)
    with here.site.writing() as writing:
        storage.switch(writing, form.name, on=state == "on", now=here.now)
        accounts.record_event(writing, here.actor.user_id, f"web_form_{state}", {"form": form.name})
    return redirect(url_for("web_forms.setup", name=name, saved=1), 303)
