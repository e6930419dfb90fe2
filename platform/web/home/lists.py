"""Lists of a dashboard: the first records of a list view, with buttons for the transitions it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from markupsafe import Markup

from formline.catalog.dashboards import Widget
from formline.catalog.machines import StateMachine, Transition
from formline.catalog.model import ListView
from formline.errors import BudgetError
from formline.runtime.access.permitted import permitted
from formline.runtime.queries import Page, Query, fetch
from formline.web import addresses
from formline.web.home.asked import Asked
from formline.web.home.widgets import Wanted, address, narrowed, object_of
from formline.web.records import cells, filters, listing
from formline.web.records.cells import Column
from formline.web.records.filters import Filter
from formline.web.visit import Visit

COUNTED = 100
BELOW = 3


@dataclass(frozen=True, slots=True)
class Button:
    """A transition beside a record: pressed at once, or ``asks`` in a dialog first."""

    label: str
    href: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: its title, what stands below it, what stands at the side."""

    title: str
    href: str
    notes: tuple[Markup, ...]
    side: Markup
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """What a list's widget says; ``count`` is written out, ``href`` leads to the whole list."""

    entries: tuple[Entry, ...]
    count: str
    href: str
    slow: bool = False


@dataclass(slots=True)
class Answer:
    """The page of one list, before the records it names have their titles."""

    widget: Widget
    view: ListView
    columns: tuple[Column, ...]
    page: Page
    changeable: set[UUID] = field(default_factory=set)


def ask(visit: Visit, widget: Widget, asked: Asked) -> Answer | None:
    """Run a list's statements; None where they took too long."""
    obj = object_of(visit, widget)
    view: ListView = visit.release.catalog.get("list_view", widget.view)
    columns = listing.columns_of(visit, obj, view, ())
    limits = [Filter(*text.split(filters.SEPARATOR, 2)) for _name, text in narrowed(visit, widget, asked)]
    states = [name for name in (*obj.state_fields, "record_type") if widget.actions and name in obj.fields]
    query = Query(
        obj.name,
        tuple(dict.fromkeys((*(each.path for each in columns), obj.title, *states))),
        filters.where(visit, obj, limits),
        view.where,
        view.sort or ((obj.title, False),),
        widget.limit,
        count_limit=COUNTED,
    )
    try:
        page = fetch(visit.connection, visit.release, visit.actor, query)
    except BudgetError:
        return None
    answer = Answer(widget, view, columns, page)
    if widget.actions:
        ids = [row["id"] for row in page.rows]
        answer.changeable = permitted(visit.connection, visit.release, visit.actor, obj.name, ids, "update")
    return answer


def wanted(answer: Answer) -> Wanted:
    """Return the records that the cells name, to ask what they are called."""
    return {name: set(ids) for name, ids in cells.ids_in(answer.columns, answer.page.rows).items()}


def write(visit: Visit, answer: Answer, asked: Asked, titles: Mapping[UUID, str]) -> Entries:
    """Return what a list's widget says."""
    obj = object_of(visit, answer.widget)
    slots = listing.slots_of(obj, answer.columns)
    placed = [
        (slot, column, column.writer(titles, visit.formats, visit.labels))
        for slot, column in zip(slots, answer.columns, strict=True)
    ]
    below = [write for slot, column, write in placed if slot != "title" and slot != "side"][:BELOW]
    beside = next((write for slot, _column, write in placed if slot == "side"), None)
    entries = []
    for row in answer.page.rows:
        notes = tuple(Markup(text) for text in (write(row) for write in below) if text and text != cells.EMPTY)  # noqa: S704 - cells are escaped when filled
        side = Markup(beside(row)) if beside is not None else Markup()  # noqa: S704 - likewise
        title = str(row.get(obj.title) or row["id"])
        entries.append(Entry(title, addresses.record(obj.name, row["id"]), notes, side, _buttons(visit, answer, row)))
    page = answer.page
    count = "" if not page.count else f"{page.count}{'' if page.count_exact else '+'}"
    return Entries(tuple(entries), count, address(visit, answer.widget, asked))


def _buttons(visit: Visit, answer: Answer, row: Mapping[str, Any]) -> tuple[Button, ...]:
    if row["id"] not in answer.changeable:
        return ()
    obj = object_of(visit, answer.widget)
    return tuple(
        Button(
            visit.labels.transition(machine, way),
            f"{addresses.record(obj.name, row['id'])}/transitions/{name}.{way.name}?stay=1",
            bool(way.requires or way.ask or way.confirm),
        )
        for name, machine, way in _ways(visit, answer.widget, str(row.get("record_type") or ""))
        if row.get(name) in way.from_
    )


def _ways(visit: Visit, widget: Widget, record_type: str) -> Sequence[tuple[str, StateMachine, Transition]]:
    """Return the transitions a list offers beside records of a type, with field and machine.

    One with a condition of its own is offered on the record only, where the condition is looked at.
    """

    def found() -> tuple[tuple[str, StateMachine, Transition], ...]:
        obj = object_of(visit, widget)
        access = visit.rights.object(obj.name)
        ways = []
        for name in obj.state_fields:
            machine_name = obj.machine_name(name, record_type or None)
            if machine_name is None or not access.readable(name):
                continue
            machine: StateMachine = visit.release.catalog.get("state_machine", machine_name)
            for way in machine.transitions.values():
                plain = way.when is None and not way.allowed and not way.automatic
                if way.name in widget.actions and plain and access.can(way.name):
                    ways.append((name, machine, way))
        return tuple(ways)

    return visit.compiled(("list actions", widget.key, record_type, visit.rights), found)
