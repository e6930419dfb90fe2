"""Public holidays of countries, and the weekend days some countries work instead, from the library ``holidays``."""

from __future__ import annotations

from datetime import date
from functools import lru_cache


def special(country: str, day: date) -> bool | None:
    """Return whether a day is off (False), worked though it is a weekend (True), or as usual (None).

    An unknown country has no holidays.
    """
    off, worked = _year(country, day.year)
    if day in worked:
        return True
    return False if day in off else None


def known(country: str) -> bool:
    """Return whether the holidays of a country, by its two letters, are known."""
    import holidays

    return country in holidays.list_supported_countries()


@lru_cache(maxsize=64)
def _year(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    if not country or not known(country):
        return frozenset(), frozenset()
    import holidays

    found = holidays.country_holidays(country, years=year)
    worked = frozenset(day for day in getattr(found, "weekend_workdays", ()) if day.year == year)
    return frozenset(found) - worked, worked
