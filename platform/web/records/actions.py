"""Further buttons on a record's page, which other parts of the web layer add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog.objects import Object
from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Action:
    """A further button on a record's page; ``dialog`` opens it over the page.

    ``takes`` is the transition that it presses itself, and in whose place it stands, or "".
    """

    label: str
    href: str
    icon: str
    dialog: bool = False
    takes: str = ""


#: What other parts of the web layer add to records of an object: ``{object: function of visit and record}``.
ACTIONS: dict[str, Callable[[Visit, Mapping[str, Any]], Iterable[Action]]] = {}

#: Buttons on records of any object: functions of visit, object and record.
PROVIDERS: list[Callable[[Visit, Object, Mapping[str, Any]], Iterable[Action]]] = []


def actions_of(visit: Visit, obj: Object, record: Mapping[str, Any]) -> list[Action]:
    """Return the further buttons of a record's page."""
    own = ACTIONS.get(obj.name)
    found = list(own(visit, record)) if own else []
    return found + [action for provider in PROVIDERS for action in provider(visit, obj, record)]
