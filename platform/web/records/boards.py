"""The board: one column per state or choice, its cards a few at a time, counts and sums within the reader's rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup

from formline.catalog.model import Board, ListView
from formline.catalog.objects import Object
from formline.errors import BudgetError, NotFoundError
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.queries import Query, QueryError, Total, aggregate, fetch
from formline.runtime.queries.paths import usable
from formline.web import addresses
from formline.web.records import cells
from formline.web.records.cells import CELL, HIGHLIGHT, TONES, Column
from formline.web.records.list_address import ListAddress, asked, records_named
from formline.web.records.list_frame import ListFrame, board_of, frame
from formline.web.records.targets import field_at, path_label, titles_of
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit

CARDS = 20
#: Where the fields of a card stand: below the title, or in its foot.
BELOW, AMOUNT, DAY, PERSON = "below", "amount", "day", "person"


CIRCLE = Markup('<span class="avatar-letter {}" role="img" title="{}" aria-label="{}">{}</span>')


@dataclass(frozen=True, slots=True)
class Head:
    """The count and the sum of a column; ``total`` is written out, "" where there is none to show."""

    count: int
    total: str


@dataclass(frozen=True, slots=True)
class CardPart:
    """One value on a card, with the label for those who do not see where it stands."""

    place: str
    label: str
    text: Markup


@dataclass(frozen=True, slots=True)
class Card:
    """One record as a card."""

    id: UUID
    title: str
    href: str
    parts: tuple[CardPart, ...]

    def at(self, *places: str) -> list[CardPart]:
        """Return the parts of some places."""
        return [part for part in self.parts if part.place in places]


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One column; ``more`` is the address of its next cards, ``ways`` the columns a card may go to by definition."""

    name: str
    label: str
    tone: str
    head: Head
    cards: tuple[Card, ...]
    more: str
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Everything the template needs; ``unsummed`` says that counting took too long."""

    frame: ListFrame
    field_label: str
    total_label: str
    columns: tuple[BoardColumn, ...]
    can_move: bool
    unsummed: bool


def required(visit: Visit, obj: Object) -> Board:
    """Return the object's board; NotFoundError where it has none for this person."""
    board = board_of(visit, obj)
    if board is None:
        raise NotFoundError
    return board


def build(visit: Visit, obj: Object, address: ListAddress, view: ListView) -> BoardPage:
    """Return the board of an address with the first cards of every column."""
    board = required(visit, obj)
    field = obj.fields[board.group_by]
    try:
        heads, unsummed = heads_of(visit, obj, address, view), False
    except BudgetError:
        heads, unsummed = {}, True
    titles = titles_of(visit, records_named(visit, obj, address))
    return BoardPage(
        frame(visit, obj, address, view, titles),
        visit.labels.field(field),
        path_label(visit, obj, board.total) if summed(visit, obj, board) else "",
        tuple(_columns(visit, obj, address, view, heads, every=unsummed)),
        may_move(visit, obj),
        unsummed,
    )


def _columns(
    visit: Visit, obj: Object, address: ListAddress, view: ListView, heads: Mapping[str, Head], *, every: bool
) -> Iterator[BoardColumn]:
    """Yield the columns: a query for each that has cards, as each has an end of its own to go on from."""
    board = required(visit, obj)
    field = obj.fields[board.group_by]
    always, ways = states_of(visit, obj, field)
    names = [*([""] if "" in heads else ()), *field.choices]
    for name in names:
        head = heads.get(name, Head(0, ""))
        if not (head.count or every or name in always):
            continue
        cards, more = cards_of(visit, obj, address, view, name) if head.count or every else ((), "")
        label = visit.labels.choice(field, name) if name else "–"
        choice = field.choices.get(name)
        tone = choice.color if choice is not None and choice.color in TONES else "grey"
        yield BoardColumn(name, label, tone, head, cards, more, ways.get(name, ()))


def states_of(visit: Visit, obj: Object, field: Field) -> tuple[frozenset[str], Mapping[str, tuple[str, ...]]]:
    """Return the columns that are there even when empty, and where a card of each may go by definition.

    Of a state field: the states of the first record type's machine; other machines' where they have cards.
    """
    choices = tuple(name for name, choice in field.choices.items() if not choice.retired)
    if field.name not in obj.state_fields:
        return frozenset(choices), dict.fromkeys(("", *choices), choices)
    types: Sequence[str | None] = [*obj.record_types] or [None]
    names = dict.fromkeys(obj.machine_name(field.name, one) for one in types)
    machines = [visit.release.catalog.get("state_machine", name) for name in names if name is not None]
    ways: dict[str, tuple[str, ...]] = {}
    for machine in machines:
        for state in machine.states:
            open_ways = (way.to for way in machine.from_state(state) if not way.automatic)
            ways[state] = tuple(dict.fromkeys((*ways.get(state, ()), *open_ways)))
    return frozenset(machines[0].states if machines else choices), ways


def heads_of(visit: Visit, obj: Object, address: ListAddress, view: ListView) -> dict[str, Head]:
    """Return the counts and sums by column in one statement; amounts the person may not see are not added up.

    Raises:
        BudgetError: there are too many records to count.
    """
    board = required(visit, obj)
    total = summed(visit, obj, board)
    wanted = [Total("count"), *([Total("sum", board.total)] if total else ())]
    where = asked(visit, obj, address)
    groups = [board.group_by]
    rows = aggregate(visit.connection, visit.release, visit.actor, obj.name, where, groups, wanted, base=view.where)
    key = wanted[-1].key if total else ""
    return {str(row[board.group_by] or ""): Head(row["count"], _written(visit, total, row.get(key))) for row in rows}


def summed(visit: Visit, obj: Object, board: Board) -> Field | None:
    """Return the field that is added up; None where none is declared, or the person may not see every value of it."""
    if not board.total:
        return None
    try:
        return usable(visit.rights, obj.name, board.total, "add up")
    except QueryError:
        return None


def _written(visit: Visit, field: Field | None, value: Decimal | int | None) -> str:
    if field is None or value is None:
        return ""
    if field.value_type.kind is Kind.MONEY:
        return visit.formats.short_money(value)
    return visit.formats.short_number(value)


def cards_of(
    visit: Visit, obj: Object, address: ListAddress, view: ListView, state: str, cursor: str = ""
) -> tuple[tuple[Card, ...], str]:
    """Return the next cards of a column and the address of those after them, "" at the end."""
    board = required(visit, obj)
    columns = _parts(visit, obj, board)
    narrowed = asked(visit, obj, address)
    here = {"field": board.group_by, "op": "eq", "value": state or None}
    query = Query(
        obj.name,
        tuple(dict.fromkeys((obj.title, *(each.path for _place, each in columns)))),
        {"and": [*(narrowed["and"] if narrowed else ()), here]},
        view.where,
        board.sort or view.sort or (("created_at", True),),
        CARDS,
        cursor or None,
    )
    page = fetch(visit.connection, visit.release, visit.actor, query)
    cards = tuple(_cards(visit, obj, columns, page.rows))
    if page.next_cursor is None:
        return cards, ""
    pairs = [*address.hidden(), ("state", state), ("cursor", page.next_cursor)]
    return cards, f"/o/{obj.name}/board/cards?{urlencode(pairs)}"


def _cards(
    visit: Visit, obj: Object, columns: Sequence[tuple[str, Column]], rows: Sequence[dict[str, Any]]
) -> Iterator[Card]:
    titles = titles_of(visit, cells.ids_in([column for _place, column in columns], rows))
    writers = [(place, each.label, _writer(visit, place, each, titles)) for place, each in columns]
    for row in rows:
        written = ((place, label, write(row)) for place, label, write in writers)
        parts = tuple(
            CardPart(place, label, Markup(text))  # noqa: S704 - cells are escaped when filled
            for place, label, text in written
            if text
        )
        yield Card(row["id"], str(row.get(obj.title) or row["id"]), addresses.record(obj.name, row["id"]), parts)


def _writer(visit: Visit, place: str, column: Column, titles: Mapping[UUID, str]) -> Callable[[Mapping[str, Any]], str]:
    """Return what writes a value; in the foot of a card people are circles and this year's days have no year."""
    usual = column.writer(titles, visit.formats, visit.labels)

    def person(row: Mapping[str, Any]) -> str:
        key = row.get(column.path)
        name = titles.get(key, "") if isinstance(key, UUID) else ""
        return str(CIRCLE.format(tone_of(key), name, name, initial_of(name))) if name else usual(row)

    def day(row: Mapping[str, Any]) -> str:
        value = row.get(column.path)
        short = type(value) is date and value.year == visit.today.year
        return f"{value:%m-%d}" if short else usual(row)

    return {PERSON: person, DAY: day}.get(place, usual)


def _parts(visit: Visit, obj: Object, board: Board) -> tuple[tuple[str, Column], ...]:
    """Return the fields of a card besides its title, drawn once per release, rights and language."""
    paths = board.card or (obj.title,)

    def draw() -> tuple[tuple[str, Column], ...]:
        found = []
        for path in paths:
            field = field_at(visit, obj, path)
            if field is not None and path != obj.title:
                place = _place(field)
                kind = HIGHLIGHT if place == AMOUNT else CELL
                found.append((place, cells.column(visit, path, field, kind, path_label(visit, obj, path))))
        return tuple(found)

    return visit.compiled(("card", obj.name, paths, visit.language, visit.rights), draw)


def _place(field: Field) -> str:
    kind = field.value_type.kind
    if field.shown.type.list_cell == "user":
        return PERSON
    if kind is Kind.MONEY:
        return AMOUNT
    return DAY if kind in (Kind.DATE, Kind.DATETIME) else BELOW


def may_move(visit: Visit, obj: Object) -> bool:
    """Return whether the person may move cards at all; which ones, and where, each move asks again."""
    name = required(visit, obj).group_by
    access = visit.rights.object(obj.name)
    if obj.append_only:
        return False
    return name in obj.state_fields or (access.can("update") and name in access.writable)
