"""Arranging a dashboard: the page on which widgets are moved, added and taken away, keeping it, and going back."""

from __future__ import annotations

from uuid import UUID

import orjson
from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from formline.errors import NotFoundError, ValidationError
from formline.runtime import dashboard_layouts
from formline.web.home import arranging, building
from formline.web.home.arranging import Placed
from formline.web.home.blueprint import blueprint
from formline.web.home.routes import back_to, label_of, required, wanted
from formline.web.home.widgets import available
from formline.web.records.widget_views import dashboards_of, widget_label
from formline.web.visit import Visit, visit


@blueprint.get("/dashboards/<name>/edit")
def edit_page(name: str) -> str:
    """Show a dashboard to be arranged, with what can be added."""
    here = visit()
    dashboard = required(here, name)
    arranged = arranging.arrangement(here, dashboard)
    shown = building.build(here, dashboard.name, arranged.placed, wanted(here, dashboard))
    return render_template(
        "home/edit.html",
        dashboard=dashboard,
        label=label_of(here, dashboard),
        widgets=building.markup(shown, editing=True),
        palette=_palette(here),
        present={one.widget.key for one in arranged.placed},
        own=arranged.own,
        back=back_to(dashboard),
    )


@blueprint.get("/dashboards/<name>/edit/<key>")
def added_widget(name: str, key: str) -> str:
    """Return a widget that was picked from the palette, to be put on the page."""
    here = visit()
    dashboard = required(here, name)
    found = available(here).get(key)
    if found is None:
        raise NotFoundError
    place = Placed(found, 0, 0, found.width, found.height)
    shown = building.build(here, dashboard.name, [place], wanted(here, dashboard))
    return str(building.markup(shown, editing=True))


@blueprint.post("/dashboards/<name>/layout")
def save_layout(name: str) -> Response:
    """Keep an arrangement."""
    here = visit()
    dashboard = required(here, name)
    try:
        sent = orjson.loads(request.form.get("layout", ""))
    except orjson.JSONDecodeError:
        raise ValidationError(()) from None
    places = arranging.read(sent, available(here))
    with here.site.writing() as connection:
        dashboard_layouts.save(connection, _person(here), dashboard.name, places)
    return redirect(f"{back_to(dashboard)}?saved=1", 303)


@blueprint.post("/dashboards/<name>/reset")
def reset_layout(name: str) -> Response:
    """Forget the person's arrangement."""
    here = visit()
    dashboard = required(here, name)
    with here.site.writing() as connection:
        dashboard_layouts.reset(connection, _person(here), dashboard.name)
    return redirect(f"{back_to(dashboard)}?saved=1", 303)


def _person(here: Visit) -> UUID:
    if here.actor.user_id is None:
        raise NotFoundError
    return here.actor.user_id


def _palette(here: Visit) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """Return what can be added, by dashboard: (key, label, icon, kind) of each widget."""
    known = available(here)
    found = []
    for dashboard in dashboards_of(here):
        widgets = [one for one in dashboard.widgets.values() if one.key in known]
        named = [(one.key, widget_label(here, one), one.icon, one.kind) for one in widgets]
        if named:
            found.append((label_of(here, dashboard), named))
    return found
