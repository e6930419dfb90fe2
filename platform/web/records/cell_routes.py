"""Addresses of cells: changing one value in the list, with the row as it is afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import make_response, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, ConflictError, NotFoundError, ValidationError
from formline.runtime.queries import get
from formline.runtime.unit import Change, run_unit
from formline.web import addresses, fragments, step_up
from formline.web.i18n import gettext as _
from formline.web.records import cells, initial, listing, record_view
from formline.web.records.blueprint import blueprint
from formline.web.records.cells import READ
from formline.web.records.form_binding import BoundForm, controls_class
from formline.web.records.form_markup import compile_controls
from formline.web.records.form_spec import ControlSpec, transition_controls
from formline.web.records.form_values import fill, ids_in
from formline.web.records.list_address import read_address
from formline.web.records.targets import readable_object, record_with_rights, titles_of
from formline.web.visit import Visit, visit

Answer = Response | str
#: ``?on=record``: the cell stands on the record's page.
ON_RECORD = "record"


@blueprint.get("/o/<object_name>/<uuid:record_id>/cells/<name>")
def cell_form(object_name: str, record_id: UUID, name: str) -> Answer:
    """Return the form that changes one value, to stand in its cell."""
    here, obj, record, control = _asked(object_name, record_id, name)
    values = initial.blank(here)
    fill(values, (control,), record, titles_of(here, ids_in((control,), record)), here.formats)
    return _form(here, obj, record, control, values)


@blueprint.post("/o/<object_name>/<uuid:record_id>/cells/<name>")
def change_cell(object_name: str, record_id: UUID, name: str) -> Answer:
    """Save one value and return the whole row, as formulas may have followed; or the form with what is wrong.

    Somebody else's change meanwhile answers 409: the form with one's own value beside theirs; sent again, it replaces.
    """
    here, obj, record, control = _asked(object_name, record_id, name)
    built = here.compiled(("controls", (control,)), lambda: controls_class((control,)))
    bound = BoundForm(built(), (control,))
    status, theirs = 422, Markup()
    if bound.valid():
        change = Change(record_id, bound.values(), request.form.get("version", type=int))
        step_up.require_for(here, obj.name, change.values, record)
        try:
            run_unit(
                here.site,
                here.actor,
                lambda unit: unit.update(obj.name, [change]),
                source="form",
                confirm=request.form.get("confirm") == "1",
                locale=here.locale,
            )
        except ValidationError as error:
            bound.take(error.errors, obj)
        except ConflictError:
            status, theirs = 409, _shown(here, control, record)
        else:
            return _changed() if request.args.get("on") == ON_RECORD else _row(here, obj, record_id)
    titles = titles_of(here, bound.chosen_ids())
    values = bound.shown(initial.blank(here), {str(key): title for key, title in titles.items()})
    response = make_response(_form(here, obj, record, control, values, bound, theirs), status)
    response.headers["HX-Retarget"] = "#cell-form"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _asked(object_name: str, record_id: UUID, name: str) -> tuple[Visit, Object, dict[str, Any], ControlSpec]:
    """Return what an address is about.

    Raises:
        NotFoundError: no such record or field. AccessDeniedError: it is not theirs to change.
    """
    here = visit()
    obj = readable_object(here, object_name)
    record, access = record_with_rights(here, obj, record_id)
    on_record = request.args.get("on") == ON_RECORD
    if name not in (record_view.editable(here, obj) if on_record else listing.editable(here, obj)):
        raise NotFoundError
    if not access.can("update"):
        raise AccessDeniedError(_("You may read this record, but not change it."))
    controls = transition_controls(here, obj, str(record.get("record_type") or ""), iter((name,)))
    if not controls:
        raise NotFoundError
    return here, obj, record, controls[0]


def _form(
    here: Visit,
    obj: Object,
    record: dict[str, Any],
    control: ControlSpec,
    values: Any,
    bound: BoundForm | None = None,
    theirs: Markup | str = "",
) -> str:
    drawn = here.compiled(("drawn", (control,), here.language), lambda: compile_controls((control,)))
    query = request.query_string.decode()
    address = url_for("records.change_cell", object_name=obj.name, record_id=record["id"], name=control.field.name)
    return fragments.dialog(
        "records/cell_form.html",
        control.label,
        action=f"{address}?{query}" if query else address,
        version=record["version"],
        label=control.label,
        on_record=request.args.get("on") == ON_RECORD,
        form=drawn.render(values),
        theirs=theirs,
        general=bound.general if bound else (),
        warnings=bound.warnings if bound else (),
    )


def _shown(here: Visit, control: ControlSpec, record: dict[str, Any]) -> Markup:
    """Return the value that is stored now, as people read it."""
    column = cells.column(here, control.field.name, control.field, READ)
    titles = titles_of(here, cells.ids_in((column,), [record]))
    text = column.render(record, titles, here.formats, here.labels, cells.EMPTY)
    return Markup(text)  # noqa: S704 - cells are escaped when filled


def _changed() -> Answer:
    """Tell the record's page to load itself again: formulas, rules and the timeline may have followed."""
    response = make_response("", 204)
    response.headers["HX-Trigger"] = "record:refresh"
    return response


def _row(here: Visit, obj: Object, record_id: UUID) -> Answer:
    """Return the row of a record with the columns of the address; without scripts, go to the record."""
    if not request.headers.get("HX-Request"):
        return redirect(addresses.record(obj.name, record_id), 303)
    address, view = read_address(here, obj, request.args)
    columns = listing.columns_of(here, obj, view, address.columns)
    paths = tuple(dict.fromkeys((*(each.path for each in columns), obj.title)))
    record = get(here.connection, here.release, here.actor, obj.name, record_id, paths)
    return str(listing.list_rows(here, obj, columns, [record], titles_of(here, cells.ids_in(columns, [record]))))
