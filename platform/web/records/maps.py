"""A layout's map: children of a record as boxes, who stands above whom, and what else ties them; no SVG here."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from formline.catalog.model import ChildMap, Layout, Ties
from formline.catalog.objects import Object
from formline.fields.field import Field
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch
from formline.web import addresses
from formline.web.records.cells import TONES
from formline.web.records.targets import field_at, title_text
from formline.web.visit import Visit

BOX_WIDTH, BOX_HEIGHT = 172, 70
GAP_X, GAP_Y, MARGIN = 22, 54, 16
#: Boxes that are drawn; the page says so where there are more.
MOST_BOXES = 200
#: Half-width characters that fit into a box.
FITTING = 21


@dataclass(frozen=True, slots=True)
class Box:
    """A child, ``x`` and ``y`` of its upper left corner, ``level`` from 1; ``short`` and ``line`` fit into it."""

    id: UUID
    title: str
    note: str
    marks: tuple[tuple[str, str], ...]
    tone: str
    href: str
    level: int
    x: int
    y: int
    above: str
    ties: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The title as far as it fits."""
        return cut(self.title)

    @property
    def line(self) -> str:
        """The note as far as it fits."""
        return cut(self.note, FITTING + 4)

    @property
    def words(self) -> str:
        """The marks in one line, as far as it fits."""
        return cut(" · ".join(label for label, _tone in self.marks), FITTING + 4)


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two boxes as an SVG path; dashed with a label where it is a tie."""

    path: str
    label: str = ""
    x: int = 0
    y: int = 0
    tone: str = "grey"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in the order of a list from above to below, and lines; sizes in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    ties: tuple[Line, ...]
    cut: bool
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def map_of(visit: Visit, obj: Object, layout: Layout) -> tuple[ChildMap, Object, str] | None:
    """Return a layout's map, the object of the children and their field that points back; None where unreadable."""
    shown = layout.map
    link = obj.child(shown.list) if shown is not None else None
    if shown is None or link is None or link.many or not visit.rights.object(link.object).can("read"):
        return None
    child = visit.release.catalog.object(link.object)
    return (shown, child, link.field) if field_at(visit, child, shown.above) is not None else None


def draw(visit: Visit, shown: ChildMap, child: Object, link: str, record_id: UUID) -> Drawing:
    """Return the drawing of the children that the person sees: two statements."""
    names = [shown.above, child.title, shown.note, *shown.marks, shown.color]
    paths = tuple(dict.fromkeys(name for name in names if name and field_at(visit, child, name) is not None))
    where = {"field": link, "op": "eq", "value": record_id}
    query = Query(child.name, paths, where, None, (("created_at", False),), MOST_BOXES)
    page = fetch(visit.connection, visit.release, visit.actor, query)
    rows = {row["id"]: row for row in page.rows}
    places = arrange({key: row.get(shown.above) for key, row in rows.items()})
    ties = _ties(visit, child, shown.ties, rows) if shown.ties is not None and rows else []
    told = defaultdict(list)
    for start, end, label, _tone in ties:
        told[start].append(f"{label} → {title_text(child, rows[end])}")
    boxes = {}
    for key, (level, x) in places.items():
        row = rows[key]
        above = rows.get(row.get(shown.above))
        boxes[key] = Box(
            key,
            title_text(child, row),
            _text(row.get(shown.note)),
            tuple(mark for name in shown.marks if (mark := _choice(visit, child.fields[name], row)) is not None),
            (_choice(visit, child.fields[shown.color], row) or ("", "grey"))[1] if shown.color else "blue",
            addresses.record(child.name, key),
            level,
            x,
            MARGIN + (level - 1) * (BOX_HEIGHT + GAP_Y),
            title_text(child, above) if above is not None else "",
            tuple(told[key]),
        )
    lines = [_down(boxes[row[shown.above]], boxes[key]) for key, row in rows.items() if _below(places, shown, row)]
    width = max((box.x for box in boxes.values()), default=0) + BOX_WIDTH + MARGIN
    height = max((box.y for box in boxes.values()), default=0) + BOX_HEIGHT + MARGIN + (30 if ties else 0)
    bows = tuple(_bow(boxes[start], boxes[end], label, tone) for start, end, label, tone in ties)
    return Drawing(width, height, tuple(boxes.values()), tuple(lines), bows, page.next_cursor is not None)


def arrange(above: Mapping[UUID, UUID | None]) -> dict[UUID, tuple[int, int]]:
    """Return level (from 1) and x of each, parents over the middle of those below them, in the order of a list.

    ``above`` says who stands above whom; who is not among them stands above nobody. A circle is cut at its first.
    """
    below: dict[UUID | None, list[UUID]] = defaultdict(list)
    for key, upper in above.items():
        below[upper if upper in above and upper != key else None].append(key)
    places: dict[UUID, tuple[int, int]] = {}
    free = MARGIN

    def place(key: UUID, level: int) -> int:
        nonlocal free
        places[key] = (level, 0)  # keeps the order of the list, and ends a circle
        inner = [place(each, level + 1) for each in below[key] if each not in places]
        if inner:
            x = (inner[0] + inner[-1]) // 2
        else:
            x = free
            free += BOX_WIDTH + GAP_X
        places[key] = (level, x)
        return x

    for key in [*below[None], *above]:
        if key not in places:
            place(key, 1)
    return places


def _below(places: Mapping[Any, tuple[int, int]], shown: ChildMap, row: Mapping[str, Any]) -> bool:
    upper: UUID | None = row.get(shown.above)
    return upper in places and places[row["id"]][0] == places[upper][0] + 1


def _ties(
    visit: Visit, child: Object, ties: Ties, rows: Mapping[UUID, Mapping[str, Any]]
) -> list[tuple[UUID, UUID, str, str]]:
    """Return (from, to, label, tone) of the ties between the children that are drawn."""
    link = child.child(ties.list)
    if link is None or not visit.rights.object(link.object).can("read"):
        return []
    tie = visit.release.catalog.object(link.object)
    wanted = [name for name in (link.field, ties.to, ties.kind) if name and field_at(visit, tie, name) is not None]
    if link.field not in wanted or ties.to not in wanted:
        return []
    where = {"field": link.field, "op": "in", "value": list(rows)}
    page = fetch(visit.connection, visit.release, visit.actor, Query(tie.name, tuple(wanted), where, limit=MOST_BOXES))
    found = []
    for row in page.rows:
        start: Any = row.get(link.field)
        end: Any = row.get(ties.to)
        if start in rows and end in rows and start != end:
            label, tone = (_choice(visit, tie.fields[ties.kind], row) if ties.kind in wanted else None) or ("", "grey")
            found.append((start, end, label, tone))
    return found


def _choice(visit: Visit, field: Field, row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return label and tone of a choice; None where there is none to see."""
    value = row.get(field.name)
    if value is None or isinstance(value, Masked):
        return None
    choice = field.shown.choices.get(str(value))
    tone = choice.color if choice is not None and choice.color in TONES else "grey"
    return visit.labels.choice(field, str(value)), tone


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _down(upper: Box, lower: Box) -> Line:
    x1, y1 = upper.x + BOX_WIDTH // 2, upper.y + BOX_HEIGHT
    x2, middle = lower.x + BOX_WIDTH // 2, upper.y + BOX_HEIGHT + GAP_Y // 2
    return Line(f"M{x1} {y1}V{middle}H{x2}V{lower.y}")


def _bow(start: Box, end: Box, label: str, tone: str) -> Line:
    """Return a bow below both boxes, or from side to side where they stand in different rows."""
    x1, x2 = start.x + BOX_WIDTH // 2 + 14, end.x + BOX_WIDTH // 2 - 14
    if start.y == end.y:
        y = start.y + BOX_HEIGHT
        return Line(f"M{x1} {y}C{x1} {y + 34} {x2} {y + 34} {x2} {y}", label, (x1 + x2) // 2, y + 30, tone)
    y1, y2 = (start.y + BOX_HEIGHT, end.y) if start.y < end.y else (start.y, end.y + BOX_HEIGHT)
    middle = (y1 + y2) // 2
    return Line(f"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}", label, (x1 + x2) // 2, middle - 4, tone)


def cut(text: str, fitting: int = FITTING) -> str:
    """Return the text as far as it fits; Chinese characters take the room of two."""
    room = fitting
    for kept, character in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return f"{text[: max(kept - 1, 1)]}…"
    return text
