"""Pages of the navigation that are no object's: each package of pages adds its own; none is listed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """A page with an entry in the navigation of those who may open it.

    Whether a person may open it depends on their rights alone: it is asked once for all who have the same.
    ``label`` is English, marked with ``N_`` where it is written; ``path`` begins every address that belongs to the
    place. Daily work stands around the first app's entries by ``order``: before them below zero.
    What is ``about_site`` stands last.
    """

    name: str
    label: str
    icon: str
    path: str
    endpoint: str
    may_open: Callable[[Visit], bool]
    order: int = 0
    about_site: bool = False
    #: How much waits there for the person; asked at every page, so it must cost no statement of its own.
    waiting: Callable[[Visit], int] | None = None


_PLACES: dict[str, Place] = {}


def add(place: Place) -> None:
    """Add a page to the navigation; called where its routes are made."""
    _PLACES[place.name] = place


def every() -> list[Place]:
    """Return all places in the order of the navigation."""
    return sorted(_PLACES.values(), key=lambda place: (place.order, place.name))


def named(name: str) -> Place | None:
    """Return a place by its name, which apps write as ``page: name``."""
    return _PLACES.get(name)


def at(path: str) -> Place | None:
    """Return the place an address belongs to."""
    return next((place for place in _PLACES.values() if path.startswith(place.path)), None)
