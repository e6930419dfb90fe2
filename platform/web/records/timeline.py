"""The history of one record as a timeline: who changed what when, in words, without what a person may not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select

from formline.catalog.objects import Object
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.runtime.tables import history
from formline.web.i18n import gettext as _
from formline.web.records import cells
from formline.web.records.cells import CELL, Column
from formline.web.records.targets import titles_of
from formline.web.visit import Visit

SHOWN = 20
ICONS = {
    "created": ("plus", "green"),
    "updated": ("pencil", "blue"),
    "transition": ("arrows-exchange", "purple"),
    "deleted": ("trash", "red"),
    "restored": ("arrow-back-up", "cyan"),
    "merged": ("git-merge", "orange"),
    "imported": ("file-import", "cyan"),
}


#: Everything is new then: the record itself shows it.
BEGINNINGS = frozenset({"created", "imported"})


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, as markup."""

    label: str
    before: Markup
    after: Markup


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the timeline."""

    icon: str
    tone: str
    title: str
    changes: tuple[Change, ...]
    at: datetime
    when: str


def entries(visit: Visit, obj: Object, record_id: UUID) -> tuple[Entry, ...]:
    """Return the newest events of a record, newest first."""
    model = visit.release.model(obj.name)
    statement = (
        select(history.c.at, history.c.action, history.c.actor_id, history.c.changes, history.c.source)
        .where(history.c.object_id == model.object_id, history.c.record_id == record_id)
        .order_by(history.c.id.desc())
        .limit(SHOWN)
    )
    rows = visit.connection.execute(statement).mappings().all()
    parsed = [_parsed(visit, obj, model.field_names, row["changes"] or {}) for row in rows]
    columns = {field.name: _column(visit, field) for changes in parsed for field in changes}
    held = [{field.name: value} for changes in parsed for field, pair in changes.items() for value in pair]
    wanted = cells.ids_in(tuple(columns.values()), held)
    wanted.setdefault("user", set()).update(row["actor_id"] for row in rows if row["actor_id"])
    titles = titles_of(visit, wanted)
    return tuple(_entry(visit, row, changes, columns, titles) for row, changes in zip(rows, parsed, strict=True))


def _parsed(
    visit: Visit, obj: Object, names: Mapping[int, str], changes: Mapping[str, Sequence[Any]]
) -> dict[Field, tuple[Any, Any]]:
    """Return the changes of fields the person may read, as values in memory."""
    access = visit.rights.object(obj.name)
    found: dict[Field, tuple[Any, Any]] = {}
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


def _entry(
    visit: Visit,
    row: Mapping[Any, Any],
    changes: dict[Field, tuple[Any, Any]],
    columns: Mapping[str, Column],
    titles: dict[UUID, str],
) -> Entry:
    icon, tone = ICONS.get(row["action"], ("history", "grey"))
    who = titles.get(row["actor_id"]) or _("The system")
    written = tuple(
        Change(
            columns[field.name].label,
            _shown(visit, columns[field.name], before, titles),
            _shown(visit, columns[field.name], after, titles),
        )
        for field, (before, after) in changes.items()
        if row["action"] not in BEGINNINGS
    )
    return Entry(icon, tone, _title(row["action"], who), written, row["at"], visit.formats.moment(row["at"], visit.now))


def _shown(visit: Visit, column: Column, value: Any, titles: dict[UUID, str]) -> Markup:
    text = column.render({column.path: value}, titles, visit.formats, visit.labels, cells.EMPTY)
    return Markup(text)  # noqa: S704 - cells are escaped when filled


def _title(action: str, who: str) -> str:
    words = {
        "created": _("{who} created the record"),
        "updated": _("{who} changed the record"),
        "transition": _("{who} moved the record on"),
        "deleted": _("{who} deleted the record"),
        "restored": _("{who} restored the record"),
        "merged": _("{who} merged records"),
        "imported": _("{who} imported the record"),
    }
    return words.get(action, "{who}").format(who=who)
