"""The history of one record in words: who changed what when, without what a person may not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select

from formline.catalog.objects import Object
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.runtime.access.actor import ActorKind
from formline.runtime.tables import history, merged
from formline.web.i18n import gettext as _
from formline.web.records import cells
from formline.web.records.cells import CELL, Column
from formline.web.records.targets import titles_of
from formline.web.records.timeline_entry import Change, Entry
from formline.web.visit import Visit

ICONS = {
    "created": ("plus", "green"),
    "updated": ("pencil", "blue"),
    "transition": ("arrows-exchange", "purple"),
    "deleted": ("trash", "red"),
    "restored": ("arrow-back-up", "cyan"),
    "merged": ("git-merge", "orange"),
    "imported": ("file-import", "cyan"),
    "file_added": ("paperclip", "green"),
    "file_removed": ("paperclip", "red"),
    "item_done": ("checkbox", "green"),
    "item_open": ("checkbox", "grey"),
}
MOVES = frozenset({"transition"})
FILES = frozenset({"file_added", "file_removed"})
ITEMS = frozenset({"item_done", "item_open"})
#: Everything is new then: the record itself shows it.
BEGINNINGS = frozenset({"created", "imported"})
Pairs = dict[Field, tuple[Any, Any]]


def entries(
    visit: Visit, obj: Object, record_id: UUID, actions: tuple[frozenset[str], bool], before: int | None, limit: int
) -> Iterator[Entry]:
    """Yield up to ``limit`` events of a record, newest first, with a history id below ``before``.

    ``actions``: a set and whether these are meant (else all others). What happened to records that were merged into
    this one is told, too.
    """
    object_id = visit.release.model(obj.name).object_id
    since = merged.c.object_id == object_id, merged.c.survivor_id == record_id
    gone = list(visit.connection.execute(select(merged.c.record_id).where(*since)).scalars())
    columns = (history.c.id, history.c.at, history.c.action, history.c.actor_id, history.c.changes, history.c.note)
    statement = select(*columns, history.c.actor_kind, history.c.record_id).where(
        history.c.object_id == object_id, history.c.record_id.in_([record_id, *gone])
    )
    if gone:  # that they went is told by the merge itself
        statement = statement.where((history.c.record_id == record_id) | (history.c.action != "deleted"))
    names, meant = actions
    if names:
        statement = statement.where(history.c.action.in_(names) if meant else history.c.action.not_in(names))
    if before is not None:
        statement = statement.where(history.c.id < before)
    rows = visit.connection.execute(statement.order_by(history.c.id.desc()).limit(limit)).mappings().all()
    for row, entry in zip(rows, told(visit, obj, rows), strict=True):
        if row["record_id"] == record_id:
            yield entry
        else:
            yield replace(entry, title=Markup("{} · {}").format(entry.title, _("a record merged since")))


def told(visit: Visit, obj: Object, rows: Sequence[Mapping[Any, Any]]) -> Iterator[Entry]:
    """Yield rows of the history of one object's records as entries; a row has the columns named above."""
    model = visit.release.model(obj.name)
    parsed = [_parsed(visit, obj, model.field_names, row["changes"] or {}) for row in rows]
    columns = {field.name: _column(visit, field) for changes in parsed for field in changes}
    held = [{field.name: value} for changes in parsed for field, pair in changes.items() for value in pair]
    wanted = cells.ids_in(tuple(columns.values()), held)
    wanted.setdefault("user", set()).update(row["actor_id"] for row in rows if row["actor_id"])
    titles = titles_of(visit, wanted)
    for row, changes in zip(rows, parsed, strict=True):
        yield _entry(visit, obj, row, changes, columns, titles)


def _parsed(visit: Visit, obj: Object, names: Mapping[int, str], changes: Mapping[str, Sequence[Any]]) -> Pairs:
    """Return the changes of fields the person may read, as values in memory."""
    access = visit.rights.object(obj.name)
    found: Pairs = {}
    for key, pair in changes.items():
        number, _dot, part = str(key).partition(".")
        field = obj.fields.get(names.get(int(number), "")) if number.isdigit() else None
        if field is not None and not part and access.readable(field.name):
            before, after = pair
            found[field] = (_value(field, before), _value(field, after))
    return found


def _value(field: Field, stored: Any) -> Any:
    try:
        return field.type.parse(field, stored)
    except ValueProblem:
        return None if stored is None else str(stored)


def _column(visit: Visit, field: Field) -> Column:
    return visit.compiled(("column", field, visit.language), lambda: cells.column(visit, field.name, field, CELL))


def unnamed(kind: str) -> str:
    """Return who it was that has no name here."""
    return _("Somebody outside") if kind == ActorKind.GUEST else _("The system")


def _entry(
    visit: Visit,
    obj: Object,
    row: Mapping[Any, Any],
    pairs: Pairs,
    columns: Mapping[str, Column],
    titles: dict[UUID, str],
) -> Entry:
    icon, tone = ICONS.get(row["action"], ("history", "grey"))
    who = titles.get(row["actor_id"]) or unnamed(row["actor_kind"])
    written = {} if row["action"] in BEGINNINGS else dict(_written(visit, pairs, columns, titles))
    title: str | Markup = _title(row["action"], who, _what(visit, row["action"], row["note"] or ""))
    moved = next((name for name in obj.state_fields if name in written), None) if row["action"] in MOVES else None
    if moved is not None:
        change = written.pop(moved)
        title = Markup("{}: {} → {}").format(change.label, change.before, change.after)
    when = visit.formats.moment(row["at"], visit.now)
    return Entry(
        icon,
        tone,
        title,
        row["at"],
        when,
        who if moved is not None else "",
        changes=tuple(written.values()),
        source=row["id"],
    )


def _written(
    visit: Visit, pairs: Pairs, columns: Mapping[str, Column], titles: dict[UUID, str]
) -> Iterator[tuple[str, Change]]:
    for field, (before, after) in pairs.items():
        column = columns[field.name]
        texts = (_shown(visit, column, value, titles) for value in (before, after))
        yield field.name, Change(column.label, *texts)


def _shown(visit: Visit, column: Column, value: Any, titles: dict[UUID, str]) -> Markup:
    text = column.render({column.path: value}, titles, visit.formats, visit.labels, cells.EMPTY)
    return Markup(text)  # noqa: S704 - cells are escaped when filled


def _what(visit: Visit, action: str, note: str) -> str:
    """Return what an entry is about in words: for items of checklists (``machine.state.item``) their label."""
    machine, _dot, rest = note.partition(".")
    state, _dot, item = rest.partition(".")
    if action not in ITEMS or not visit.release.catalog.has("state_machine", machine):
        return note
    known = visit.release.catalog.get("state_machine", machine).states.get(state)
    label = next((one.label for one in known.checklist if one.name == item), item) if known else item
    return visit.labels.text("state_machine", machine, f"states.{state}.checklist.{item}.label", label)


def _title(action: str, who: str, what: str) -> str:
    words = {
        "created": _("{who} created the record"),
        "updated": _("{who} changed the record"),
        "transition": _("{who} moved the record on"),
        "deleted": _("{who} deleted the record"),
        "restored": _("{who} restored the record"),
        "merged": _("{who} merged records"),
        "imported": _("{who} imported the record"),
        "file_added": _("{who} attached {what}"),
        "file_removed": _("{who} removed {what}"),
        "item_done": _("{who} ticked {what}"),
        "item_open": _("{who} opened {what} again"),
    }
    return words.get(action, "{who}").format(who=who, what=what)
