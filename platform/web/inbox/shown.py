"""Fields of records as approvals show them: what a step decides by, what a proposal changes; only what may be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup

from formline.catalog.objects import Object
from formline.fields.base import name_of
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch
from formline.runtime.unit.plan import plan_of
from formline.web.records import cells
from formline.web.records.cells import CELL, HIGHLIGHT, Column
from formline.web.records.targets import field_at, path_label, titles_of
from formline.web.visit import Visit
from formline.workflow.approvals.proposals import values_of

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """A field with its value; ``before`` is what it would replace, None where nothing changes."""

    label: str
    text: Markup
    before: Markup | None = None


def columns(here: Visit, obj: Object, paths: Iterable[str], kind: str = CELL) -> tuple[Column, ...]:
    """Return the columns of those paths that the person may see, drawn once."""
    return tuple(found for path in dict.fromkeys(paths) if (found := _column(here, obj, path, kind)) is not None)


def _column(here: Visit, obj: Object, path: str, kind: str) -> Column | None:
    field = field_at(here, obj, path)
    if field is None:
        return None
    key = ("approval column", obj.name, path, kind, here.language, here.rights)
    return here.compiled(key, lambda: cells.column(here, path, field, kind, path_label(here, obj, path)))


def records(here: Visit, obj: Object, ids: Iterable[UUID], paths: Iterable[str]) -> dict[UUID, Record]:
    """Return what the person may read of records, by id, in one statement."""
    wanted = list(dict.fromkeys(ids))
    if not wanted or not here.rights.object(obj.name).can("read"):
        return {}
    query = Query(obj.name, ("id", *dict.fromkeys(paths)), {"field": "id", "op": "in", "value": wanted}, limit=500)
    return {row["id"]: row for row in fetch(here.connection, here.release, here.actor, query).rows}


def proposed(here: Visit, obj: Object, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a proposal would write, as flat values of the fields that the person may read."""
    plan = plan_of(here.release, obj.name, here.site.dialect)
    access = here.rights.object(obj.name)
    found: dict[str, Any] = {}
    for name, value in values_of(plan, proposal).items():
        field = obj.fields[name]
        if not access.readable(name):
            continue
        if name in plan.many:
            found[name] = tuple(UUID(one) for one in value or ())
            continue
        found |= {name_of(part, name): each for part, each in field.type.parse_parts(field, value).items()}
    return found


def facts(here: Visit, drawn: Sequence[Column], record: Record, changed: Record) -> tuple[Fact, ...]:
    """Return the values of columns, those that ``changed`` replaces with what they were before."""
    return tuple(_facts(here, drawn, record, changed, titles_in(here, drawn, [record, changed])))


def titles_in(here: Visit, drawn: Sequence[Column], rows: Sequence[Record]) -> dict[UUID, str]:
    """Return the titles that columns need for rows."""
    return titles_of(here, cells.ids_in(drawn, rows))


def _facts(
    here: Visit, drawn: Sequence[Column], record: Record, changed: Record, titles: Mapping[UUID, str]
) -> Iterator[Fact]:
    for column in drawn:
        old = text(here, column, record, titles)
        if column.path in changed and not isinstance(record.get(column.path), Masked):
            new = text(here, column, {**record, **changed}, titles)
            yield Fact(column.label, new, old if old != new else None)
        else:
            yield Fact(column.label, old)


def text(here: Visit, column: Column, record: Record, titles: Mapping[UUID, str]) -> Markup:
    """Return one value as markup."""
    return Markup(column.render(record, titles, here.formats, here.labels, cells.EMPTY))  # noqa: S704 - escaped there


def highlights(here: Visit, obj: Object, paths: Iterable[str]) -> tuple[Column, ...]:
    """Return columns for the head of a page."""
    return columns(here, obj, paths, HIGHLIGHT)
