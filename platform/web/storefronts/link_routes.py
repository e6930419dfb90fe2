"""Where people inside make links to a storefront for a record, see which there are, and end them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access.permitted import record_rights
from formline.runtime.storefronts import links
from formline.web.auth import accounts
from formline.web.i18n import gettext as _
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import readable_object, record_or_404, title_text
from formline.web.storefronts.blueprint import blueprint
from formline.web.visit import Visit, visit

if TYPE_CHECKING:
    from formline.catalog.objects import Object
    from formline.catalog.storefronts import Storefront


def fronts_of(here: Visit, object_name: str) -> list[Storefront]:
    """Return the storefronts that records of an object get links to, for who may make such orders."""
    every: Iterable[Storefront] = here.release.catalog.all("storefront").values()
    found = [one for one in every if one.of == object_name and here.rights.object(one.order.object).can("create")]
    return sorted(found, key=lambda one: one.name)


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to the links of a record for who may change it."""
    fronts = fronts_of(here, obj.name)
    if fronts and _may(here, obj, record["id"]):
        address = url_for("storefront_links.overview", object_name=obj.name, record_id=record["id"])
        yield Action(_("Links to product pages"), address, "link")


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/links")
def overview(object_name: str, record_id: UUID) -> str:
    """List the links of a record."""
    here, obj, fronts = _opened(object_name, record_id)
    return _page(here, obj, record_id, fronts)


@blueprint.post("/o/<object_name>/<uuid:record_id>/links/<name>")
def make(object_name: str, record_id: UUID, name: str) -> str:
    """Make a link and show it, this once."""
    here, obj, fronts = _opened(object_name, record_id)
    front = next((one for one in fronts if one.name == name), None)
    if front is None:
        raise NotFoundError
    with here.site.writing() as writing:
        token = links.make(writing, here.release, front, record_id, here.actor.user_id, here.now)
        told = {"storefront": front.name, "object": obj.name, "record": str(record_id)}
        accounts.record_event(writing, here.actor.user_id, "public_link_made", told)
    address = here.site.settings.address + url_for("storefront.show", token=token)
    return _page(here, obj, record_id, fronts, address)


@blueprint.post("/o/<object_name>/<uuid:record_id>/links/<uuid:key>/end")
def end(object_name: str, record_id: UUID, key: UUID) -> Response:
    """End a link: it opens nothing any more."""
    here, obj, _fronts = _opened(object_name, record_id)
    with here.site.writing() as writing:
        if links.revoke(writing, here.release, obj.name, record_id, key, here.now):
            told = {"object": obj.name, "record": str(record_id)}
            accounts.record_event(writing, here.actor.user_id, "public_link_ended", told)
    return redirect(url_for("storefront_links.overview", object_name=obj.name, record_id=record_id), 303)


def _opened(object_name: str, record_id: UUID) -> tuple[Visit, Object, list[Storefront]]:
    here = visit()
    obj = readable_object(here, object_name)
    record_or_404(here, obj, record_id)
    fronts = fronts_of(here, obj.name)
    if not fronts:
        raise NotFoundError
    if not _may(here, obj, record_id):
        raise AccessDeniedError(_("Links are made by who may change the record."))
    return here, obj, fronts


def _may(here: Visit, obj: Object, record_id: UUID) -> bool:
    found = record_rights(here.connection, here.release, here.actor, obj.name, [record_id]).get(record_id)
    return found is not None and found.can("update")


def _page(here: Visit, obj: Object, record_id: UUID, fronts: list[Storefront], address: str = "") -> str:
    known = {one.name: here.labels.text("storefront", one.name, "label", one.label) for one in fronts}
    record = record_or_404(here, obj, record_id)
    return render_template(
        "storefronts/links.html",
        object=obj,
        record=record,
        title=title_text(obj, record),
        fronts=known,
        made=address,
        links=[one for one in links.of_record(here.connection, here.release, obj.name, record_id) if one.page in known],
        now=here.now,
        formats=here.formats,
    )
