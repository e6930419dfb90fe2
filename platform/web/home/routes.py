"""Addresses of dashboards: the home page, each dashboard by name, one widget again after something changed."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.dashboards import Dashboard
from formline.errors import NotFoundError
from formline.web import drawn, shell
from formline.web.home import arranging, asked, building
from formline.web.home.arranging import Placed
from formline.web.home.blueprint import blueprint
from formline.web.home.widgets import available
from formline.web.records.widget_views import dashboards_of
from formline.web.visit import Visit, visit


@blueprint.get("/")
def page() -> Response | str:
    """Show the person's home page; without a dashboard for them, go to their first list, or say whom to ask."""
    here = visit()
    dashboard = next(iter(dashboards_of(here)), None)
    if dashboard is not None:
        return _show(here, dashboard)
    first = next((item for group in shell.build().nav for item in group.items), None)
    if first is None:
        return render_template("records/nothing.html")
    return redirect(first.href)


@blueprint.get("/dashboards/<name>")
def dashboard_page(name: str) -> str:
    """Show a dashboard."""
    here = visit()
    return _show(here, required(here, name))


@blueprint.get("/dashboards/<name>/widgets/<key>")
def widget(name: str, key: str) -> str:
    """Return one widget again."""
    here = visit()
    dashboard = required(here, name)
    found = available(here).get(key)
    if found is None:
        raise NotFoundError
    placed = arranging.arrangement(here, dashboard).placed
    place = next((one for one in placed if one.widget is found), Placed(found, 0, 0, found.width, found.height))
    return building.markup(building.build(here, dashboard.name, [place], wanted(here, dashboard)))


def required(here: Visit, name: str) -> Dashboard:
    """Return a dashboard that the person may open; NotFoundError otherwise."""
    found = next((one for one in dashboards_of(here) if one.name == name), None)
    if found is None:
        raise NotFoundError
    return found


def wanted(here: Visit, dashboard: Dashboard) -> asked.Asked:
    """Return what the address asks for."""
    return asked.read(here, dashboard, request.args.get("period", ""), request.args.get("team", ""))


def label_of(here: Visit, dashboard: Dashboard) -> str:
    """Return what a dashboard is called."""
    return here.labels.text("dashboard", dashboard.name, "label", dashboard.label)


def _show(here: Visit, dashboard: Dashboard) -> str:
    here_asked = wanted(here, dashboard)
    arranged = arranging.arrangement(here, dashboard)
    shown = building.build(here, dashboard.name, arranged.placed, here_asked)
    days = here_asked.days(here)
    note = " – ".join(here.formats.long_date(day) for day in days) if days else ""
    return drawn.page(
        "home/page.html",
        {
            "name": dashboard.name,
            "label": label_of(here, dashboard),
            "asked": here_asked,
            "periods": tuple(asked.period_names().items()),
            "teams": tuple(asked.team_names().items()),
            "others": tuple((one.name, label_of(here, one)) for one in dashboards_of(here)),
            "base": request.path,
        },
        {"widgets": building.markup(shown), "note": note},
    )


def back_to(dashboard: Dashboard) -> str:
    """Return the address of a dashboard: the home page where it is that."""
    first = next(iter(dashboards_of(visit())), None)
    return url_for("home.page") if first is dashboard else url_for("home.dashboard_page", name=dashboard.name)
