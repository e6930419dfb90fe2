"""What both resources of SCIM share: who calls, answers and errors, lists, what the site says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, request

from formline.errors import FormlineError, NotFoundError, ValidationError
from formline.runtime.access.administration import require
from formline.runtime.queries import Query, fetch
from formline.web import problems
from formline.web.api.caller import Caller, authenticate, caller
from formline.web.limits import TooManyAttemptsError
from formline.web.visit import connection, site

KIND = "scim"
MEDIA_TYPE = "application/scim+json"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
CORE = "urn:ietf:params:scim:schemas:core:2.0"
MOST = 200
PAGE = 500
_FILTER = re.compile(r'\s*([A-Za-z][\w.]*)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*', re.IGNORECASE)

blueprint = Blueprint("scim", __name__, url_prefix="/scim/v2")


class ScimError(FormlineError):
    """A request that SCIM has a word for; ``code`` is its ``scimType``."""

    code = "invalidValue"
    status = 400


@blueprint.before_request
def _caller() -> None:
    """Find out who calls; what they do is checked by the write itself, but nobody reads people for a mere token."""
    authenticate(KIND)
    require(caller().release, caller().actor, "manage_users")


def respond(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a SCIM answer."""
    return Response(orjson.dumps(value, default=str), status, headers=headers, content_type=MEDIA_TYPE)


@blueprint.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """Say every error in SCIM's shape; what must not be told is left to the API's own words."""
    kind = ""
    headers = {}
    if isinstance(error, ValidationError):
        duplicate = any(found.code == "duplicate" for found in error.errors)
        status, kind = (409, "uniqueness") if duplicate else (400, "invalidValue")
        text = error.message
    elif isinstance(error, FormlineError) and error.status < 500:
        status, text = error.status, error.message
        kind = error.code if isinstance(error, ScimError) else ""
        if isinstance(error, TooManyAttemptsError):
            headers["Retry-After"] = str(error.retry_after)
    else:
        told = problems.answer(error)
        status, text = told.status_code, str((told.get_json(force=True, silent=True) or {}).get("detail", ""))
    body = {"schemas": [f"{MESSAGES}:Error"], "status": str(status), "detail": text}
    return respond(body | ({"scimType": kind} if kind else {}), status, headers)


def body() -> dict[str, Any]:
    """Return the JSON object of the request.

    Raises:
        ScimError: it is none.
    """
    try:
        found = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise ScimError(f"The body is no JSON: {error}", code="invalidSyntax") from None
    if not isinstance(found, dict):
        raise ScimError("The body is a JSON object.", code="invalidSyntax")
    return found


def filtered(known: Mapping[str, Callable[[str], Mapping[str, Any]]]) -> Mapping[str, Any] | None:
    """Return the condition of the request's filter: ``attribute eq "value"``, of the attributes in ``known``.

    Raises:
        ScimError: another filter.
    """
    text = request.args.get("filter", "")
    if not text:
        return None
    match = _FILTER.fullmatch(text)
    make = known.get(match[1].lower()) if match else None
    if match is None or make is None:
        names = ", ".join(sorted(known))
        raise ScimError(f'A filter is: attribute eq "value", of {names}.', code="invalidFilter")
    value = orjson.loads(match[2]) if match[2].startswith('"') else match[2].lower()
    return make(str(value))


def listed(
    who: Caller,
    object_name: str,
    fields: tuple[str, ...],
    where: Mapping[str, Any] | None,
    shown: Callable[[list[dict[str, Any]]], Iterable[Any]],
) -> Response:
    """Answer with a page of a list, counted from 1; ``shown`` makes resources of records."""
    start, count = max(_number("startIndex", 1), 1), min(max(_number("count", MOST), 0), MOST)
    rows: list[dict[str, Any]] = []
    cursor, total = None, 0
    while len(rows) < start - 1 + count:
        query = Query(object_name, fields, where, None, (("created_at", False),), PAGE, cursor, 10_000)
        page = fetch(connection(), who.release, who.actor, query)
        total = max(total, page.count or 0)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    found = list(shown(rows[start - 1 : start - 1 + count]))
    answer = {"schemas": [f"{MESSAGES}:ListResponse"], "totalResults": max(total, len(rows))}
    return respond({**answer, "startIndex": start, "itemsPerPage": len(found), "Resources": found})


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return otherwise
    try:
        return min(int(text), 1_000_000)
    except ValueError:
        raise ScimError(f"{name} is a number.") from None


def location(resource: str, key: UUID) -> str:
    """Return the address of a resource, on the site's public address."""
    return f"{site().settings.address}{blueprint.url_prefix}/{resource}/{key}"


def meta(resource: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every resource says of itself."""
    times = {"created": row["created_at"].isoformat(), "lastModified": row["updated_at"].isoformat()}
    return {
        "resourceType": resource.removesuffix("s"),
        **times,
        "version": f'W/"{row["version"]}"',
        "location": location(resource, row["id"]),
    }


def operations(given: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Return the operations of a PATCH as (add, remove or replace; path; value).

    Raises:
        ScimError: it has none, or one of another kind.
    """
    found = given.get("Operations")
    if not isinstance(found, list) or not 1 <= len(found) <= 1000:
        raise ScimError("A PATCH has 1 to 1000 Operations.", code="invalidSyntax")
    read = []
    for each in found:
        op = str(each.get("op", "")).lower() if isinstance(each, dict) else ""
        if op not in ("add", "remove", "replace"):
            raise ScimError("An operation is add, remove or replace.", code="invalidSyntax")
        read.append((op, str(each.get("path") or ""), each.get("value")))
    return read


@blueprint.get("/ServiceProviderConfig")
def service_provider() -> Response:
    """Say what is supported."""
    no, yes = {"supported": False}, {"supported": True}
    bearer = {"type": "oauthbearertoken", "name": "Bearer token", "description": "A token of kind scim"}
    return respond(
        {
            "schemas": [f"{CORE}:ServiceProviderConfig"],
            "patch": yes,
            "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {**yes, "maxResults": MOST},
            "changePassword": no,
            "sort": no,
            "etag": no,
            "authenticationSchemes": [bearer],
        }
    )


@blueprint.get("/ResourceTypes")
def resource_types() -> Response:
    """Name the two resources."""
    found = [
        {
            "schemas": [f"{CORE}:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": f"{CORE}:{name}",
        }
        for name in ("User", "Group")
    ]
    return respond({"schemas": [f"{MESSAGES}:ListResponse"], "totalResults": len(found), "Resources": found})


@blueprint.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(path: str) -> Response:
    """Answer for addresses that SCIM does not have here."""
    raise NotFoundError("There is no such resource.")
