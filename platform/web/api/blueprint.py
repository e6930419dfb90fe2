"""The routes of the API; what they read and write is in reading.py and writing.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from formline.errors import NotFoundError
from formline.runtime import revealing
from formline.runtime.queries import fetch, get
from formline.runtime.unit import Change, Unit
from formline.web import problems
from formline.web.api import batches, openapi
from formline.web.api.caller import Caller, authenticate, caller
from formline.web.api.reading import Writer, fields_asked, list_query, record_parameters
from formline.web.api.writing import Outcome, body, expected_version, respond, write
from formline.web.visit import connection, site

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
blueprint.before_request(authenticate)
blueprint.register_error_handler(Exception, problems.answer)


def _writer(who: Caller, name: str) -> Writer:
    return who.release.memo(("api-writer", name), lambda: Writer(who.release, name))


def allowed(name: str, action: str) -> Caller:
    """Return the caller where the object exists for them at all: unknown and unreadable look the same."""
    who = caller()
    who.require(name, action)
    if name not in who.release.catalog.objects or not who.rights.object(name).can("read"):
        raise NotFoundError("There is no such object.")
    return who


@blueprint.get("/openapi.json")
def describe() -> Response:
    """Answer with the OpenAPI description of what the caller may do."""
    who = caller()
    return respond(openapi.document(who.release, who.rights))


@blueprint.get("/me")
def me() -> Response:
    """Answer who the token speaks for, with what roles, on which release."""
    who = caller()
    user = who.actor.user
    shown = {"id": who.actor.user_id, "login": user.get("login"), "name": user.get("name")}
    return respond({**shown, "roles": sorted(who.actor.roles), "release": who.release.number})


@blueprint.get("/<name>")
def list_records(name: str) -> Response:
    """Answer with one page of records."""
    who = allowed(name, "read")
    page = fetch(connection(), who.release, who.actor, list_query(name))
    answer: dict[str, Any] = {"data": _writer(who, name).rows(page.rows), "next": page.next_cursor}
    if page.previous_cursor:
        answer["previous"] = page.previous_cursor
    if page.count is not None:
        answer |= {"count": page.count, "count_exact": page.count_exact}
    return respond(answer)


@blueprint.get("/<name>/<uuid:key>")
def get_record(name: str, key: UUID) -> Response:
    """Answer with one record and its version as ETag; 304 where the caller has that version."""
    record_parameters()
    who = allowed(name, "read")
    row = get(connection(), who.release, who.actor, name, key, fields_asked() or None)
    etag = f'"{row["version"]}"'
    headers = {"ETag": etag}
    if request.headers.get("If-None-Match") == etag:
        return Response(status=304, headers=headers)
    return respond(_writer(who, name).row(row), headers=headers)


@blueprint.post("/<name>")
def create_record(name: str) -> Response:
    """Create one record."""
    who = allowed(name, "write")
    values = body()

    def work(unit: Unit) -> Outcome:
        (key,) = unit.create(name, [values])
        return {"id": key, "version": 1}, 201, {"Location": f"/api/v1/{name}/{key}", "ETag": '"1"'}

    return _returned(who, name, write(work))


@blueprint.patch("/<name>/<uuid:key>")
def update_record(name: str, key: UUID) -> Response:
    """Change the fields that the body names."""
    who = allowed(name, "write")
    values = body()
    version = values.pop("version", None)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        version = -1
    change = Change(key, values, expected_version() if version is None else version)

    def work(unit: Unit) -> Outcome:
        unit.update(name, [change])
        return batches.changed(unit, name, key)

    return _returned(who, name, write(work))


@blueprint.delete("/<name>/<uuid:key>")
def delete_record(name: str, key: UUID) -> Response:
    """Delete one record and what goes with it."""
    allowed(name, "write")

    def work(unit: Unit) -> Outcome:
        receipt = unit.delete(name, [key])
        return {"deletion_id": receipt.deletion_id}, 200, {}

    return write(work)


@blueprint.post("/<name>/<uuid:key>/reveal/<field>")
def reveal_field(name: str, key: UUID, field: str) -> Response:
    """Answer the text of an encrypted field; it is noted who asked."""
    who = allowed(name, "read")
    text = revealing.reveal(connection(), site(), who.release, who.actor, name, key, field)
    return respond({"value": text}, headers={"Cache-Control": "no-store"})


@blueprint.post("/deletions/<uuid:deletion_id>/restore")
def restore(deletion_id: UUID) -> Response:
    """Bring back exactly what a deletion took."""
    caller().require("deletions", "write")
    return write(lambda unit: ({"restored": unit.restore(deletion_id)}, 200, {}))


@blueprint.post("/<name>/<uuid:key>/transitions/<transition>")
def press(name: str, key: UUID, transition: str) -> Response:
    """Move a record through its state machine; the body holds what the transition requires or asks."""
    who = allowed(name, "write")
    values = body() if request.get_data() else {}

    def work(unit: Unit) -> Outcome:
        unit.transition(name, [key], transition, values)
        return batches.changed(unit, name, key)

    return _returned(who, name, write(work))


@blueprint.post("/<name>/batch")
def run_batch(name: str) -> Response:
    """Create, change and delete up to 500 records, all or none."""
    allowed(name, "write")
    operations = batches.read_operations(body())
    return write(lambda unit: (batches.run(unit, name, operations), 200, {}))


@blueprint.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(path: str) -> Response:
    """Answer for addresses and methods the API does not have."""
    raise NotFoundError("There is no such address, or not with this method.")


def _returned(who: Caller, name: str, response: Response) -> Response:
    """Put the whole record into the answer where the caller prefers it."""
    if "return=representation" not in request.headers.get("Prefer", "") or not response.is_json:
        return response
    written = response.get_json()
    row = get(connection(), who.release, who.actor, name, UUID(written["id"]), None)
    shown = respond(_writer(who, name).row(row), response.status_code, {"ETag": f'"{row["version"]}"'})
    for header in ("Location", "Idempotency-Replayed"):
        if header in response.headers:
            shown.headers[header] = response.headers[header]
    return shown
