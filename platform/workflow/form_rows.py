"""Rows that are written in the form of another record, such as the lines of a quote: which they are, whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from formline.catalog.objects import Object
    from formline.runtime.unit.draft import Draft


@dataclass(frozen=True, slots=True)
class FormTable:
    """Rows of an object in the forms of ``parent``: ``field`` leads there, ``name`` is what the table is called."""

    parent: str
    field: str
    name: str


def form_table(object_: Object) -> FormTable | None:
    """Return the table in which rows of an object are written, None where they have forms of their own alone."""
    if object_.parent is None:
        return None
    parent = object_.catalog.object(object_.fields[object_.parent].to[0])
    names = {link.reverse for link in parent.children if (link.object, link.field) == (object_.name, object_.parent)}
    found = sorted(names & tables_of(parent))
    return FormTable(parent.name, object_.parent, found[0]) if found else None


def tables_of(object_: Object) -> set[str]:
    """Return the names of the tables in the forms of an object."""
    return {section.table for layout in object_.layouts for section in layout.form if section.table}


def parents_of(draft: Draft, field: str) -> set[UUID]:
    """Return the records a row belongs to, and belonged to before."""
    return {record[field] for record in (draft.record, draft.old or {}) if record.get(field) is not None}
