"""Addresses of a day's route: the page, the order by nearness, and moving one stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime.unit import Change, run_unit
from formline.web.records import routes
from formline.web.records.blueprint import blueprint
from formline.web.records.list_address import ROUTE, read_address
from formline.web.records.list_frame import frame
from formline.web.records.routes import Stop
from formline.web.records.targets import readable_object, titles_of
from formline.web.visit import Visit, visit


@blueprint.get("/o/<object_name>/route")
def route_page(object_name: str) -> str:
    """Show a person's records of a day as a route, drawn and as a list."""
    here = visit()
    obj = readable_object(here, object_name)
    routes.required(here, obj)
    day, who = _asked(here, request.args.get("day", ""), request.args.get("who", ""))
    every, cut = routes.stops_of(here, obj, day)
    owners = {stop.owner for stop in every if stop.owner is not None} | {who}
    names = titles_of(here, {"user": owners})
    address, view = read_address(here, obj, request.args, ROUTE)
    own = [stop for stop in every if stop.owner == who]
    return render_template(
        "records/route.html",
        frame=frame(here, obj, address, view, {}),
        day=day,
        day_label=here.formats.long_date(day),
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        who=who,
        people=sorted(((key, names.get(key, "–")) for key in owners), key=lambda one: (one[0] != who, one[1])),
        drawing=routes.draw(own),
        numbers=here.formats,
        may_order=_may_order(here, obj),
        cut=cut,
    )


@blueprint.post("/o/<object_name>/route/nearest")
def order_route(object_name: str) -> Response:
    """Put the stops of a day in the order of a way that always goes to the nearest next."""
    here, obj, day, who, own = _posted(object_name)
    return _keep(here, obj, day, who, routes.nearest(own))


@blueprint.post("/o/<object_name>/route/move")
def move_stop(object_name: str) -> Response:
    """Move one stop (``id``) up or down (``by``) in the order of its day."""
    here, obj, day, who, own = _posted(object_name)
    keys = [str(stop.id) for stop in own]
    if request.form.get("id") not in keys or request.form.get("by") not in ("-1", "1"):
        raise NotFoundError
    at = keys.index(request.form["id"])
    to = min(max(at + int(request.form["by"]), 0), len(own) - 1)
    own.insert(to, own.pop(at))
    return _keep(here, obj, day, who, own)


def _posted(object_name: str) -> tuple[Visit, Object, date, UUID, list[Stop]]:
    here = visit()
    obj = readable_object(here, object_name)
    routes.required(here, obj)
    day, who = _asked(here, request.form.get("day", ""), request.form.get("who", ""))
    own = [stop for stop in routes.stops_of(here, obj, day)[0] if stop.owner == who]
    # What has no place is behind what has one, as the page shows it.
    return here, obj, day, who, sorted(own, key=lambda stop: stop.point is None)


def _asked(here: Visit, day: str, who: str) -> tuple[date, UUID]:
    try:
        return date.fromisoformat(day) if day else here.today, UUID(who) if who else _own(here)
    except ValueError:
        raise NotFoundError from None


def _own(here: Visit) -> UUID:
    if here.actor.user_id is None:
        raise NotFoundError
    return here.actor.user_id


def _may_order(here: Visit, obj: Object) -> bool:
    access = here.rights.object(obj.name)
    return access.can("update") and routes.required(here, obj).order in access.writable


def _keep(here: Visit, obj: Object, day: date, who: UUID, stops: Sequence[Stop]) -> Response:
    """Write the places in the order that changed; whose records may not be changed is refused as on any other way."""
    order = routes.required(here, obj).order
    changes = [
        Change(stop.id, {order: number}, stop.version) for number, stop in enumerate(stops, 1) if stop.order != number
    ]
    if changes:
        run_unit(here.site, here.actor, lambda unit: unit.update(obj.name, changes), source="form", confirm=True)
    return redirect(url_for("records.route_page", object_name=obj.name, day=day.isoformat(), who=who), 303)
