"""One event of a timeline as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, as markup."""

    label: str
    before: Markup
    after: Markup


@dataclass(frozen=True, slots=True)
class Entry:
    """One event; ``source`` is its history id, or None for an activity; ``href`` is where to read on, or ""."""

    icon: str
    tone: str
    title: str | Markup
    at: datetime
    when: str
    who: str = ""
    text: Markup | str = ""
    changes: tuple[Change, ...] = ()
    source: int | None = None
    href: str = ""
