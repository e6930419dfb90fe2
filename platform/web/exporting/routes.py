"""Addresses of exports: what to export of a list, one's own exports, the file."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from formline.catalog.model import ListView
from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime import jobs
from formline.runtime.exporting import exports
from formline.runtime.exporting import job as exporting_job
from formline.runtime.exporting.writing import FORMATS, MOST_ROWS
from formline.runtime.files.storage import store_of
from formline.runtime.queries import Query, fetch
from formline.web import fragments, limits, step_up
from formline.web.files.markup import size_text
from formline.web.files.sending import SANDBOX, disposition
from formline.web.i18n import gettext as _
from formline.web.records.list_address import ListAddress, asked, read_address
from formline.web.records.listing import sort_of
from formline.web.records.targets import field_at, path_label, readable_object, shown_fields
from formline.web.rsgi import FileBody
from formline.web.visit import Visit, visit

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

blueprint = Blueprint("exporting", __name__)
__all__ = ["blueprint", "exporting_job"]


@blueprint.get("/o/<object_name>/export")
def form(object_name: str) -> str:
    """Ask for the form of the file and its columns."""
    here = visit()
    return _form(here, _exportable(here, object_name), "")


@blueprint.post("/o/<object_name>/export")
def ask(object_name: str) -> BaseResponse | tuple[str, int]:
    """Have the file made in the background; asks again who one is, as many values leave at once."""
    here = visit()
    obj = _exportable(here, object_name)
    limits.spend_both(limits.EXPORT, here.actor.user_id)
    step_up.require()
    address, view = read_address(here, obj, request.form)
    if _count(here, obj, address, view) > MOST_ROWS:
        return _form(here, obj, _("There are more than 1,000,000 rows. Add a filter to the list.")), 422
    paths = _columns(here, obj, address, view)
    name = request.form.get("form", "")
    wanted = exports.Wanted(
        object=obj.name,
        columns=paths,
        headings=[path_label(here, obj, path) for path in paths],
        where=asked(here, obj, address),
        view=view.name,
        sort=sort_of(here, obj, address.sort) or view.sort,
        form=name if name in FORMATS else FORMATS[0],
        language=here.language,
        zone=here.zone_name,
    )
    with here.site.writing(here.release) as writing:
        exports.ask(writing, here.release, here.actor, wanted, here.labels.plural(obj))
    return _go(url_for("exporting.history"))


@blueprint.get("/exports")
def history() -> str:
    """Show a person's exports; those still made are asked for again every second."""
    here = visit()
    rows = []
    for each in exports.of_person(here.connection, _me(here)):
        name = here.release.object_named(each.object_id)
        if name is not None:
            job = jobs.get(here.connection, each.job)
            size = size_text(each.size) if each.size is not None else ""
            rows.append((each, here.release.catalog.object(name), job.state if job else "", size))
    works = any(state in ("waiting", "running") for _each, _object, state, _size in rows)
    fragment = request.headers.get("HX-Request")
    template = "exporting/_list.html" if fragment else "exporting/history.html"
    return render_template(template, rows=rows, works=works, here=here)


@blueprint.get("/exports/<uuid:identifier>/file")
def download(identifier: UUID) -> Response:
    """Send the file to who asked for it, where their rights are still what they were."""
    here = visit()
    found = exports.get(here.connection, identifier, _me(here))
    try:
        name = exports.require_same_rights(here.release, here.actor, found)
    except AccessDeniedError:
        raise AccessDeniedError(_("Your rights have changed since this was exported. Export it again.")) from None
    path = store_of(here.site).path(found.file or "")
    obj = here.release.catalog.object(name)
    day = found.created_at.astimezone(here.locale.zone).date().isoformat()
    headers = {
        "Content-Type": MEDIA_TYPES[found.format],
        "Content-Length": str(path.stat().st_size),
        "Content-Disposition": disposition("attachment", f"{here.labels.plural(obj)} {day}.{found.format}"),
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": "private, no-store",
    }
    body = FileBody(open(str(path), "rb"))  # noqa: SIM115 - the bridge wants a name; it closes it
    return Response(body, headers=headers, direct_passthrough=True)


def _exportable(here: Visit, name: str) -> Object:
    obj = readable_object(here, name)
    if not here.rights.object(obj.name).can("export"):
        raise NotFoundError
    return obj


def _count(here: Visit, obj: Object, address: ListAddress, view: ListView) -> int:
    """Return how many rows there would be, counted no further than needed."""
    where = asked(here, obj, address)
    query = Query(obj.name, ("id",), where, view.where, (("id", False),), 1, None, MOST_ROWS + 1, False, "export")
    return fetch(here.connection, here.release, here.actor, query).count or 0


def _columns(here: Visit, obj: Object, address: ListAddress, view: ListView) -> list[str]:
    """Return the columns of the list, or every field the person may see; sealed ones never leave."""
    if request.form.get("columns_of") == "all":
        paths = [field.name for field in shown_fields(here, obj)]
    else:
        paths = [*(address.columns or view.columns)]
    fields = {path: field_at(here, obj, path) for path in paths}
    return [path for path, field in fields.items() if field is not None and not field.shown.type.sealed]


def _form(here: Visit, obj: Object, wrong: str) -> str:
    address, view = read_address(here, obj, request.values)
    return fragments.dialog(
        "exporting/form.html",
        _("Export"),
        object=obj,
        address=address,
        count=_count(here, obj, address, view),
        columns=len(_columns(here, obj, address, view)),
        general=[wrong] if wrong else [],
        warnings=(),
    )


def _go(address: str) -> BaseResponse:
    """Lead a script's request, or a plain form's, to a page."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def _me(here: Visit) -> UUID:
    if here.actor.user_id is None:
        raise NotFoundError
    return here.actor.user_id
