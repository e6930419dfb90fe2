"""Where people outside fill in a form: no session and no cookie; a signed token, limits, and no word of other records.

A forged request has nothing to gain here: who sends is nobody, so there is no token against forgery.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.web_forms import WebForm
from formline.errors import FieldError, NotFoundError, ValidationError
from formline.fields.files import is_multiple
from formline.runtime.access.actor import Actor
from formline.runtime.files.staging import Target, UploadError, stage
from formline.runtime.web_forms import storage, submitting, suspicion
from formline.runtime.web_forms.storage import Sent
from formline.web import i18n, limits
from formline.web.auth import login
from formline.web.headers import POLICY
from formline.web.i18n import gettext as _
from formline.web.records import form_states, initial, rules_module
from formline.web.records.form_binding import BoundForm
from formline.web.records.form_values import FormValues
from formline.web.visit import Visit, connection, site
from formline.web.web_forms import page_form, tokens

public = Blueprint("forms", __name__, url_prefix="/f")
#: Inputs of the page that are no field: names of fields begin with a letter.
TOKEN, TRAP, CONSENT, PROOF, CONFIRM = "_token", "_homepage", "_consent", "_proof", "_confirm"
#: The largest form without files, in bytes.
MOST_BYTES = 256 << 10
MOST_FILES = 10


def _opened(name: str) -> tuple[Visit, WebForm]:
    """Return the visit of somebody outside and the form; they speak one of its languages."""
    of = site()
    release = of.refresh()
    if not release.catalog.has("web_form", name) or storage.is_off(connection(), name):
        raise NotFoundError(_("This form is closed."))
    form: WebForm = release.catalog.get("web_form", name)
    g.language = language_of(form)
    g.framed_by = form.accepts
    g.visit = Visit(of, release, Actor.sender(name))
    return g.visit, form


def language_of(form: WebForm) -> str:
    """Return the language of the page: the address's, else the browser's, else the form's first."""
    offered = [code for code in form.languages if code in i18n.LANGUAGES] or list(i18n.LANGUAGES)
    wanted = request.args.get("lang", "")
    if wanted in offered:
        return wanted
    spoken = i18n.language()
    return spoken if spoken in offered else offered[0]


@public.get("/<name>")
@login.public
def show(name: str) -> BaseResponse:
    """Show the empty form with its defaults, and what the address gives."""
    here, form = _opened(name)
    limits.spend((limits.WEB_FORM_PAGE, limits.client()))
    spec = page_form.spec_of(here, form)
    record = initial.record(here, spec, request.args)
    values = initial.values(here, spec, record)
    values.states = form_states.states(here, spec, record, None)
    return _page(here, form, values)


@public.post("/<name>")
@login.public
def send(name: str) -> BaseResponse:
    """Take a form: thank for it, whatever became of it, or show it again with what is wrong."""
    here, form = _opened(name)
    limits.spend((limits.WEB_FORM, limits.client()), (limits.WEB_FORM_OF_ALL, name))
    controls = page_form.spec_of(here, form).controls.values()
    request.max_content_length = (
        here.site.settings.max_body if any(page_form.takes_file(one) for one in controls) else MOST_BYTES
    )
    bound = page_form.bound_form(here, form)
    opened = tokens.opened(here.site, name, request.form.get(TOKEN, ""), here.now)
    if opened is None:
        bound.general.append(_("This page was open for too long. Please send it once more."))
    if form.consent and request.form.get(CONSENT) != "1":
        bound.general.append(_("Please agree before you send this."))
    valid = bound.valid()
    row = submitting.plain({name: value for name, value in bound.values().items() if value not in (None, "", ())})
    if not valid or opened is None or bound.general:
        return _again(here, form, bound)
    try:
        row |= _uploads(here, form)
        _require(form, row)
        reasons = suspicion.signs(
            form,
            row,
            opened=opened.at,
            now=here.now,
            trap=request.form.get(TRAP, ""),
            nonce=opened.nonce,
            proof=request.form.get(PROOF, ""),
        )
        sent = Sent(name, opened.nonce, row, here.language, confirmed=request.form.get(CONFIRM) == "1")
        submitting.submit(here.site, form, sent, here.now, tuple(reasons))
    except ValidationError as error:
        bound.take(error.errors, here.release.catalog.object(form.object))
        return _again(here, form, bound)
    if form.redirect:
        return redirect(form.redirect, 303)
    return redirect(url_for("forms.thanks", name=name, lang=here.language), 303)


@public.get("/<name>/thanks")
@login.public
def thanks(name: str) -> BaseResponse:
    """Say thanks, the same for everybody."""
    here, form = _opened(name)
    return make_response(render_template("web_forms/thanks.html", form=form, **_texts(here, form)))


@public.get("/<name>/rules/<key>.js")
@login.public
def rules(name: str, key: str) -> Response:
    """Return the rules of the form as a module; what the browser cannot tell is decided when it is sent."""
    here, form = _opened(name)
    spec = page_form.spec_of(here, form)
    runtime = current_app.jinja_env.globals["asset"]("expressions.js")  # type: ignore[operator]
    response = Response(rules_module.module(here, spec, runtime, ask=False), mimetype="text/javascript")
    # It holds the day, so it is not kept for good.
    response.headers["Cache-Control"] = "private, max-age=600" if key == spec.key else "no-store"
    return response


def _require(form: WebForm, row: dict[str, Any]) -> None:
    """Raise ValidationError for what this form requires and is not there."""
    found = submitting.missing(form, row)
    if found:
        raise ValidationError(found)


def _uploads(here: Visit, form: WebForm) -> dict[str, list[str]]:
    """Keep the files that came with the form; return their ids by field.

    Raises:
        ValidationError: a file that is not taken.
    """
    found: dict[str, list[str]] = {}
    problems: list[FieldError] = []
    obj = here.release.catalog.object(form.object)
    for control in page_form.spec_of(here, form).controls.values():
        given = [one for one in request.files.getlist(control.name) if one.filename]
        if not page_form.takes_file(control) or not given:
            continue
        most = MOST_FILES if is_multiple(control.field) else 1
        if len(given) > most:
            problems.append(FieldError(control.name, "too_many_files", "Only one file fits here."))
            continue
        for one in given:
            limits.spend((limits.UPLOAD, limits.client()))
            try:
                target = Target(obj, control.field)
                kept = stage(here.site, here.actor, target, one.filename or "", one.stream)
            except UploadError as error:
                problems.append(FieldError(control.name, error.code, error.message))
            else:
                found.setdefault(control.name, []).append(str(kept.id))
    if problems:
        raise ValidationError(problems)
    return found


def _again(here: Visit, form: WebForm, bound: BoundForm) -> BaseResponse:
    """Show the form with what was typed and what is wrong, status 422."""
    spec = page_form.spec_of(here, form)
    values = bound.shown(initial.blank(here), {})
    record = initial.record(here, spec, request.args) | initial.typed(spec, bound)
    values.states = form_states.states(here, spec, record, None)
    bound.tell_missing(values)
    answer = _page(here, form, values, bound.general, bound.warnings)
    answer.status_code = 422
    return answer


def _page(
    here: Visit, form: WebForm, values: FormValues, general: Iterable[str] = (), warnings: Iterable[str] = ()
) -> BaseResponse:
    spec = page_form.spec_of(here, form)
    labels = {control.name: control.label for control in spec.controls.values()}
    token = tokens.issue(here.site, form.name, here.now)
    opened = tokens.opened(here.site, form.name, token, here.now)
    text = render_template(
        "web_forms/page.html",
        form=form,
        inputs=page_form.markup_of(here, form).render(values),
        module=url_for("forms.rules", name=form.name, key=spec.key, lang=here.language),
        with_files=any(page_form.takes_file(one) for one in spec.controls.values()),
        token=token,
        nonce=opened.nonce if opened is not None and form.proof else "",
        bits=suspicion.PROOF_BITS,
        general=list(general),
        warnings=list(warnings),
        problems=[(name, labels.get(name, ""), " ".join(found)) for name, found in values.problems.items() if found],
        agreed=request.form.get(CONSENT) == "1",
        **_texts(here, form),
    )
    return make_response(text)


def _texts(here: Visit, form: WebForm) -> dict[str, Any]:
    """Return the words of a form in the language of the page."""

    def text(path: str, written: str, usual: str = "") -> str:
        return here.labels.text("web_form", form.name, path, written) if written else usual

    offered = form.languages or tuple(i18n.LANGUAGES)
    return {
        "title": here.labels.text("web_form", form.name, "label", form.label),
        "intro": text("help", form.help),
        "consent": text("consent.message", form.consent),
        "thanks_title": text("thanks.title", form.thanks_title, _("Thank you")),
        "thanks_text": text("thanks.message", form.thanks, _("We have received what you sent.")),
        "offered": {code: name for code, name in i18n.LANGUAGES.items() if code in offered},
        "language": here.language,
    }


@public.after_request
def framed(answer: Response) -> Response:
    """Let the sites that the form names, and no others, show its pages in a frame; what went wrong included."""
    sites: tuple[str, ...] = g.get("framed_by", ())
    if sites:
        allowed = POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(sites)}")
        answer.headers["Content-Security-Policy"] = allowed
    return answer
