"""The calendar: records by their day within the reader's rights, and moving one to another day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from formline.catalog.model import CalendarView, ListView
from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.query import MOST_ROWS
from formline.web import addresses
from formline.web.records.cells import TONES
from formline.web.records.list_address import ListAddress, asked
from formline.web.records.list_frame import calendar_of
from formline.web.records.targets import field_at
from formline.web.visit import Visit

#: The longest stretch one question may span: a year and the edges of its months.
MOST_DAYS = 400
DAY = timedelta(days=1)
Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Entries:
    """Records of a stretch as the calendar takes them; ``cut``: there are more than it shows."""

    entries: list[dict[str, Any]]
    cut: bool


def required(visit: Visit, obj: Object) -> CalendarView:
    """Return the object's calendar; NotFoundError where it has none for this person."""
    calendar = calendar_of(visit, obj)
    if calendar is None:
        raise NotFoundError
    return calendar


def whole_days(visit: Visit, obj: Object) -> bool:
    """Return whether entries have days, no hours."""
    return _field(visit, obj, required(visit, obj).start).value_type.kind is Kind.DATE


def may_move(visit: Visit, obj: Object) -> bool:
    """Return whether the person may change days at all; which records', each change asks again."""
    access = visit.rights.object(obj.name)
    return not obj.append_only and access.can("update") and required(visit, obj).start in access.writable


def entries(visit: Visit, obj: Object, address: ListAddress, view: ListView, first: date, last: date) -> Entries:
    """Return the records from ``first`` to before ``last``, those with an end also where only it lies there."""
    calendar = required(visit, obj)
    whole = whole_days(visit, obj)
    narrowed = asked(visit, obj, address)
    end = calendar.end if calendar.end and visit.rights.object(obj.name).readable(calendar.end) else ""
    title = calendar.title or obj.title
    paths = [path for path in (calendar.start, end, title, calendar.color) if path and field_at(visit, obj, path)]
    query = Query(
        obj.name,
        tuple(dict.fromkeys((*paths, "version"))),
        {"and": [*(narrowed["and"] if narrowed else ()), *_between(visit, calendar.start, end, first, last, whole)]},
        view.where,
        ((calendar.start, False),),
        MOST_ROWS,
    )
    page = fetch(visit.connection, visit.release, visit.actor, query)
    color = field_at(visit, obj, calendar.color) if calendar.color else None
    made = [_entry(visit, obj, row, calendar.start, end, title, color) for row in page.rows]
    return Entries(made, page.next_cursor is not None)


def _between(visit: Visit, start: str, end: str, first: date, last: date, whole: bool) -> list[Mapping[str, Any]]:
    low: Moment = first if whole else _midnight(visit, first)
    high: Moment = last if whole else _midnight(visit, last)
    begins_before = {"field": start, "op": "lt", "value": high}
    begins_after = {"field": start, "op": "ge", "value": low}
    if not end:
        return [begins_before, begins_after]
    return [begins_before, {"or": [begins_after, {"field": end, "op": "ge", "value": low}]}]


def _midnight(visit: Visit, day: date) -> datetime:
    return datetime.combine(day, time(), visit.locale.zone)


def _entry(
    visit: Visit, obj: Object, row: Mapping[str, Any], start: str, end: str, title: str, color: Field | None
) -> dict[str, Any]:
    begins, ends = row[start], row.get(end) if end else None
    whole = not isinstance(begins, datetime)
    if whole:
        ends = (ends if isinstance(ends, date) and ends >= begins else begins) + DAY  # the calendar's end is exclusive
    elif not isinstance(ends, datetime) or ends <= begins:
        ends = begins + timedelta(minutes=30)
    value = str(row.get(color.name) or "") if color is not None else ""
    choice = color.shown.choices.get(value) if color is not None and value else None
    tone = choice.color if choice is not None and choice.color in TONES else "blue"
    text = row.get(title)
    label = visit.labels.choice(color.shown, value) if choice is not None and color is not None else ""
    return {
        "id": str(row["id"]),
        "title": str(text) if text is not None else "–",
        "start": _written(visit, begins),
        "end": _written(visit, ends),
        "allDay": whole,
        "classNames": [f"tone-{tone}"],
        "extendedProps": {
            "address": addresses.record(obj.name, row["id"]),
            "version": row.get("version"),
            "state": label,
            "masked": isinstance(text, Masked),
        },
    }


def _written(visit: Visit, moment: Moment) -> str:
    """Write a moment as the reader's wall clock, which is all the calendar knows."""
    if isinstance(moment, datetime):
        return moment.astimezone(visit.locale.zone).strftime("%Y-%m-%dT%H:%M:%S")
    return moment.isoformat()


def moved(visit: Visit, obj: Object, start: str, end: str) -> dict[str, Moment]:
    """Return the values of a move to a start, and to an end where the calendar has one; both as wall clock texts.

    Raises:
        ValueError: no date, or one out of range.
    """
    calendar = required(visit, obj)
    whole = whole_days(visit, obj)
    found: dict[str, Moment] = {calendar.start: _read(visit, start, whole)}
    if calendar.end and end:
        until = _read(visit, end, whole)
        found[calendar.end] = until - DAY if whole else until
    return found


def _read(visit: Visit, text: str, whole: bool) -> Moment:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment.date() if whole else moment.replace(tzinfo=visit.locale.zone).astimezone(UTC)


def stretch(first: str, last: str) -> tuple[date, date]:
    """Return the days asked for.

    Raises:
        NotFoundError: none, or more than there may be.
    """
    try:
        days = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    except ValueError:
        raise NotFoundError from None
    if not timedelta() < days[1] - days[0] <= timedelta(days=MOST_DAYS):
        raise NotFoundError
    return days


def fields_of(visit: Visit, obj: Object) -> tuple[str, ...]:
    """Return the fields that say when a record is."""
    calendar = required(visit, obj)
    return tuple(name for name in (calendar.start, calendar.end) if name in obj.fields)


def _field(visit: Visit, obj: Object, path: str) -> Field:
    field = field_at(visit, obj, path)
    if field is None:
        raise NotFoundError
    return field


def record_id(text: Any) -> UUID:
    """Return an id that a script sent; NotFoundError where it is none."""
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFoundError from None
