"""The records behind a widget of a dashboard as a list view, so that a number leads to exactly what it counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from formline.catalog.dashboards import Dashboard, Series, Widget, dashboards_for
from formline.catalog.model import Audience, ListView
from formline.catalog.objects import Object

if TYPE_CHECKING:
    from formline.web.visit import Visit


def dashboards_of(visit: Visit) -> tuple[Dashboard, ...]:
    """Return the dashboards a person may open, their home page first."""

    def fitting() -> tuple[Dashboard, ...]:
        rights = visit.rights
        own: Collection[str] = {role.name for role in rights.roles}
        return dashboards_for(visit.release.catalog, rights.role_names, own, rights.apps)

    return visit.compiled(("dashboards", visit.rights), fitting)


def widget_label(visit: Visit, widget: Widget) -> str:
    """Return the heading of a widget."""
    dashboard, _dot, name = widget.key.partition(".")
    return visit.labels.text("dashboard", dashboard, f"widgets.{name}.label", widget.label)


def series_label(visit: Visit, widget: Widget, series: Series) -> str:
    """Return what the legend says of a series; the widget's heading where it is the only one."""
    if not series.name:
        return widget_label(visit, widget)
    dashboard, _dot, name = widget.key.partition(".")
    path = f"widgets.{name}.series.{series.name}.label"
    return visit.labels.text("dashboard", dashboard, path, series.label)


def view_key(widget: Widget, series: Series) -> str:
    """Return the name by which an address asks for the records of a series."""
    return f"{widget.key}.{series.name}" if series.name else widget.key


def view_named(visit: Visit, obj: Object, name: str) -> ListView | None:
    """Return the view an address asks for by :func:`view_key`; None where there is none for this person."""
    if "." not in name:
        return None
    key = ("widget view", obj.name, name, visit.language, visit.rights)
    return visit.compiled(key, lambda: _found(visit, obj, name))


def _found(visit: Visit, obj: Object, name: str) -> ListView | None:
    for dashboard in dashboards_of(visit):
        for widget in dashboard.widgets.values():
            for series in widget.series if widget.object == obj.name else ():
                if view_key(widget, series) == name:
                    return _view(visit, obj, widget, series, name)
    return None


def _view(visit: Visit, obj: Object, widget: Widget, series: Series, name: str) -> ListView:
    label = widget_label(visit, widget)
    if series.name:
        label = f"{label} · {series_label(visit, widget, series)}"
    usual = next((one for one in obj.list_views if one.audience == Audience()), obj.list_views[0])
    return replace(usual, name=name, label=label, where=series.where, audience=Audience(), group_by="", generated=False)
