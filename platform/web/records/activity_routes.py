"""Addresses of a record's timeline: its pages, writing an activity, whom one may mention, following."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, FieldError, NotFoundError, ValidationError
from formline.runtime import following
from formline.runtime.access.readers import readers
from formline.runtime.notifications import Notice, notify
from formline.runtime.queries import Query, fetch
from formline.runtime.unit import Unit, run_unit
from formline.web import addresses
from formline.web.i18n import gettext as _
from formline.web.records import activities, timeline
from formline.web.records.activities import Activities, Box
from formline.web.records.blueprint import blueprint
from formline.web.records.refusals import reason
from formline.web.records.targets import layout_for, readable_object, record_or_404, titles_of
from formline.web.repeated import CameBefore, once
from formline.web.visit import Visit, visit

OFFERED = 8
MOST_MENTIONED = 20
ACTIVE = {"field": "active", "op": "eq", "value": True}


@blueprint.get("/o/<object_name>/<uuid:record_id>/timeline")
def timeline_page(object_name: str, record_id: UUID) -> str:
    """Return a page of the timeline as a fragment: the whole list, or with ``before`` what follows."""
    here = visit()
    obj = readable_object(here, object_name)
    return _drawn(here, obj, record_or_404(here, obj, record_id))


def _drawn(here: Visit, obj: Object, record: dict[str, Any]) -> str:
    layout = layout_for(here, obj, record.get("record_type"))
    before = request.args.get("before", "")
    shown = timeline.page(here, obj, layout, record["id"], request.args.get("kind", ""), before)
    template = "records/_timeline_entries.html" if before else "records/_timeline.html"
    return render_template(template, timeline=shown, object=obj, record=record)


@blueprint.post("/o/<object_name>/<uuid:record_id>/activities")
def add_activity(object_name: str, record_id: UUID) -> BaseResponse:
    """Write an activity and tell whom it mentions; sent again with the same key, it is written once."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    of, box = _writable(here, obj, record)
    values: dict[str, Any] = activities.inherited(here, obj, record, of.child)
    several = len(of.child.fields[of.link.field].to) > 1
    values[of.link.field] = f"{obj.name}:{record_id}" if several else record_id
    values |= {name: request.form[name] for name in (box.text, box.kind, box.next) if request.form.get(name)}
    mentioned = _mentioned(here, obj, record_id)

    def work(unit: Unit) -> None:
        once(unit, here.actor.user_id)
        unit.create(of.child.name, [values])
        object_id = unit.release.physical[obj.name].id
        notice = Notice("mentioned", mentioned, object_id=object_id, record_id=record_id)
        notify(unit.connection, [notice], actor_id=here.actor.user_id, now=unit.now)

    try:
        run_unit(here.site, here.actor, work, source="form", confirm=True, locale=here.locale)
    except CameBefore:
        pass
    except ValidationError as error:
        if not request.headers.get("HX-Request"):
            raise
        return jsonify(detail=reason(here, of.child, error)), 422  # type: ignore[return-value]
    if request.headers.get("HX-Request"):
        return make_response("", 204)
    return redirect(addresses.record(obj.name, record_id) + "?saved=1", 303)


def _writable(here: Visit, obj: Object, record: dict[str, Any]) -> tuple[Activities, Box]:
    of = activities.of_layout(here, obj, layout_for(here, obj, record.get("record_type")))
    if of is None:
        raise NotFoundError
    box = activities.box(here, of)
    if box is None:
        raise AccessDeniedError(_("Your roles do not allow creating these records."))
    return of, box


def _mentioned(here: Visit, obj: Object, record_id: UUID) -> list[UUID]:
    """Return the people a form mentions.

    Raises:
        ValidationError: one of them may not read the record; they would hear of what is not theirs to know.
    """
    found: list[UUID] = []
    for text in request.form.getlist("mention")[:MOST_MENTIONED]:
        try:
            found.append(UUID(text))
        except ValueError:
            raise NotFoundError from None
    found = list(dict.fromkeys(found))
    unable = set(found) - readers(here.connection, here.release, obj.name, record_id, found)
    if unable:
        names = "、".join(sorted(titles_of(here, {"user": unable}).values())) or "?"
        message = _("%(names)s may not read this record and cannot be mentioned. Share it first.") % {"names": names}
        raise ValidationError([FieldError("", "mention", message)])
    return found


@blueprint.get("/o/<object_name>/<uuid:record_id>/people")
def people_to_mention(object_name: str, record_id: UUID) -> Response:
    """Answer ``[{id, name}]``: active people whose name begins or contains ``q`` and who may read the record."""
    here = visit()
    obj = readable_object(here, object_name)
    record_or_404(here, obj, record_id)
    if not here.rights.object("user").can("read"):
        return jsonify([])
    text = request.args.get("q", "").strip()[:40]
    named = {"field": "name", "op": "contains", "value": text} if text else None
    where: dict[str, Any] = {"and": [ACTIVE, named]} if named else ACTIVE
    query = Query("user", ("id", "name"), where, sort=(("name", False),), limit=OFFERED * 3)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    able = readers(here.connection, here.release, obj.name, record_id, [row["id"] for row in rows])
    shown = [row for row in rows if row["id"] in able and row["id"] != here.actor.user_id]
    return jsonify([{"id": str(row["id"]), "name": str(row["name"])} for row in shown[:OFFERED]])


@blueprint.post("/o/<object_name>/<uuid:record_id>/follow")
def follow(object_name: str, record_id: UUID) -> BaseResponse:
    """Follow a record, or with ``off=1`` no longer; the button comes back as it is then."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    object_id, me = here.release.physical[obj.name].id, here.actor.user_id
    if me is None:
        raise NotFoundError
    on = request.form.get("off") != "1"
    with here.site.writing() as writing:
        if on:
            following.follow(writing, object_id, record_id, me, here.now)
        else:
            following.unfollow(writing, object_id, record_id, me)
    if not request.headers.get("HX-Request"):
        return redirect(addresses.record(obj.name, record_id), 303)
    return make_response(render_template("records/_follow.html", object=obj, record=record, follows=on))
