"""Addresses of files: upload for a form, download, pictures, what is attached to a record as a whole."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from formline.errors import FormlineError, NotFoundError
from formline.fields.files import Attachment
from formline.runtime.access.actor import Actor
from formline.runtime.files import attaching, reading
from formline.runtime.files.staging import UploadError, stage, target_of
from formline.runtime.release import Release
from formline.runtime.site import Site
from formline.runtime.unit import Unit, run_unit
from formline.web import limits
from formline.web.files import markup
from formline.web.files.sending import send
from formline.web.i18n import gettext as _
from formline.web.repeated import CameBefore, once
from formline.web.visit import Visit, visit

blueprint = Blueprint("files", __name__)
#: Text is shown up to this many bytes; the rest is for whoever downloads it.
PREVIEW = 64 << 10
TEXTS = ("text/plain", "text/csv")


def upload_from_request(site: Site, release: Release, actor: Actor, object_name: str, field: str) -> Attachment:
    """Stage the file of this request, sent as form data under ``file``.

    Raises:
        UploadError: no file in the request, or one that does not fit. NotFoundError, AccessDeniedError: see target_of.
        TooManyAttemptsError: too many uploads in a short time.
    """
    limits.spend_both(limits.UPLOAD, actor.user_id)
    target = target_of(release, actor, object_name, field)
    given = request.files.get("file")
    if given is None:
        raise UploadError("Send the file as form data under the name `file`.", code="file_missing")
    return stage(site, actor, target, given.filename or "", given.stream)


@blueprint.post("/files/upload")
def upload() -> tuple[Response, int]:
    """Keep a file until the form around it is saved; answer with the item that the form shows."""
    here = visit()
    object_name, field = request.args.get("object", ""), request.args.get("field", "")
    try:
        made = upload_from_request(here.site, here.release, here.actor, object_name, field)
    except FormlineError as error:
        return jsonify({"message": in_words(error)}), error.status
    return jsonify({"item": markup.item(field or "file", str(made))}), 201


@blueprint.get("/files/<uuid:key>")
def download(key: UUID) -> Response:
    """Send a file to be kept, never to be shown."""
    return send(_readable(key))


@blueprint.get("/files/<uuid:key>/picture")
def picture(key: UUID) -> Response:
    """Show a picture that was made anew from its pixels."""
    found = _readable(key)
    if not found.inline:
        raise NotFoundError(reading.ABSENT)
    return send(found, inline=True)


@blueprint.get("/files/<uuid:key>/thumbnail")
def thumbnail(key: UUID) -> Response:
    """Show the small version of a picture."""
    return send(_readable(key), small=True, inline=True)


@blueprint.get("/files/<uuid:key>/text")
def preview(key: UUID) -> str:
    """Show the beginning of a text in a dialog, as text."""
    found = _readable(key)
    if found.media_type not in TEXTS:
        raise NotFoundError(reading.ABSENT)
    with reading.on_disk(visit().site, found).open("rb") as stream:
        read = stream.read(PREVIEW)
    try:
        shown = read.decode("utf-8-sig")
    except UnicodeDecodeError:
        shown = read.decode("gb18030", "replace")
    return render_template("files/text.html", file=found, text=shown, more=found.size > PREVIEW)


@blueprint.post("/o/<object_name>/<uuid:record_id>/files")
def attach(object_name: str, record_id: UUID) -> BaseResponse:
    """Attach files to a record as a whole: uploaded before by a script, or sent with this form.

    Sent again with the same key, they are attached once; what was uploaded a second time is collected.
    """
    here = visit()

    def work(unit: Unit) -> None:
        once(unit, here.actor.user_id)
        attaching.attach(unit, object_name, record_id, keys)

    by_script = bool(request.headers.get("HX-Request"))
    try:
        keys = [Attachment.of(text).id for text in request.form.getlist("file") if text]
        keys += _staged(here, object_name)
        if keys:
            run_unit(here.site, here.actor, work)
    except CameBefore:
        pass
    except FormlineError as error:
        if not by_script:
            raise
        return make_response(jsonify(detail=in_words(error)), error.status)
    return make_response("", 204) if by_script else _back(object_name, record_id)


def _staged(here: Visit, object_name: str) -> list[UUID]:
    """Keep the files that came with this form; return their ids."""
    staged = []
    for given in request.files.getlist("file"):
        if given.filename:
            limits.spend_both(limits.UPLOAD, here.actor.user_id)
            target = target_of(here.release, here.actor, object_name)
            staged.append(stage(here.site, here.actor, target, given.filename, given.stream).id)
    return staged


@blueprint.post("/o/<object_name>/<uuid:record_id>/files/<uuid:key>/remove")
def detach(object_name: str, record_id: UUID, key: UUID) -> BaseResponse:
    """Take a file away from a record."""
    here = visit()
    run_unit(here.site, here.actor, lambda unit: attaching.detach(unit, object_name, record_id, key))
    return _back(object_name, record_id)


def in_words(error: FormlineError) -> str:
    """Return why an upload was not kept in the person's language."""
    words = {
        "file_size": _("The file is too large, or empty."),
        "file_type": _("This kind of file is not taken here."),
        "file_damaged": _("The picture cannot be read, or has too many pixels."),
        "file_quota": _("There is no room for more files. Delete some, or ask the operator."),
        "file_refused": _("The scanner refused the file."),
        "not_found": _("There is no such field for files."),
        "access_denied": _("You may not put a file here."),
        "too_many_attempts": _("Too many uploads in a short time. Wait a few minutes."),
    }
    return words.get(error.code, error.message)


def _readable(key: UUID) -> reading.StoredFile:
    here = visit()
    return reading.readable(here.connection, here.release, here.actor, key)


def _back(object_name: str, record_id: UUID) -> BaseResponse:
    return redirect(url_for("records.record_page", object_name=object_name, record_id=record_id, _anchor="files"), 303)
