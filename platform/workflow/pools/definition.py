"""A pool as frozen data, and which pools an object has. Conditions are compiled, nothing is asked of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from formline.catalog.sharing import days_of, selectors_of
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition
    from formline.runtime.release import Release

Selectors = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A time that passes: ``after`` so long ``since`` a date or moment, at the earliest since the record was gained."""

    after: timedelta
    since: Expression | None = None


@dataclass(frozen=True, slots=True)
class RecycleRule:
    """A record it is about goes back when all its ``parts`` are over; ``when`` None: it is about every record."""

    name: str
    label: str
    when: Expression | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may have and take; None: no limit."""

    owned: int | None = None
    not_counted: Expression | None = None
    claims_per_day: int | None = None
    previous_owner_waits: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool. Of several that a record fits, the first by (``order``, ``name``) has it."""

    name: str
    label: str
    help: str
    object: str
    where: Expression | None
    order: int
    members: Selectors
    administrators: Selectors
    columns: tuple[str, ...]
    masked: frozenset[str]
    limits: Limits
    rules: tuple[RecycleRule, ...]
    exempt: Expression | None
    remind_before: timedelta | None


def build_pool(catalog: Catalog, definition: Definition) -> Pool:
    """Make a pool of a checked definition."""
    data = definition.data
    object_name = str(data["object"])

    def condition(source: Any) -> Expression | None:
        if source is None:
            return None
        return catalog.compiler.compile(source, object=object_name, expects=BOOLEAN, stored=True)

    def part(item: Mapping[str, Any]) -> Part:
        since = item.get("since")
        read = None if since is None else catalog.compiler.compile(str(since), object=object_name, stored=True)
        return Part(days_of(item["after"]) or timedelta(), read)

    def rule(name: str, item: Mapping[str, Any]) -> RecycleRule:
        parts = tuple(part(one) for one in item.get("all") or (item,))
        return RecycleRule(name, str(item.get("label") or humanise(name)), condition(item.get("when")), parts)

    limits = data.get("limits") or {}
    return Pool(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("help") or ""),
        object_name,
        condition(data.get("where")),
        int(data.get("order", 100)),
        tuple(selectors_of(data["members"])),
        tuple(selectors_of(data.get("administrators"))),
        tuple(data.get("columns") or ()),
        frozenset(data.get("masked") or ()),
        Limits(
            limits.get("owned"),
            condition(limits.get("not_counted")),
            limits.get("claims_per_day"),
            days_of(limits.get("previous_owner_waits")),
        ),
        tuple(rule(name, item) for name, item in (data.get("recycle") or {}).items()),
        condition(data.get("exempt")),
        days_of(data.get("remind_before")),
    )


def pools_of(release: Release, object_name: str) -> tuple[Pool, ...]:
    """Return the pools of an object, those asked first in front."""

    def load() -> tuple[Pool, ...]:
        found: list[Pool] = [one for one in release.catalog.all("pool").values() if one.object == object_name]
        return tuple(sorted(found, key=lambda one: (one.order, one.name)))

    return release.memo(("pools", object_name), load)
