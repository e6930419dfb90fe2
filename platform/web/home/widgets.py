"""What all widgets share: whether a person may have one, the question it asks, the list behind it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from formline.catalog.dashboards import LIST, Series, Widget
from formline.catalog.objects import Object
from formline.runtime.queries import QueryError, Total
from formline.runtime.queries.measures import Measure, check
from formline.runtime.queries.paths import usable
from formline.web import addresses
from formline.web.home.asked import CURRENT, TEAM_FILTERS, Asked
from formline.web.records.targets import views_for
from formline.web.records.widget_views import dashboards_of, view_key
from formline.web.visit import Visit


def available(visit: Visit) -> dict[str, Widget]:
    """Return every widget the person may put on a page, by key: those of all dashboards that are for them.

    A widget about an object or field they may not read on every record is not there.
    """

    def found() -> dict[str, Widget]:
        every = (widget for dashboard in dashboards_of(visit) for widget in dashboard.widgets.values())
        return {widget.key: widget for widget in every if _may_see(visit, widget)}

    return visit.compiled(("available widgets", visit.rights), found)


def _may_see(visit: Visit, widget: Widget) -> bool:
    if not visit.rights.object(widget.object).can("read"):
        return False
    try:
        for path in (widget.date, owner_of(visit, widget)):
            if path:
                usable(visit.rights, widget.object, path, "filter")
        for series in widget.series:
            check(visit.release, visit.actor, widget.object, Measure(total_of(series)), widget.group_by)
    except QueryError:
        return False
    if widget.kind != LIST:
        return True
    return any(view.name == widget.view for view in views_for(visit, visit.release.catalog.object(widget.object)))


def owner_of(visit: Visit, widget: Widget) -> str:
    """Return the path of the person a team is chosen by; "" where the object has none."""
    first = widget.owner.partition(".")[0]
    return widget.owner if first in visit.release.catalog.object(widget.object).fields else ""


def total_of(series: Series) -> Total:
    """Return what a series adds up."""
    return Total(series.aggregate, series.of)  # type: ignore[arg-type]  # the schema lists the functions


def measure_of(visit: Visit, widget: Widget, series: Series, asked: Asked, stretch: str = CURRENT) -> Measure:
    """Return a series as a question; of a widget with parts of its own time, ``stretch`` names that."""
    date = widget.group_by.partition(":")[0] if widget.last else widget.date
    if asked.period == "all" and not widget.last:
        date = ""
    team = "" if asked.team == "all" else asked.team
    return Measure(
        total_of(series), series.where, date, stretch if date else "", owner_of(visit, widget) if team else "", team
    )


def narrowed(visit: Visit, widget: Widget, asked: Asked) -> list[tuple[str, str]]:
    """Return the filters of a list, as addresses have them, that a widget is under."""
    found = []
    if widget.date and asked.period != "all" and not widget.last:
        found.append(("f", f"{widget.date}~{asked.period}~"))
    owner = owner_of(visit, widget)
    if owner and asked.team != "all":
        found.append(("f", f"{owner}~{TEAM_FILTERS[asked.team]}~"))
    return found


def address(
    visit: Visit, widget: Widget, asked: Asked, series: Series | None = None, more: Iterable[tuple[str, str]] = ()
) -> str:
    """Return the address of the records behind a widget or one series of it, narrowed by ``more`` filters."""
    view = widget.view if series is None else view_key(widget, series)
    return addresses.list_of(widget.object, [("view", view), *narrowed(visit, widget, asked), *more])


def object_of(visit: Visit, widget: Widget) -> Object:
    """Return the object a widget is about."""
    return visit.release.catalog.object(widget.object)


#: Ids by object of records that a widget names.
Wanted = dict[str, set[UUID]]
