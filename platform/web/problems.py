"""Problem details (RFC 9457): every error of the API as one JSON shape; pages have error_pages.py."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from flask import Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException

from formline.errors import BudgetError, ConflictError, FieldError, FormlineError, ValidationError
from formline.expressions.problems import ExpressionError, ExpressionProblem
from formline.web.limits import TooManyAttemptsError

MEDIA_TYPE = "application/problem+json"
API = "/api/"
logger = logging.getLogger(__name__)

#: One title per status: what kind of problem, the detail says which.
TITLES = {
    400: "The request could not be read",
    401: "A valid token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Not a method of this address",
    408: "Too slow",
    409: "Conflict",
    412: "The record has another version",
    413: "Too large",
    415: "Not JSON",
    422: "The values do not fit",
    428: "A version is needed",
    429: "Too many requests",
    503: "Being changed right now",
}


def is_api() -> bool:
    """Return whether the request is for the API, whose errors are JSON."""
    return request.path.startswith(API)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """Return a problem; ``more`` are members besides the standard ones."""
    return Response(body(status, code, detail, **more), status, content_type=MEDIA_TYPE)


def body(status: int, code: str, detail: str, **more: Any) -> bytes:
    """Return the JSON of a problem, outside of a request too."""
    members = {
        "type": f"urn:formline:problem:{code}",
        "title": TITLES.get(status, "Something broke on our side"),
        "status": status,
        "code": code,
        "detail": detail,
        "instance": g.get("request_id", "") if has_request_context() else "",
        **{name: value for name, value in more.items() if value},
    }
    return orjson.dumps(members, default=str)


def refused_body(path: str, status: int, detail: str) -> tuple[str, bytes]:
    """Return content type and answer to a request whose body was refused before the application saw it."""
    if path.startswith(API):
        return MEDIA_TYPE, body(status, f"http_{status}", detail)
    return "text/plain; charset=utf-8", detail.encode()


def answer(error: Exception) -> Response:
    """Return the problem of any exception; what a person must not learn is not in it."""
    if isinstance(error, ValidationError):
        errors = [_field_error(found) for found in error.errors]
        return problem(422, error.code, "Some values do not fit.", errors=errors, only_warnings=error.only_warnings)
    if isinstance(error, ConflictError):
        return problem(error.status, error.code, error.message, current=error.current)
    if isinstance(error, ExpressionError):
        found = [_expression_problem(one) for one in error.problems]
        return problem(error.status, error.code, error.message, hint=error.hint, errors=found)
    if isinstance(error, FormlineError) and error.status < 500:
        response = problem(error.status, error.code, error.message, hint=error.hint)
        if isinstance(error, TooManyAttemptsError):
            response.headers["Retry-After"] = str(error.retry_after)
        elif isinstance(error, BudgetError) and error.status == 429:
            response.headers["Retry-After"] = "60"
        return response
    if isinstance(error, HTTPException) and error.code is not None:
        response = problem(error.code, f"http_{error.code}", error.description or "")
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response
    status = error.status if isinstance(error, FormlineError) else 500
    logger.error("request %s failed", g.get("request_id", ""), exc_info=error)
    return problem(status, "error", "The request was not carried out; nothing was half saved.")


def _expression_problem(found: ExpressionProblem) -> dict[str, Any]:
    """Return one problem of an expression with its place: offsets from 0, line and column from 1."""
    place: dict[str, Any] = {"offset": found.offset, "end": found.end}
    if found.position is not None:
        place |= {"line": found.position.line, "column": found.position.column}
    return {"code": found.code, "message": found.message, "hint": found.hint, **place}


def _field_error(found: FieldError) -> dict[str, Any]:
    return {
        "field": found.field,
        "code": found.code,
        "message": found.message,
        "row": found.row,
        "level": str(found.level),
    }
