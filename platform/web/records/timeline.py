"""The timeline of one record: its changes and what people wrote about it, newest first, in pages, by kind."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from formline.catalog.model import Layout
from formline.catalog.objects import Object
from formline.web.i18n import gettext as _
from formline.web.records import activities, timeline_history
from formline.web.records.timeline_entry import Entry
from formline.web.records.timeline_history import FILES, MOVES
from formline.web.visit import Visit

SHOWN = 15
#: Nobody pages further back than so many activities; the related list and reports do.
MOST_SKIPPED = 450


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Entries, the kinds offered as (name, label), the kind shown, and ``before`` for the next page or ""."""

    entries: tuple[Entry, ...]
    kinds: tuple[tuple[str, str], ...]
    kind: str
    before: str


def page(visit: Visit, obj: Object, layout: Layout, record_id: UUID, kind: str = "", before: str = "") -> TimelinePage:
    """Return a page of the timeline; ``before`` is a former page's, ``kind`` one of those offered or "" for all."""
    shown = activities.of_layout(visit, obj, layout)
    kinds = _kinds(shown is not None)
    kind = kind if kind in dict(kinds) else ""
    last, skipped = _position(before)
    found: list[Entry] = []
    if shown is not None and kind in ("", "activities"):
        found += activities.entries(visit, shown, record_id, skipped, SHOWN + 1)
    if kind != "activities":
        found += timeline_history.entries(visit, obj, record_id, _actions(kind), last, SHOWN + 1)
    # Of one moment, what people wrote stands above what it changed.
    found.sort(key=lambda entry: (entry.at, entry.source is None), reverse=True)
    entries = tuple(found[:SHOWN])
    told = [entry.source for entry in entries if entry.source is not None]
    skipped += len(entries) - len(told)
    more = len(found) > SHOWN and skipped < MOST_SKIPPED
    return TimelinePage(entries, kinds, kind, f"{min(told, default=last or 0)}.{skipped}" if more else "")


def _kinds(with_activities: bool) -> tuple[tuple[str, str], ...]:
    activity = (("activities", _("Follow-ups")),) if with_activities else ()
    return (
        ("", _("All")),
        *activity,
        ("changes", _("Changes")),
        ("transitions", _("Transitions")),
        ("files", _("Files")),
    )


def _actions(kind: str) -> tuple[frozenset[str], bool]:
    """Return actions of the history, and whether these are meant (else all others)."""
    match kind:
        case "transitions":
            return MOVES, True
        case "files":
            return FILES, True
        case "changes":
            return MOVES | FILES, False
    return frozenset(), False


def _position(before: str) -> tuple[int | None, int]:
    """Return (last history id seen, activities seen); a text that is none means the beginning."""
    last, _dot, skipped = before.partition(".")
    if not (last.isascii() and last.isdigit() and skipped.isascii() and skipped.isdigit() and len(before) < 30):
        return None, 0
    return int(last) or None, min(int(skipped), MOST_SKIPPED)
