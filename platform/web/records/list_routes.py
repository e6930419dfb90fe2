"""Addresses of lists: the list itself, adding a filter, choosing columns, the picker of lookups."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.expressions.types import Kind
from formline.fields.base import ValueProblem, name_of
from formline.runtime.queries import pick
from formline.web.records import filters, listing
from formline.web.records.blueprint import blueprint
from formline.web.records.targets import readable_object, shown_fields
from formline.web.visit import Visit, visit

PICKED = 20
BEHAVIOURS = {Kind.DATE: "date", Kind.DATETIME: "datetime"}


@blueprint.get("/o/<object_name>")
def list_page(object_name: str) -> str:
    """Show a list of records."""
    here = visit()
    obj = readable_object(here, object_name)
    access = here.rights.object(obj.name)
    built = listing.build(here, obj, request.args)
    return render_template(
        "records/list.html",
        list=built,
        plural=here.labels.plural(obj),
        label=here.labels.object(obj),
        can_create=access.can("create"),
        can_delete=access.can("delete"),
        address_query=urlencode(built.address.hidden()),
    )


@blueprint.get("/o/<object_name>/filter")
def filter_form(object_name: str) -> str:
    """Return the dialog that adds a filter: the choice of a field, then what fits it."""
    here = visit()
    obj = readable_object(here, object_name)
    address, _view = listing.read_address(here, obj, request.args)
    fields = [field for field in shown_fields(here, obj) if filters.operator_names(field)]
    field = next((one for one in fields if one.name == request.args.get("field")), None)
    if field is None:
        named = [(one.name, here.labels.field(one)) for one in fields]
        return render_template("records/filter_form.html", object=obj, address=address, field=None, fields=named)
    shown = field.shown
    return render_template(
        "records/filter_form.html",
        object=obj,
        address=address,
        field=field,
        field_label=here.labels.field(field),
        operators=filters.operator_names(field),
        choices=filters.choices(here, field),
        pick_url=url_for("records.pick_records", object_name=field.object, field=field.name) if shown.to else "",
        behaviour=BEHAVIOURS.get(shown.value_type.kind, ""),
    )


@blueprint.get("/o/<object_name>/filter/add")
def add_filter(object_name: str) -> BaseResponse:
    """Go to the list with one more filter."""
    here = visit()
    obj = readable_object(here, object_name)
    address, _view = listing.read_address(here, obj, request.args)
    values = [value for value in request.args.getlist("value") if value.strip()]
    op = request.args.get("op", "")
    # Several values are "one of"; the dialog lets one check several choices whatever the operator says.
    if len(values) > 1 and op == "eq":
        op = "in"
    text = filters.LIST_SEPARATOR.join(values) if op in filters.SEVERAL else values[0] if values else ""
    added = filters.read(
        here, obj, [f"{request.args.get('field', '')}{filters.SEPARATOR}{op}{filters.SEPARATOR}{text}"]
    )
    if not text and op not in filters.WITHOUT_VALUE:
        added = ()
    return redirect(address.href(f=[str(each) for each in dict.fromkeys((*address.filters, *added))]))


@blueprint.get("/o/<object_name>/columns")
def columns_form(object_name: str) -> str:
    """Return the dialog that chooses columns."""
    here = visit()
    obj = readable_object(here, object_name)
    address, view = listing.read_address(here, obj, request.args)
    shown = address.columns or view.columns
    fields = [(field.name, here.labels.field(field), field.name in shown) for field in shown_fields(here, obj)]
    return render_template("records/columns_form.html", object=obj, address=address, fields=fields)


@blueprint.get("/o/<object_name>/columns/choose")
def choose_columns(object_name: str) -> BaseResponse:
    """Go to the list with the chosen columns, those of the view first and in its order."""
    here = visit()
    obj = readable_object(here, object_name)
    address, view = listing.read_address(here, obj, request.args)
    chosen = request.args.getlist("column")
    ordered = [path for path in view.columns if path in chosen or "." in path]
    ordered += [path for path in chosen if path not in ordered]
    return redirect(address.href(columns=",".join(ordered)))


@blueprint.get("/o/<object_name>/pick")
def pick_records(object_name: str) -> Response:
    """Answer a lookup's search: ``[{id, text}]``, at most twenty, cut to the field's condition and the rights."""
    here = visit()
    catalog = here.release.catalog
    if not catalog.has("object", object_name):
        raise NotFoundError
    obj = catalog.object(object_name)
    access = here.rights.object(obj.name)
    field = obj.fields.get(request.args.get("field", ""))
    if field is None or not field.to or not (access.shown(field.name) or access.can("create")):
        raise NotFoundError
    text = request.args.get("q", "").strip()[:100]
    values = typed_values(here, obj, request.args) if field.where is not None else None
    found = []
    for target in field.to:
        rows = pick(
            here.connection, here.release, here.actor, target, text, field.where, PICKED, of=obj.name, values=values
        )
        several = len(field.to) > 1
        note = {"note": here.labels.object(catalog.object(target))} if several else {}
        found += [{"id": f"{target}:{key}" if several else str(key), "text": title, **note} for key, title in rows]
    return jsonify(found)


def typed_values(here: Visit, obj: Object, arguments: MultiDict[str, str]) -> dict[str, Any]:
    """Return the form's other values that a lookup's condition reads; what is no value yet is left out."""
    found: dict[str, Any] = {}
    for name, text in arguments.items():
        field = obj.fields.get(name)
        if field is None or name in ("q", "field"):
            continue
        try:
            parts = field.type.parse_parts(field, text, here.locale)
        except ValueProblem:
            continue
        found.update({name_of(part, name): value for part, value in parts.items()})
    return found
