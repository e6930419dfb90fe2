"""The panel of a record's page with the files attached to the record as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from formline.catalog.objects import Object
from formline.runtime.files import reading
from formline.web.files import markup
from formline.web.files.routes import TEXTS
from formline.web.records.targets import titles_of
from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class PanelFile:
    """One line of the panel; ``picture`` and ``text`` are addresses, "" where there is nothing to show."""

    id: UUID
    name: str
    address: str
    size: str
    who: str
    when: str
    picture: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What the template draws."""

    files: tuple[PanelFile, ...]
    can_add: bool


def panel(visit: Visit, obj: Object, record_id: UUID, *, can_update: bool) -> Panel | None:
    """Return the files of a record that the person was found to read; None where the object keeps none."""
    if not obj.attachments:
        return None
    found = reading.attached_to(visit.connection, visit.release, obj.name, record_id)
    titles = titles_of(visit, {"user": {one.created_by for one in found if one.created_by}})
    files = tuple(
        PanelFile(
            one.id,
            one.name,
            markup.address(one.id),
            markup.size_text(one.size),
            titles.get(one.created_by, "") if one.created_by else "",
            visit.formats.moment(one.created_at, visit.now),
            markup.address(one.id, "thumbnail") if one.thumbnail else "",
            markup.address(one.id, "text") if one.media_type in TEXTS else "",
        )
        for one in found
    )
    return Panel(files, can_update) if files or can_update else None
