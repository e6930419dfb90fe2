"""The page on which records are compared and merged, and taking a merge back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.runtime import tables
from formline.runtime.access.masking import Masked
from formline.runtime.access.permitted import RecordRights, record_rights
from formline.runtime.merging.merging import MOST, Merge, choosable, merge
from formline.runtime.merging.undoing import undo
from formline.runtime.unit import run_unit
from formline.runtime.unit.plan import plan_of
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.duplicates.blueprint import blueprint
from formline.web.duplicates.hits import told_of
from formline.web.duplicates.similar_routes import mergeable
from formline.web.i18n import gettext as _
from formline.web.records import cells, listing
from formline.web.records.targets import readable_object, record_or_404, title_text, titles_of
from formline.web.visit import Visit, visit


@dataclass(frozen=True, slots=True)
class Choice:
    """One record's value of a field; ``open``: it may be chosen; ``taken``: it is what the survivor gets."""

    id: UUID
    text: Markup
    open: bool
    taken: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One field in the comparison; ``differs`` where there is something to choose."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    differs: bool


@blueprint.get("/o/<object_name>/merge")
def merge_page(object_name: str) -> str:
    """Compare the records named by ``id`` field by field."""
    here = visit()
    obj = _mergeable(here, object_name)
    return _page(here, obj, _ids(request.args.getlist("id")))


@blueprint.post("/o/<object_name>/merge", endpoint="merge")
def join(object_name: str) -> Response | tuple[str, int]:
    """Merge the records into the one that was chosen to survive."""
    here = visit()
    obj = _mergeable(here, object_name)
    ids = _ids(request.form.getlist("id"))
    survivor = request.form.get("survivor", type=UUID)
    if survivor not in ids:
        raise NotFoundError
    chosen: dict[str, UUID] = {}
    for name in choosable(plan_of(here.release, obj.name, here.release.dialect)):
        source = request.form.get(f"f.{name}", type=UUID)
        if source is not None:
            chosen[name] = source
    wanted = Merge(obj.name, survivor, tuple(key for key in ids if key != survivor), chosen)
    try:
        run_unit(here.site, here.actor, lambda unit: merge(unit, wanted), source="form", confirm=True)
    except ValidationError as error:
        return _page(here, obj, ids, told_of(error)), 422
    return answers.go(f"{addresses.record(obj.name, survivor)}?saved=1")


@blueprint.get("/merges/<uuid:merge_id>/undo")
def undo_form(merge_id: UUID) -> str:
    """Ask whether a merge is to be taken back."""
    here = visit()
    _survivor(here, merge_id)
    return fragments.dialog(
        "duplicates/undo.html", _("Take back the merge"), merge_id=merge_id, general=(), warnings=()
    )


@blueprint.post("/merges/<uuid:merge_id>/undo", endpoint="undo")
def take_back(merge_id: UUID) -> Response | tuple[str, int]:
    """Take a merge back, or say that something was changed since."""
    here = visit()
    obj, _record_id = _survivor(here, merge_id)
    try:
        key = run_unit(here.site, here.actor, lambda unit: undo(unit, merge_id), source="form", confirm=True)
    except ConflictError:
        told = [_("Something was changed since the records were merged, so it cannot be taken back.")]
        return _undo_dialog(merge_id, told), 409
    return answers.done(obj, key)


def _undo_dialog(merge_id: UUID, told: Sequence[str]) -> str:
    title = _("Take back the merge")
    return fragments.dialog("duplicates/undo.html", title, merge_id=merge_id, general=told, warnings=())


def _survivor(here: Visit, merge_id: UUID) -> tuple[Object, UUID]:
    """Return object and record of a merge; NotFoundError where the person cannot read it."""
    columns = tables.merge.c
    statement = select(columns.object_id, columns.survivor_id).where(columns.id == merge_id)
    row = here.connection.execute(statement).first()
    name = here.release.object_named(row[0]) if row is not None else None
    if row is None or name is None:
        raise NotFoundError
    obj = readable_object(here, name)
    record_or_404(here, obj, row[1])
    return obj, row[1]


def _mergeable(here: Visit, name: str) -> Object:
    obj = readable_object(here, name)
    if not mergeable(here, obj):
        raise NotFoundError
    return obj


def _ids(texts: Sequence[str]) -> list[UUID]:
    try:
        ids = list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError:
        raise NotFoundError from None
    if not 1 < len(ids) <= MOST:
        raise NotFoundError
    return ids


def _page(here: Visit, obj: Object, ids: Sequence[UUID], findings: Sequence[str] = ()) -> str:
    records = [record_or_404(here, obj, key) for key in ids]
    wanted = request.values.get("survivor", type=UUID)
    oldest: UUID = min(records, key=lambda record: record["created_at"])["id"]
    survivor = wanted if wanted is not None and wanted in ids else oldest
    rights = record_rights(here.connection, here.release, here.actor, obj.name, ids)
    return render_template(
        "duplicates/merge.html",
        object=obj,
        label=here.labels.plural(obj),
        address=url_for("duplicates.merge", object_name=obj.name),
        records=[
            (record["id"], title_text(obj, record), addresses.record(obj.name, record["id"])) for record in records
        ],
        survivor=survivor,
        lines=_lines(here, obj, records, survivor, rights),
        general=findings,
        warnings=(),
    )


def _lines(
    here: Visit,
    obj: Object,
    records: Sequence[Mapping[str, Any]],
    survivor: UUID,
    rights: Mapping[UUID, RecordRights],
) -> list[Line]:
    access = here.rights.object(obj.name)
    names = [
        name
        for name in choosable(plan_of(here.release, obj.name, here.release.dialect))
        if access.shown(name) and any(record.get(name) not in (None, "", ()) for record in records)
    ]
    columns = list(listing.draw_columns(here, obj, tuple(names)))
    titles = titles_of(here, cells.ids_in(columns, records))
    ordered = sorted(records, key=lambda record: record["id"] != survivor)
    found = []
    for column in columns:
        if column.path not in names:
            continue
        texts = {
            record["id"]: str(column.render(record, titles, here.formats, here.labels, cells.EMPTY))
            for record in records
        }
        taken = next((r["id"] for r in ordered if r.get(column.path) not in (None, "", ())), survivor)
        chosen = request.form.get(f"f.{column.path}", type=UUID)
        editable = rights[survivor].field(column.path) == "edit"
        choices = tuple(
            Choice(
                record["id"],
                Markup(texts[record["id"]]),  # noqa: S704 - cells are escaped when filled
                editable and not isinstance(record.get(column.path), Masked),
                record["id"] == (chosen or taken),
            )
            for record in records
        )
        found.append(Line(column.path, column.label, choices, len(set(texts.values())) > 1))
    return sorted(found, key=lambda line: not line.differs)
