"""Addresses of saved views: keeping what a list shows, renaming, sharing, starting with one, deleting."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import AccessDeniedError
from formline.runtime import saved_views
from formline.runtime.saved_views import EVERYONE, SavedView
from formline.web import fragments
from formline.web.i18n import gettext as _
from formline.web.records import saved_lists
from formline.web.records.blueprint import blueprint
from formline.web.records.list_address import read_address
from formline.web.records.targets import readable_object
from formline.web.visit import Visit, visit

LONGEST_NAME = 60
Answer = Response | str | tuple[str, int]


@blueprint.get("/o/<object_name>/views/new")
def new_view(object_name: str) -> str:
    """Show the dialog that keeps what the list shows."""
    here = visit()
    return _form(here, readable_object(here, object_name), None)


@blueprint.post("/o/<object_name>/views/new")
def create_view(object_name: str) -> Answer:
    """Keep what the list shows under a name and go there."""
    here = visit()
    obj = readable_object(here, object_name)
    name = _name()
    if not name or here.actor.user_id is None:
        return _form(here, obj, None, _("Enter a name.")), 422
    address, _view = read_address(here, obj, request.form)
    object_id = here.release.model(obj.name).object_id
    kept = saved_lists.definition(here, obj, address)
    with here.site.writing(here.release) as connection:
        key = saved_views.create(connection, object_id, here.actor.user_id, name, kept, here.now)
        person, roles = here.actor.user_id, here.rights.role_names
        known = saved_views.readable(connection, here.release, object_id, person, roles)
        made = next(view for view in known if view.id == key)
        if saved_lists.may_share(here):
            saved_views.change(connection, made, roles=_roles(here))
        if request.form.get("default"):
            saved_views.make_default(connection, object_id, here.actor.user_id, key)
    return redirect(saved_lists.href(here, obj, made), 303)


@blueprint.get("/o/<object_name>/views/<uuid:view_id>")
def view_form(object_name: str, view_id: UUID) -> str:
    """Show the dialog of a saved view."""
    here = visit()
    obj = readable_object(here, object_name)
    return _form(here, obj, saved_lists.find(here, obj, view_id))


@blueprint.post("/o/<object_name>/views/<uuid:view_id>")
def change_view(object_name: str, view_id: UUID) -> Answer:
    """Rename or share a view, keep what the list shows now (``act=keep``), or delete it (``act=delete``)."""
    here = visit()
    obj = readable_object(here, object_name)
    view = saved_lists.find(here, obj, view_id)
    act = request.form.get("act", "")
    if not saved_lists.may_change(here, view):
        raise AccessDeniedError(_("This view is somebody else's."))
    if act == "delete":
        with here.site.writing(here.release) as connection:
            saved_views.remove(connection, view)
        return redirect(f"/o/{obj.name}", 303)
    if act == "keep":
        address, _view = read_address(here, obj, request.form)
        with here.site.writing(here.release) as connection:
            saved_views.change(connection, view, definition=saved_lists.definition(here, obj, address))
        return redirect(saved_lists.href(here, obj, saved_lists.find(here, obj, view_id)), 303)
    if not _name():
        return _form(here, obj, view, _("Enter a name.")), 422
    _save(here, obj, view)
    return redirect(saved_lists.href(here, obj, view), 303)


def _save(here: Visit, obj: Object, view: SavedView) -> None:
    object_id = here.release.model(obj.name).object_id
    roles = {"roles": _roles(here)} if saved_lists.may_share(here) else {}
    with here.site.writing(here.release) as connection:
        saved_views.change(connection, view, name=_name(), **roles)
        if view.owner_id is not None and view.owner_id == here.actor.user_id:
            wanted = bool(request.form.get("default"))
            if wanted != view.is_default:
                saved_views.make_default(connection, object_id, view.owner_id, view.id if wanted else None)


def _name() -> str:
    return request.form.get("name", "").strip()[:LONGEST_NAME]


def _roles(here: Visit) -> list[str]:
    """Return whom the form shares with; names that are no role's are left out."""
    known = {EVERYONE, *here.release.catalog.names("role")}
    return [name for name in request.form.getlist("roles") if name in known]


def _form(here: Visit, obj: Object, view: SavedView | None, problem: str = "") -> str:
    address, _view = read_address(here, obj, request.values)
    catalog = here.release.catalog
    roles = [
        (name, here.labels.text("role", name, "label", catalog.get("role", name).label))
        for name in catalog.names("role")
    ]
    return fragments.dialog(
        "records/view_form.html",
        _("Saved view"),
        object=obj,
        address=address,
        view=view,
        roles=[(EVERYONE, _("Everyone")), *roles] if saved_lists.may_share(here) else [],
        own=view is None or view.owner_id == here.actor.user_id,
        may_change=view is None or saved_lists.may_change(here, view),
        problem=problem,
    )
