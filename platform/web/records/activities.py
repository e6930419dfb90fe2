"""What people write about a record (follow-ups): the entries of its timeline, and the box that adds one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup

from formline.catalog.model import Layout, Link, Timeline
from formline.catalog.objects import Object
from formline.fields.choice import offered
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch
from formline.web import addresses
from formline.web.records.cells import TONES
from formline.web.records.targets import titles_of
from formline.web.records.timeline_entry import Entry
from formline.web.visit import Visit

#: Pictures of the ways people speak to each other, by the names choices usually have.
ICONS = {
    "call": "phone",
    "phone": "phone",
    "visit": "map-pin",
    "meeting": "calendar-event",
    "mail": "mail",
    "email": "mail",
    "chat": "message-circle",
    "complaint": "alert-circle",
    "requirement": "bulb",
}
ICON = "message"


@dataclass(frozen=True, slots=True)
class Activities:
    """The children of a layout's timeline that the person may read; ``link`` is their field that points back."""

    shown: Timeline
    child: Object
    link: Link


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of activity in the box."""

    name: str
    label: str
    icon: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Box:
    """The box that writes an activity: names of its inputs, labels, what may be chosen."""

    object: str
    label: str
    text: str
    text_label: str
    longest: int | None
    kind: str
    kind_label: str
    ways: tuple[Way, ...]
    next: str
    next_label: str


def of_layout(visit: Visit, obj: Object, layout: Layout) -> Activities | None:
    """Return what a layout's timeline tells beside changes; None where it names nothing the person may read."""
    if layout.timeline is None:
        return None
    link = obj.child(layout.timeline.list)
    if link is None or not visit.rights.object(link.object).can("read"):
        return None
    return Activities(layout.timeline, visit.release.catalog.object(link.object), link)


def entries(visit: Visit, of: Activities, record_id: UUID, skip: int, limit: int) -> Iterator[Entry]:
    """Yield up to ``limit`` activities of a record after the ``skip`` newest."""
    shown, child = of.shown, of.child
    access = visit.rights.object(child.name)
    names = [name for name in (shown.text, shown.kind, shown.at, shown.next) if name and access.shown(name)]
    wanted = tuple(dict.fromkeys((*names, "created_by", "created_at")))
    query = Query(
        child.name,
        tuple(name for name in wanted if access.shown(name)),
        {"field": of.link.field, "op": "contains" if of.link.many else "eq", "value": record_id},
        sort=((shown.at, True),),
        limit=skip + limit,
    )
    rows = fetch(visit.connection, visit.release, visit.actor, query).rows[skip:]
    titles = titles_of(visit, {"user": {row["created_by"] for row in rows if row.get("created_by")}})
    for row in rows:
        yield _entry(visit, of, row, titles)


def _entry(visit: Visit, of: Activities, row: Mapping[str, Any], titles: Mapping[UUID, str]) -> Entry:
    shown, child = of.shown, of.child
    kind = row.get(shown.kind) if shown.kind else None
    icon, tone, label = ICON, "blue", visit.labels.object(child)
    if isinstance(kind, str) and kind in child.fields[shown.kind].choices:
        field = child.fields[shown.kind]
        icon, label = ICONS.get(kind, ICON), visit.labels.choice(field, kind)
        tone = field.choices[kind].color if field.choices[kind].color in TONES else tone
    at = _moment(visit, row.get(shown.at)) or row.get("created_at") or visit.now
    text = Markup.escape(value) if isinstance(value := row.get(shown.text), str | Masked) else Markup()
    following = row.get(shown.next) if shown.next else None
    if isinstance(following, date):
        text += Markup('<div class="muted small">{}: {}</div>').format(
            visit.labels.field(child.fields[shown.next]), visit.formats.date(following)
        )
    who = titles.get(row["created_by"], "") if row.get("created_by") else ""
    when = visit.formats.moment(at, visit.now)
    return Entry(icon, tone, label, at, when, who, text, href=addresses.record(child.name, row["id"]))


def _moment(visit: Visit, value: Any) -> datetime | None:
    """Return a date or time as a moment; a day counts from its beginning where the person is."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), ZoneInfo(visit.zone_name)).astimezone(UTC)
    return None


def box(visit: Visit, of: Activities) -> Box | None:
    """Return the box; None where the person may not write these children."""
    access = visit.rights.object(of.child.name)
    if not access.can("create") or not {of.link.field, of.shown.text} <= access.writable:
        return None
    key = ("activity box", of.child.name, of.shown, visit.language, visit.rights)
    return visit.compiled(key, lambda: _box(visit, of))


def _box(visit: Visit, of: Activities) -> Box:
    child, shown, labels = of.child, of.shown, visit.labels
    writable = visit.rights.object(child.name).writable
    kind = shown.kind if shown.kind in writable else ""
    following = shown.next if shown.next in writable else ""
    text = child.fields[shown.text]
    longest = text.param("max_length") if "max_length" in {each.name for each in text.type.parameters} else None
    return Box(
        child.name,
        labels.object(child),
        shown.text,
        labels.field(text),
        int(longest) if longest else None,
        kind,
        labels.field(child.fields[kind]) if kind else "",
        tuple(_ways(visit, child, kind)) if kind else (),
        following,
        labels.field(child.fields[following]) if following else "",
    )


def _ways(visit: Visit, child: Object, kind: str) -> Iterator[Way]:
    field = child.fields[kind]
    for name in offered(field.choices):
        yield Way(name, visit.labels.choice(field, name), ICONS.get(name, ICON), name == field.default)


def new_address(visit: Visit, obj: Object, record: Mapping[str, Any], child: Object, link: Link) -> str:
    """Return the address of the form of a new child, with what it takes over from the record."""
    several = len(child.fields[link.field].to) > 1
    own = f"{obj.name}:{record['id']}" if several else str(record["id"])
    given = {name: str(key) for name, key in inherited(visit, obj, record, child).items()}
    return addresses.new(child.name, list((given | {link.field: own}).items()))


def inherited(visit: Visit, obj: Object, record: Mapping[str, Any], child: Object) -> dict[str, UUID]:
    """Return what a new child of a record takes over: lookups that both have under one name, to the same object.

    So a follow-up of a deal is one of the deal's customer, too.
    """
    writable = visit.rights.object(child.name).writable
    return {
        field.name: record[field.name]
        for field in child.declared
        if field.to
        and field.name in writable
        and field.name in obj.fields
        and obj.fields[field.name].to == field.to
        and isinstance(record.get(field.name), UUID)
    }
