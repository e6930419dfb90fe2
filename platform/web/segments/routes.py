"""Segments a person may look at, and the profile page of one: what its records have that others have not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from flask import render_template, url_for

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.queries import QueryError
from formline.runtime.queries.paths import usable
from formline.web import addresses, places
from formline.web.home.parts import filters, label
from formline.web.i18n import N_
from formline.web.records.targets import titles_of
from formline.web.segments.blueprint import blueprint
from formline.web.visit import Visit, visit
from formline.workflow.segments.definition import Segment
from formline.workflow.segments.profile import Part, counts, profile

#: Values of a field that a profile shows.
MOST_PARTS = 8

places.add(
    places.Place(
        "segments",
        N_("Segments"),
        "chart-pie",
        "/segments",
        "segments.overview",
        lambda visit: bool(_visible(visit)),
        order=85,
    )
)


@dataclass(frozen=True, slots=True)
class Card:
    """A segment on the page of all."""

    label: str
    help: str
    href: str
    icon: str
    count: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a profile: texts for the segment and for everybody; shares in percent, None for averages."""

    label: str
    inside: str
    everybody: str
    share: int | None = None
    of_all: int | None = None
    href: str = ""


@blueprint.get("/segments")
def overview() -> str:
    """List the segments with how many records the person sees in each."""
    here = visit()
    by_object: dict[str, list[Segment]] = defaultdict(list)
    for one in _visible(here):
        by_object[one.object].append(one)
    cards = []
    for name, segments in by_object.items():
        icon = here.release.catalog.object(name).icon
        for one, number in zip(segments, counts(here.connection, here.release, here.actor, segments), strict=True):
            address = url_for("segments.profile_page", name=one.name)
            cards.append(Card(_label(here, one), _help(here, one), address, icon, here.formats.number(number)))
    return render_template("segments/overview.html", cards=cards)


@blueprint.get("/segments/<name>")
def profile_page(name: str) -> str:
    """Show what the records of a segment have in common, beside all records."""
    here = visit()
    segment = next((one for one in _visible(here) if one.name == name), None)
    if segment is None:
        raise NotFoundError
    found = profile(here.connection, here.release, here.actor, segment)
    object_ = here.release.catalog.object(segment.object)
    averages = [
        Compared(here.labels.field(field), _number(here, field, one.inside), _number(here, field, one.everybody))
        for one in found.averages
        for field in (object_.fields[one.field],)
    ]
    groups = [
        (here.labels.field(object_.fields[field]), _parts(here, segment, object_, field, parts))
        for field, parts in found.groups
    ]
    return render_template(
        "segments/profile.html",
        label=_label(here, segment),
        help=_help(here, segment),
        plural=here.labels.plural(object_),
        icon_name=object_.icon,
        inside=here.formats.number(found.inside),
        share=_share(found.inside, found.everybody),
        list_href=_list(segment),
        averages=averages,
        groups=groups,
    )


def _visible(here: Visit) -> list[Segment]:
    """Return the segments of records the person may filter by, those that only rank left out."""
    every: list[Segment] = sorted(here.release.catalog.all("segment").values(), key=lambda one: one.name)
    return [one for one in every if one.field and _may_filter(here, one)]


def _may_filter(here: Visit, segment: Segment) -> bool:
    try:
        usable(here.rights, segment.object, segment.field, "filter")
    except QueryError:
        return False
    return here.rights.object(segment.object).can("read")


def _parts(here: Visit, segment: Segment, object_: Object, name: str, parts: tuple[Part, ...]) -> list[Compared]:
    field = object_.fields[name]
    ids = {part.value for part in parts if isinstance(part.value, UUID)}
    titles = titles_of(here, {field.to[0]: ids}) if field.to and ids else {}
    inside, everybody = sum(part.inside for part in parts), sum(part.everybody for part in parts)
    return [
        Compared(
            label(here, field, part.value, "", titles),
            here.formats.number(part.inside),
            here.formats.number(part.everybody),
            _share(part.inside, inside),
            _share(part.everybody, everybody),
            _list(segment, filters(here, field, name, part.value)),
        )
        for part in parts[:MOST_PARTS]
    ]


def _list(segment: Segment, more: list[tuple[str, str]] | None = None) -> str:
    """Return the address of the list of a segment's records."""
    return addresses.list_of(segment.object, [("f", f"{segment.field}~contains~{segment.name}"), *(more or ())])


def _number(here: Visit, field: Field, value: Decimal | None) -> str:
    if value is None:
        return "–"
    if field.value_type.kind is Kind.MONEY:
        return here.formats.short_money(value)
    return here.formats.number(Decimal(value), 1)


def _share(part: int, whole: int) -> int:
    return round(part * 100 / whole) if whole else 0


def _label(here: Visit, segment: Segment) -> str:
    return here.labels.text("segment", segment.name, "label", segment.label)


def _help(here: Visit, segment: Segment) -> str:
    return here.labels.text("segment", segment.name, "help", segment.help) if segment.help else ""
