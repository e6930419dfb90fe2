"""Addresses of lists: the list itself, adding a filter, choosing columns, the picker of lookups."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.expressions.types import Kind
from formline.fields.base import ValueProblem, name_of
from formline.runtime.queries import pick
from formline.runtime.saved_views import SavedView
from formline.web import drawn, fragments, limits
from formline.web.i18n import gettext as _
from formline.web.records import filters, listing, saved_lists
from formline.web.records.blueprint import blueprint
from formline.web.records.list_address import group_of, read_address
from formline.web.records.targets import field_at, path_label, readable_object, shown_fields
from formline.web.visit import Visit, visit

PICKED = 20
BEHAVIOURS = {Kind.DATE: "date", Kind.DATETIME: "datetime"}


@blueprint.get("/o/<object_name>")
def list_page(object_name: str) -> str | BaseResponse:
    """Show a list of records; without any word in the address, the view the person starts with."""
    here = visit()
    obj = readable_object(here, object_name)
    if not request.args:
        started = next((view for view in saved_lists.views_to_show(here, obj) if _is_start(here, view)), None)
        if started is not None:
            return redirect(saved_lists.href(here, obj, started))
    built = listing.build(here, obj, request.args)
    can_edit = listing.editable(here, obj)
    return drawn.page(
        "records/list.html",
        {
            "frame": built.frame,
            "headings": built.headings,
            "can_export": here.rights.object(obj.name).can("export"),
            "can_import": here.rights.object(obj.name).can("import"),
            "can_delete": here.rights.object(obj.name).can("delete"),
            "can_select": listing.selectable(here, obj),
            "can_edit": can_edit,
            "can_transfer": "owner" in can_edit,
            "groups": built.groups,
        },
        {"rows": built.rows, "note": built.note, "previous": built.previous, "next": built.next},
    )


def _is_start(here: Visit, view: SavedView) -> bool:
    return view.is_default and view.owner_id == here.actor.user_id


@blueprint.get("/o/<object_name>/filter")
def filter_form(object_name: str) -> str:
    """Return the dialog that adds a filter: the choice of a field, then what fits it."""
    here = visit()
    obj = readable_object(here, object_name)
    address, _view = read_address(here, obj, request.args)
    fields = [field for field in shown_fields(here, obj) if filters.operator_names(field)]
    field = next((one for one in fields if one.name == request.args.get("field")), None)
    if field is None:
        named = [(one.name, here.labels.field(one)) for one in fields]
        return fragments.dialog(
            "records/filter_form.html", _("Add a filter"), object=obj, address=address, field=None, fields=named
        )
    shown = field.shown
    return fragments.dialog(
        "records/filter_form.html",
        _("Add a filter"),
        object=obj,
        address=address,
        field=field,
        field_label=here.labels.field(field),
        operators=filters.operator_names(field),
        choices=filters.choices(here, field),
        pick_url=url_for("records.pick_records", object_name=field.object, field=field.name) if shown.to else "",
        behaviour="time" if shown.type.name == "time" else BEHAVIOURS.get(shown.value_type.kind, ""),
    )


@blueprint.get("/o/<object_name>/filter/add")
def add_filter(object_name: str) -> BaseResponse:
    """Go to the list with one more filter."""
    here = visit()
    obj = readable_object(here, object_name)
    address, _view = read_address(here, obj, request.args)
    values = [value for value in request.args.getlist("value") if value.strip()]
    op = request.args.get("op", "")
    # Several values are "one of"; the dialog lets one check several choices whatever the operator says.
    if len(values) > 1 and op == "eq":
        op = "in"
    text = filters.LIST_SEPARATOR.join(values) if op in filters.SEVERAL else values[0] if values else ""
    added = filters.read(
        here, obj, [f"{request.args.get('field', '')}{filters.SEPARATOR}{op}{filters.SEPARATOR}{text}"]
    )
    added = tuple(each for each in added if text or not filters.needs_value(here, obj, each))
    return redirect(address.href(f=[str(each) for each in dict.fromkeys((*address.filters, *added))]))


@blueprint.get("/o/<object_name>/columns")
def columns_form(object_name: str) -> str:
    """Return the dialog that chooses columns."""
    here = visit()
    obj = readable_object(here, object_name)
    address, view = read_address(here, obj, request.args)
    shown = [path for path in address.columns or view.columns if field_at(here, obj, path) is not None]
    own = shown_fields(here, obj)
    fields = [(path, path_label(here, obj, path), True) for path in shown]
    fields += [(field.name, here.labels.field(field), False) for field in own if field.name not in shown]
    sorts = [text for text in address.sort.split(",") if text][: listing.MOST_SORTS]
    return fragments.dialog(
        "records/columns_form.html",
        _("Columns"),
        object=obj,
        address=address,
        fields=fields,
        sortable=[(path, text) for path, text, _shown in fields if field_at(here, obj, path).shown.type.sortable],  # type: ignore[union-attr]
        sorts=[*sorts, *[""] * (listing.MOST_SORTS - len(sorts))],
        groups=[(path, text) for path, text, _shown in fields if group_of(here, obj, path)],
        group=address.group.partition(":")[0],
    )


@blueprint.get("/o/<object_name>/columns/choose")
def choose_columns(object_name: str) -> BaseResponse:
    """Go to the list with the chosen columns in their order, sorted and grouped as chosen."""
    here = visit()
    obj = readable_object(here, object_name)
    address, _view = read_address(here, obj, request.args)
    return redirect(address.href(columns=",".join(dict.fromkeys(request.args.getlist("column")))))


@blueprint.get("/o/<object_name>/group")
def group_rows(object_name: str) -> str:
    """Return the rows of one group of a list."""
    here = visit()
    obj = readable_object(here, object_name)
    return str(listing.group_rows(here, obj, request.args))


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
    limits.spend_both(limits.PICK, here.actor.user_id)
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
