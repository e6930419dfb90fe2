"""The dialog of a conversion: what is made, existing records to choose instead, quantities; and carrying it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from formline.catalog.conversions import Conversion, Copied, Created, conversions_of
from formline.catalog.objects import Object
from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.expressions.expression import Expression
from formline.runtime.access.masking import Masked
from formline.runtime.access.permitted import record_rights
from formline.runtime.converting.converting import Choice, convert
from formline.runtime.converting.preview import Preview, preview
from formline.runtime.unit import run_unit
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.duplicates.blueprint import blueprint
from formline.web.duplicates.hits import ShownHit, similar, told_of
from formline.web.i18n import gettext as _
from formline.web.records import cells, listing
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import readable_object, record_or_404, titles_of
from formline.web.visit import Visit, visit

NEW = "new"


@dataclass(frozen=True, slots=True)
class ShownPart:
    """What is made of one object; ``values`` are (label, text) that the person may read already."""

    name: str
    label: str
    optional: bool
    values: list[tuple[str, Any]]
    hits: list[ShownHit]


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the conversions that this record can take now."""
    offered = [one for one in conversions_of(here.release.catalog, obj.name) if _may(here, one)]
    if not offered:
        return
    access = record_rights(here.connection, here.release, here.actor, obj.name, [record["id"]])[record["id"]]
    if not access.can("update"):
        return
    states = preview(here.connection, here.release, here.actor, offered, record["id"])
    for one in offered:
        if states[one.name].open:
            address = url_for("duplicates.convert_form", object_name=obj.name, record_id=record["id"], name=one.name)
            label = here.release.catalog.translate(here.language, "conversion", one.name, ("label",), one.label)
            yield Action(label, address, "switch-horizontal", dialog=True, takes=one.transition)


PROVIDERS.append(actions)


def _may(here: Visit, conversion: Conversion) -> bool:
    """Return whether the person may create something of what is made."""
    return any(here.rights.object(part.object).can("create") for part in conversion.create)


@blueprint.get("/o/<object_name>/<uuid:record_id>/convert/<name>")
def convert_form(object_name: str, record_id: UUID, name: str) -> str:
    """Show what a conversion would make of a record."""
    here = visit()
    obj, conversion, record = _asked(here, object_name, record_id, name)
    return _dialog(here, obj, conversion, record, [])


@blueprint.post("/o/<object_name>/<uuid:record_id>/convert/<name>", endpoint="convert")
def carry_out(object_name: str, record_id: UUID, name: str) -> Response | tuple[str, int]:
    """Convert a record and go to what was made first."""
    here = visit()
    obj, conversion, record = _asked(here, object_name, record_id, name)
    try:
        choice = _choice(conversion)
        made = run_unit(
            here.site,
            here.actor,
            lambda unit: convert(unit, conversion, record_id, choice),
            source="form",
            confirm=True,
        )
    except ValidationError as error:
        return _dialog(here, obj, conversion, record, told_of(error)), 422
    except ConflictError:
        return _dialog(here, obj, conversion, record, [_("This record was converted already.")]), 409
    first = next((one for one in made if here.rights.object(one.object).can("read")), None)
    address = addresses.record(first.object, first.id) if first else addresses.record(obj.name, record_id)
    return answers.go(f"{address}?saved=1")


def _asked(here: Visit, name: str, record_id: UUID, wanted: str) -> tuple[Object, Conversion, Mapping[str, Any]]:
    obj = readable_object(here, name)
    record = record_or_404(here, obj, record_id)
    found = next((one for one in conversions_of(here.release.catalog, obj.name) if one.name == wanted), None)
    if found is None or not _may(here, found):
        raise NotFoundError
    return obj, found, record


def _choice(conversion: Conversion) -> Choice:
    """Read what the dialog decided."""
    existing: dict[str, UUID] = {}
    without = set()
    for part in conversion.create:
        chosen = request.form.get(f"use.{part.object}", NEW)
        if part.optional and f"make.{part.object}" not in request.form:
            without.add(part.object)
        elif chosen != NEW:
            try:
                existing[part.object] = UUID(chosen)
            except ValueError:
                raise NotFoundError from None
    numbers: dict[UUID, Any] = {}
    for key, value in request.form.items():
        if key.startswith("number."):
            try:
                numbers[UUID(key.removeprefix("number."))] = value
            except ValueError:
                raise NotFoundError from None
    return Choice(existing, frozenset(without), numbers)


def _dialog(here: Visit, obj: Object, conversion: Conversion, record: Mapping[str, Any], findings: list[str]) -> str:
    found = preview(here.connection, here.release, here.actor, [conversion], record["id"])[conversion.name]
    catalog = here.release.catalog
    return fragments.dialog(
        "duplicates/convert.html",
        catalog.translate(here.language, "conversion", conversion.name, ("label",), conversion.label),
        heading=catalog.translate(here.language, "conversion", conversion.name, ("label",), conversion.label),
        help=catalog.translate(here.language, "conversion", conversion.name, ("help",), conversion.help),
        address=url_for("duplicates.convert", object_name=obj.name, record_id=record["id"], name=conversion.name),
        parts=[_part(here, obj, record, found, part) for part in conversion.create if part.object in found.values],
        lines=_lines(here, found),
        open=found.open,
        chosen=request.form,
        general=findings,
        warnings=(),
    )


def _part(here: Visit, obj: Object, record: Mapping[str, Any], found: Preview, part: Created) -> ShownPart:
    target = here.release.catalog.object(part.object)
    copied = {
        name: value.field
        for name, value in part.values.items()
        if isinstance(value, Copied)
        and here.rights.object(obj.name).shown(value.field)
        and not isinstance(record.get(value.field), Masked)
        and record.get(value.field) is not None
    }
    columns = {column.path: column for column in listing.draw_columns(here, obj, tuple(dict.fromkeys(copied.values())))}
    titles = titles_of(here, cells.ids_in(tuple(columns.values()), [record]))
    values: list[tuple[str, Any]] = []
    for name, value in part.values.items():
        label = here.labels.field(target.fields[name])
        if name in copied and copied[name] in columns:
            text = columns[copied[name]].render(record, titles, here.formats, here.labels, cells.EMPTY)
            values.append((label, Markup(text)))  # noqa: S704 - cells are escaped when filled
        elif isinstance(value, Expression) and _readable(here, obj, record, value):
            answer = found.values[part.object].get(name)
            if isinstance(answer, str):
                values.append((label, answer))
    hits = similar(here, part.object, found.values[part.object], {part.rule}) if part.rule else []
    readable = [hit for hit in hits if hit.object == part.object]
    return ShownPart(part.object, here.labels.object(target), part.optional, values, readable)


def _readable(here: Visit, obj: Object, record: Mapping[str, Any], value: Expression) -> bool:
    """Return whether an expression reads nothing but fields of the record that the person sees."""
    access = here.rights.object(obj.name)
    return all(
        len(path) == 1 and access.shown(path[0]) and not isinstance(record.get(path[0]), Masked)
        for path in value.dependencies
    )


def _lines(here: Visit, found: Preview) -> list[tuple[UUID, str, Any]]:
    """Return (line, its title, the largest number) of the lines whose number the dialog asks for."""
    by_object: dict[str, list[UUID]] = {}
    for name, key, _most in found.lines:
        by_object.setdefault(name, []).append(key)
    titles = titles_of(here, by_object)
    return [(key, titles[key], format(most.normalize(), "f")) for _name, key, most in found.lines if key in titles]
