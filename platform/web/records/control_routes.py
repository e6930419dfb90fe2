"""What controls ask the server while a person fills in a form: tags in use, divisions of a region."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flask import Response, jsonify, request

from formline.errors import NotFoundError
from formline.fields import region
from formline.runtime import revealing
from formline.runtime.queries import Query, fetch
from formline.web import step_up
from formline.web.auth import login
from formline.web.marks import escaped
from formline.web.records.blueprint import blueprint
from formline.web.visit import visit

#: Records whose tags are looked at, newest first, and tags that are offered.
LOOKED_AT = 200
OFFERED = 20


@blueprint.get("/o/<object_name>/tags")
def suggest_tags(object_name: str) -> Response:
    """Answer ``[{id, text}]``: tags of a field that the newest readable records have, the most frequent first."""
    here = visit()
    catalog = here.release.catalog
    if not catalog.has("object", object_name):
        raise NotFoundError
    obj = catalog.object(object_name)
    field = obj.fields.get(request.args.get("field", ""))
    if field is None or field.type.name != "tags" or not here.rights.object(obj.name).readable(field.name):
        raise NotFoundError
    text = request.args.get("q", "").strip().casefold()
    given = {"not": {"field": field.name, "op": "is_null", "value": True}}
    query = Query(obj.name, (field.name,), given, sort=(("created_at", True),), limit=LOOKED_AT)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    counted = Counter(tag for row in rows for tag in row.get(field.name) or () if isinstance(row[field.name], tuple))
    found = [tag for tag, _ in counted.most_common() if text in tag.casefold()]
    return jsonify([{"id": tag, "text": tag} for tag in found[:OFFERED]])


@blueprint.post("/o/<object_name>/<uuid:record_id>/reveal/<field>")
def reveal(object_name: str, record_id: UUID, field: str) -> Response:
    """Answer the text of an encrypted field to people who may read it, and showed lately who they are; it is noted."""
    here = visit()
    step_up.require()
    text = revealing.reveal(here.connection, here.site, here.release, here.actor, object_name, record_id, field)
    answer = Response(escaped(text), mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["HX-Trigger"] = "dialog:close"  # where the password was asked for
    return answer


@blueprint.get("/regions")
@login.public  # the same for everybody, and web forms ask for it
def region_choices() -> Response:
    """Answer the choices on the way to a region: ``[{chosen, options: [[code, name]]}]`` by level, provinces first."""
    code = request.args.get("code", "")
    chosen = region.ancestors(code) if code in region.names() else ()
    levels = [
        {"chosen": one, "options": list(region.children(above))}
        for above, one in zip(("", *chosen), (*chosen, ""), strict=True)
        if above == "" or region.depth(above) < len(region.LEVELS) - 1
    ]
    answer = jsonify(levels)
    answer.cache_control.max_age = 86_400
    answer.cache_control.private = True
    return answer
