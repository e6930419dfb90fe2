"""Rollups whose ``where`` reads other records than their rows: what they read, and the way back to the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formline.catalog.formulas import expression_of, fields_on, start_of
from formline.catalog.model import RollupFeed
from formline.expressions.expression import Expression
from formline.fields.base import name_of

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

#: A lookup: (object, field).
Step = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class DistantFeed:
    """A rollup reads ``names``, the keys of one field, of a record that ``chain`` leads to.

    The chain starts at the rows the rollup adds up or, with ``of_parent``, at the record that has the rollup.
    """

    feed: RollupFeed
    child: str
    of_parent: bool
    chain: tuple[Step, ...]
    names: tuple[str, ...]


def distant_feeds(catalog: Catalog) -> Mapping[str, tuple[DistantFeed, ...]]:
    """Return what rollups read elsewhere, by the object read.

    Only ways through lookups are followed: what a ``find`` or the other side of a lookup yields counts when the row
    itself is written.
    """
    found: dict[str, list[DistantFeed]] = defaultdict(list)
    for child in catalog.objects.values():
        for feed in child.feeds:
            for path in sorted(feed.where.dependencies) if feed.where is not None else ():
                start = start_of(feed.parent_object, path)
                if start is None:
                    continue
                of_parent = _from_holder(path)
                for object_name, chain, name in set(_read(catalog, start[0], start[1], (), set())):
                    if chain or of_parent:
                        field = catalog.object(object_name).fields[name]
                        names = tuple(name_of(part.name, name) for part in field.parts)
                        found[object_name].append(DistantFeed(feed, child.name, of_parent, chain, names))
    return {name: tuple(feeds) for name, feeds in found.items()}


def reads_holder(where: Expression) -> bool:
    """Return whether a rollup's ``where`` reads the record that has the rollup, its ``this``."""
    return any(_from_holder(path) for path in where.dependencies)


def _from_holder(path: tuple[str, ...]) -> bool:
    return not path[0].startswith("@") and start_of("", path) is not None


def _read(
    catalog: Catalog, start: str, path: tuple[str, ...], before: tuple[Step, ...], seen: set[Step]
) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """Yield (object, lookups that lead there, field) of stored fields on a path, going into formulas and mirrors."""
    chain = before
    for owner, name, field in fields_on(catalog, start, (f"@{start}", *path)):
        if field is None or field.value_type.many:
            return
        if (field.mirror or field.type.name == "formula") and (owner, name) not in seen:
            below = [tuple(field.mirror)] if field.mirror else sorted(expression_of(catalog, field).dependencies)
            for one in below:
                start_below = start_of(owner, one)
                if start_below is not None and start_below[0] == owner:
                    yield from _read(catalog, owner, start_below[1], chain, {*seen, (owner, name)})
        else:
            yield owner, chain, name
        chain = (*chain, (owner, name))
