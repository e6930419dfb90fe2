"""Pages for what went wrong: what, where, how to mend; no stack trace, no name of anything the person may not see."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from formline.errors import FormlineError
from formline.web import problems
from formline.web.i18n import gettext as _
from formline.web.limits import TooManyAttemptsError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErrorPage:
    """The words of one error page; ``detail`` is what this request ran into."""

    status: int
    title: str
    text: str
    mend: str
    detail: str = ""
    hint: str = ""


def page_for(status: int, detail: str = "", hint: str = "") -> ErrorPage:
    """Return the words for a status in the language of the request."""
    known = {
        400: (
            _("The request could not be read"),
            _("Something in the address or the form was not as this page expects it."),
            _("Go back, load the page again and repeat what you did."),
        ),
        403: (
            _("You may not do this"),
            _("Your roles do not allow it."),
            _("Ask an administrator for the right, or go back."),
        ),
        404: (
            _("There is nothing here"),
            _("The page or record does not exist, was deleted, or is not shared with you."),
            _("Check the address, look in the list, or ask the owner to share it with you."),
        ),
        405: (
            _("This address does not do that"),
            _("The page exists, but not for this kind of request."),
            _("Go back and use the buttons of the page."),
        ),
        409: (
            _("Somebody was faster"),
            _("The record changed while you were working on it."),
            _("Look at the record as it is now and make your change again."),
        ),
        413: (
            _("That is too much at once"),
            _("What was sent is larger than this site accepts."),
            _("Send less, or ask the operator to raise the limit."),
        ),
        422: (
            _("This could not be saved"),
            _("A value does not fit."),
            _("Go back, correct it and save again."),
        ),
        429: (
            _("Too many attempts"),
            _("This was tried too often in a short time."),
            _("Wait a few minutes and try again."),
        ),
        503: (
            _("Just a moment"),
            _("The site is being changed right now."),
            _("Nothing was lost. Try again in a few seconds."),
        ),
    }
    title, text, mend = known.get(status) or (
        _("Something broke on our side"),
        _("Your request was not carried out; nothing was half saved."),
        _("Try again. If it happens again, give an administrator the number below."),
    )
    return ErrorPage(status, title, text, mend, detail, hint)


def answer(page: ErrorPage) -> Response:
    """Render an error page; a fragment asked for by a script gets the same words without the shell."""
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    text = render_template(template, error=page, request_id=g.get("request_id", ""), back=_back())
    response = make_response(text, page.status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back() -> str:
    """Return the page of this site that led here, or "" where none did."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or came.path == request.path or came.path.startswith("//"):
        return ""
    return urlunsplit(("", "", came.path, came.query, ""))


def install(app: Flask) -> None:
    """Answer every exception with a page."""

    def refused(error: FormlineError) -> Response:
        if problems.is_api():
            return problems.answer(error)
        if error.status >= 500:
            logger.exception("request %s failed", g.get("request_id", ""))
        # The text of "not found" is one for absent, deleted and unreadable.
        shown = error.status not in (404, 500)
        response = answer(page_for(error.status, error.message if shown else "", error.hint if shown else ""))
        if isinstance(error, TooManyAttemptsError):
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def http(error: HTTPException) -> Response:
        if problems.is_api():
            return problems.answer(error)
        if error.code and 300 <= error.code < 400:
            return make_response(error.get_response())
        return answer(page_for(error.code or 500))

    def forged(error: CSRFError) -> Response:
        return answer(
            ErrorPage(
                400,
                _("The page was open too long"),
                _("The form no longer belongs to your session, so nothing was saved."),
                _("Load the page again and repeat what you did."),
            )
        )

    def broken(error: Exception) -> Response:
        if problems.is_api():
            return problems.answer(error)
        logger.exception("request %s failed", g.get("request_id", ""))
        return answer(page_for(500))

    app.register_error_handler(FormlineError, refused)
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, broken)
