"""Files through the API: an upload answers with an id that a record's field then takes; downloads go by that id."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request

from formline.errors import NotFoundError
from formline.runtime.files import attaching, reading
from formline.runtime.queries import get
from formline.runtime.unit import Unit
from formline.web.api.blueprint import blueprint
from formline.web.api.caller import Caller, caller
from formline.web.api.reading import ParameterError
from formline.web.api.writing import Outcome, body, respond, write
from formline.web.files.routes import upload_from_request
from formline.web.files.sending import send
from formline.web.visit import connection, site

PARAMETERS = frozenset({"object", "field"})


@blueprint.post("/files")
def upload_file() -> Response:
    """Keep a file sent as form data under ``file``, for the field that the query parameters name."""
    unknown = sorted(set(request.args) - PARAMETERS)
    object_name = request.args.get("object", "")
    if unknown or not object_name:
        raise ParameterError("Say which `object` and `field` the file is for.")
    who = caller()
    who.require(object_name, "write")
    made = upload_from_request(site(), who.release, who.actor, object_name, request.args.get("field", ""))
    answer = made._asdict() | {"id": str(made.id)}
    return respond(answer, 201, {"Location": f"/api/v1/files/{made.id}"})


@blueprint.get("/files/<uuid:key>")
def download_file(key: UUID) -> Response:
    """Send a file that the caller may read."""
    who = caller()
    found = reading.readable(connection(), who.release, who.actor, key)
    who.require(found.object, "read")
    return send(found)


@blueprint.get("/<name>/<uuid:key>/files")
def list_files(name: str, key: UUID) -> Response:
    """Answer with the files attached to a record as a whole, newest first."""
    who = _readable(name, "read")
    get(connection(), who.release, who.actor, name, key, ("id",))
    found = reading.attached_to(connection(), who.release, name, key)
    rows = [
        {
            "id": str(one.id),
            "name": one.name,
            "media_type": one.media_type,
            "size": one.size,
            "created_at": one.created_at.isoformat(),
            "created_by": one.created_by,
        }
        for one in found
    ]
    return respond({"data": rows})


@blueprint.post("/<name>/<uuid:key>/files")
def attach_files(name: str, key: UUID) -> Response:
    """Attach uploaded files to a record as a whole: ``{"files": [ids]}``."""
    _readable(name, "write")
    given = body().get("files")
    if not isinstance(given, list) or not given:
        raise ParameterError('The body is {"files": [ids of uploaded files]}.')
    try:
        ids = [UUID(str(one)) for one in given]
    except ValueError:
        raise ParameterError('The body is {"files": [ids of uploaded files]}.') from None

    def work(unit: Unit) -> Outcome:
        attaching.attach(unit, name, key, ids)
        return {"id": key, "files": [str(one) for one in ids]}, 200, {}

    return write(work)


@blueprint.delete("/<name>/<uuid:key>/files/<uuid:file_id>")
def detach_file(name: str, key: UUID, file_id: UUID) -> Response:
    """Take a file away from a record."""
    _readable(name, "write")

    def work(unit: Unit) -> Outcome:
        attaching.detach(unit, name, key, file_id)
        return {"id": key}, 200, {}

    return write(work)


def _readable(name: str, action: str) -> Caller:
    """Return the caller where the object exists for them and keeps files; unknown and unreadable look the same."""
    who = caller()
    who.require(name, action)
    objects = who.release.catalog.objects
    if name not in objects or not who.rights.object(name).can("read") or not objects[name].attachments:
        raise NotFoundError("There is no such object.")
    return who
