"""What a person pinned: records and views that lead the command menu.

Kept among their preferences as addresses without names, so that names are always read with today's rights.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from flask import g

from formline.web.auth import accounts
from formline.web.visit import Visit

PREFERENCE = "pins"
MOST = 20
#: ``customer/<id>`` is a record, ``customer?view=name`` and ``customer?saved=<id>`` are lists.
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PIN = re.compile(rf"([a-z][a-z0-9_]{{0,62}})(/|\?saved=|\?view=)({_ID}|(?<=view=)[a-z0-9_.]{{1,100}})")
_KINDS = {"/": "record", "?saved=": "saved", "?view=": "view"}


def of_record(object_name: str, record_id: UUID) -> str:
    """Return the pin of a record."""
    return f"{object_name}/{record_id}"


def of_view(object_name: str, view: str, saved: str = "") -> str:
    """Return the pin of a list: a saved view where there is one, else a view of the definitions."""
    return f"{object_name}?saved={saved}" if saved else f"{object_name}?view={view}"


def own() -> Sequence[str]:
    """Return the pins of the signed-in person, the newest first."""
    return [each for each in g.get("preferences", {}).get(PREFERENCE, ()) if isinstance(each, str)]


def parts(pin: str) -> tuple[str, str, str] | None:
    """Return (object, ``record``, ``view`` or ``saved``, id or name) of a pin; None for what is none.

    >>> parts("customer?view=mine"), parts("customer?x=1")
    (('customer', 'view', 'mine'), None)
    """
    found = _PIN.fullmatch(pin)
    return (found[1], _KINDS[found[2]], found[3]) if found else None


def put(visit: Visit, pin: str, *, on: bool) -> None:
    """Pin something, or let go of it; the oldest make room for new ones."""
    kept = [each for each in own() if each != pin]
    pins = [pin, *kept][:MOST] if on else kept
    me = visit.actor.user_id
    if me is not None:
        g.preferences = {**g.preferences, PREFERENCE: pins}
        with visit.site.writing() as writing:
            accounts.save_preferences(writing, me, g.preferences)
