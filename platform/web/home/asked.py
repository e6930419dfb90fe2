"""The period and the team a dashboard shows: what they are called, the days they mean, the filters of lists they are.

Periods are the relative filters of lists by the same names, so that a number and the list behind it agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from formline.catalog.dashboards import PERIODS, TEAMS, Dashboard
from formline.runtime.queries.measures import Stretch
from formline.web.i18n import gettext as _
from formline.web.records import relative
from formline.web.visit import Visit

#: The filter of a list on a person that a team is.
TEAM_FILTERS: Final[Mapping[str, str]] = {"mine": "me", "team": "my_team", "department": "my_department"}
CURRENT, TO_DATE, WHOLE = "current", "to_date", "whole_period"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a dashboard asks for; ``all`` stands for no limit."""

    period: str
    team: str

    def stretches(self, visit: Visit) -> Mapping[str, Stretch]:
        """Return the days of the period, and those it is compared with; empty where the period is all time."""
        if self.period == "all":
            return {}
        zone = visit.locale.zone
        first, end = relative.days_of(visit.today, self.period)
        before, before_end = relative.days_of(first - timedelta(days=1), _CONTAINING[self.period])
        same = min(before + (visit.today + timedelta(days=1) - first), before_end)
        return {
            CURRENT: Stretch(first, end, zone),
            TO_DATE: Stretch(before, same if end > visit.today else before_end, zone),
            WHOLE: Stretch(before, before_end, zone),
        }

    def days(self, visit: Visit) -> tuple[date, date] | None:
        """Return the first and the last day of the period; None for all time."""
        if self.period == "all":
            return None
        first, end = relative.days_of(visit.today, self.period)
        return first, end - timedelta(days=1)


#: The period of the same length that a day lies in.
_CONTAINING: Final[Mapping[str, str]] = {
    "this_week": "this_week",
    "this_month": "this_month",
    "last_month": "this_month",
    "this_quarter": "this_quarter",
    "last_quarter": "this_quarter",
    "this_year": "this_year",
}


def read(visit: Visit, dashboard: Dashboard, period: str, team: str) -> Asked:
    """Return what an address asks; what makes no sense here is as the dashboard says."""
    if period not in PERIODS:
        period = dashboard.period
    if team not in TEAMS:
        team = dashboard.team
    return Asked(period, team)


def period_names() -> dict[str, str]:
    """Return what the periods are called, in their order."""
    return {
        "this_week": _("This week"),
        "this_month": _("This month"),
        "last_month": _("Last month"),
        "this_quarter": _("This quarter"),
        "last_quarter": _("Last quarter"),
        "this_year": _("This year"),
        "all": _("All time"),
    }


def team_names() -> dict[str, str]:
    """Return what the teams are called, in their order."""
    return {
        "mine": _("Mine"),
        "team": _("Mine and my reports'"),
        "department": _("My department"),
        "all": _("Everything I may see"),
    }


def against(period: str, compare: str) -> str:
    """Return what a number is compared with, in words."""
    to_date = {
        "this_week": _("than last week by the same day"),
        "this_month": _("than last month by the same day"),
        "this_quarter": _("than last quarter by the same day"),
        "this_year": _("than last year by the same day"),
    }
    whole = {
        "this_week": _("than last week"),
        "this_month": _("than last month"),
        "last_month": _("than the month before"),
        "this_quarter": _("than last quarter"),
        "last_quarter": _("than the quarter before"),
        "this_year": _("than last year"),
    }
    return (to_date.get(period) if compare == TO_DATE else None) or whole[period]
