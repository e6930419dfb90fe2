"""A segment as frozen data, how it is built and checked, and which an object has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from formline.catalog.checker import Checker
from formline.catalog.kinds import Kind, register
from formline.catalog.sharing import days_of
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.expressions.types import Kind as TypeKind
from formline.fields.field import Field, humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition
    from formline.runtime.release import Release

MEASURES = ("recency", "frequency", "monetary")


@dataclass(frozen=True, slots=True)
class Rfm:
    """Ranks by three measures; ``measures`` and ``fields`` stand in the order of :data:`MEASURES`."""

    measures: tuple[Expression, ...]
    fields: tuple[str, ...]
    window: timedelta
    groups: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Records of ``object`` ``where`` a condition holds are in it, which ``field`` keeps; or they are ranked.

    Into a ``static`` one people put records themselves. ``profile``: the fields its page compares.
    """

    name: str
    label: str
    object: str
    where: Expression | None
    field: str
    hourly: bool
    rfm: Rfm | None
    static: bool
    profile: tuple[str, ...]
    help: str


def build_segment(catalog: Catalog, definition: Definition) -> Segment:
    """Make a segment of a checked definition."""
    data = definition.data
    object_name = str(data["object"])
    where, spec = data.get("where"), data.get("rfm")
    rfm = None
    if spec is not None:
        rfm = Rfm(
            tuple(catalog.compiler.compile(spec[name], object=object_name) for name in MEASURES),
            tuple(str(spec["store"][name]) for name in MEASURES),
            days_of(spec.get("window")) or timedelta(weeks=52),
            int(spec.get("groups", 5)),
        )
    return Segment(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        None if where is None else catalog.compiler.compile(where, object=object_name, expects=BOOLEAN),
        str(data.get("field") or ""),
        data.get("refresh") == "hourly",
        rfm,
        data.get("static") is True,
        tuple(data.get("profile") or ()),
        str(data.get("help") or ""),
    )


def check_segment(checker: Checker) -> None:
    """Check a segment: it has a condition and a field, or ranks into fields that hold whole numbers."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    where = checker.condition(data.get("where"), ("where",), object_.name)
    if where is not None and "user" in where.volatile:
        message = "A segment is the same for everybody."
        checker.error("segment-parts", message, ("where",), "write the condition without user")
    if "rfm" in data:
        _check_rfm(checker, object_, data["rfm"])
        if "field" in data:
            checker.error("segment-parts", "Ranks are kept in the fields of store.", ("field",), "remove it", key=True)
        return
    for index, name in enumerate(data.get("profile") or ()):
        compared = checker.field(object_, name, ("profile", index))
        if compared is not None and not (is_number(compared) or is_grouped(compared)):
            message = f"{name} is neither a number nor one of a few values."
            checker.error("segment-parts", message, ("profile", index), "name a number, a choice, or a lookup")
    if data.get("static") is True:
        _check_static(checker, data)
    elif "where" not in data or "field" not in data:
        message = "A segment has a condition and the field that keeps it."
        checker.error("segment-parts", message, (), "write where: and field:, or rfm:")
        return
    field = checker.field(object_, data["field"], ("field",))
    if field is not None and (field.type.name != "multi_choice" or data["name"] not in field.choices):
        message = f'{field.name} is no multi_choice with the choice "{data["name"]}".'
        checker.error("segment-parts", message, ("field",), f"add the choice {data['name']} to a multi_choice field")


def _check_static(checker: Checker, data: Any) -> None:
    """Check a segment that people fill: no condition, and a field that the platform does not fill with others."""
    if "where" in data or "field" not in data:
        message = "A static segment has a field that people fill, and no condition."
        checker.error("segment-parts", message, ("where",) if "where" in data else (), "write field: alone")
    for name, other in checker.catalog.definitions.items():
        found = other.data
        same = name[0] == "segment" and (found.get("object"), found.get("field")) == (data["object"], data.get("field"))
        if same and found.get("static") is not True:
            message = f"{data['field']} is worked out for the segment {name[1]}."
            checker.error("segment-parts", message, ("field",), "keep static segments in a field of their own")


def is_number(field: Field) -> bool:
    """Return whether a profile shows the average of a field."""
    return field.value_type.is_number and not field.value_type.many


def is_grouped(field: Field) -> bool:
    """Return whether a profile counts the records for each value of a field."""
    return field.value_type.kind in (TypeKind.CHOICE, TypeKind.BOOLEAN, TypeKind.REF) and not field.value_type.many


def _check_rfm(checker: Checker, object_: Any, spec: Any) -> None:
    for name in MEASURES:
        found = checker.expression(spec[name], ("rfm", name), object_.name)
        dated = found is not None and found.type.kind in (TypeKind.DATE, TypeKind.DATETIME)
        if found is not None and not (dated if name == "recency" else found.type.is_number):
            message = f"{name} is {found.type}."
            checker.error("segment-parts", message, ("rfm", name), "name a date" if name == "recency" else "a number")
        field = checker.field(object_, spec["store"][name], ("rfm", "store", name))
        if field is not None and field.type.name != "integer":
            message = f"{field.name} cannot keep the number of a group."
            checker.error("segment-parts", message, ("rfm", "store", name), "name a field of type integer")


def segments_of(release: Release, object_name: str) -> tuple[Segment, ...]:
    """Return the segments of an object by name."""

    def load() -> tuple[Segment, ...]:
        found: list[Segment] = [one for one in release.catalog.all("segment").values() if one.object == object_name]
        return tuple(sorted(found, key=lambda one: one.name))

    return release.memo(("segments", object_name), load)


register(Kind("segment", build_segment, check_segment))
