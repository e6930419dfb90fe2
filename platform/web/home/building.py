"""Builds the widgets of a page: every question first, then the titles of all they name at once, then the texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from formline.catalog.dashboards import CHART, LIST, NUMBER, Widget
from formline.web.home import charts, lists, numbers
from formline.web.home.arranging import Placed
from formline.web.home.asked import Asked
from formline.web.home.widgets import Wanted, address
from formline.web.records.targets import titles_of
from formline.web.records.widget_views import widget_label
from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Shown:
    """One widget as the template draws it: its place, its heading, and a number, chart or list as ``content``."""

    placed: Placed
    label: str
    help: str
    href: str
    refresh: str
    content: Any

    @property
    def widget(self) -> Widget:
        """The widget itself."""
        return self.placed.widget


def build(visit: Visit, dashboard: str, placed: Iterable[Placed], asked: Asked) -> tuple[Shown, ...]:
    """Return the widgets of a page with what they say."""
    every = tuple(placed)
    contents = _contents(visit, [one.widget for one in every], asked)
    return tuple(_shown(visit, dashboard, one, asked, contents[one.widget.key]) for one in every)


def _contents(visit: Visit, widgets: list[Widget], asked: Asked) -> Mapping[str, Any]:
    found: dict[str, Any] = dict(numbers.ask(visit, [one for one in widgets if one.kind == NUMBER], asked))
    drawn = {one.key: charts.ask(visit, one, asked) for one in widgets if one.kind == CHART}
    listed = {one.key: lists.ask(visit, one, asked) for one in widgets if one.kind == LIST}
    wanted: Wanted = {}
    for each in drawn.values():
        _merge(wanted, charts.wanted(each) if each else {})
    for one in listed.values():
        _merge(wanted, lists.wanted(one) if one else {})
    titles: Mapping[UUID, str] = titles_of(visit, wanted)
    slow_chart, slow_list = charts.Chart("", (), (), "", slow=True), lists.Entries((), "", "", slow=True)
    found |= {key: charts.write(visit, each, asked, titles) if each else slow_chart for key, each in drawn.items()}
    found |= {key: lists.write(visit, one, asked, titles) if one else slow_list for key, one in listed.items()}
    return found


def _merge(into: Wanted, more: Wanted) -> None:
    for name, ids in more.items():
        into.setdefault(name, set()).update(ids)


def _shown(visit: Visit, dashboard: str, placed: Placed, asked: Asked, content: Any) -> Shown:
    widget = placed.widget
    if widget.kind == LIST:
        href = address(visit, widget, asked)
    else:
        href = address(visit, widget, asked, widget.series[0]) if len(widget.series) == 1 else ""
    home, _dot, name = widget.key.partition(".")
    text = visit.labels.text("dashboard", home, f"widgets.{name}.help", widget.help) if widget.help else ""
    refresh = f"/dashboards/{dashboard}/widgets/{widget.key}?period={asked.period}&team={asked.team}"
    return Shown(placed, widget_label(visit, widget), text, href, refresh, content)


def markup(shown: Iterable[Shown], *, editing: bool = False) -> Markup:
    """Return the widgets as markup."""
    return Markup(render_template("home/_widgets.html", widgets=shown, editing=editing))  # noqa: S704 - a template escapes
