"""What formulas and rollups depend on: stored or read-time, their order, ranks for locking, cycles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from formline.catalog.model import RollupFeed
from formline.errors import DefinitionError, Problem
from formline.expressions.expression import Expression
from formline.expressions.scope import Path
from formline.expressions.types import BOOLEAN
from formline.fields.field import Field, RollupSpec

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object

#: Words a dependency path may start with that are not fields of the record.
ROOTS = frozenset({"old", "user", "this", "setting", "input", "candidate", "submitter", "item"})

Name = tuple[str, str]


def is_stored(catalog: Catalog, field: Field) -> bool:
    """Whether a column of the record holds the field; in a cycle of formulas the answer is yes."""
    if field.type.name != "formula":
        return field.stored
    return (field.object, field.name) in catalog.compiler.asked or stored_in_row(catalog, field)


def volatile(catalog: Catalog, field: Field) -> frozenset[str]:
    """Return which of today, now and user a formula depends on, through other formulas too."""
    if field.type.name != "formula" or (field.object, field.name) in catalog.compiler.asked:
        return frozenset()
    return expression_of(catalog, field).volatile


def stored_in_row(catalog: Catalog, field: Field) -> bool:
    """Whether a formula reads nothing but stored fields of its own row and no clock."""
    expression = expression_of(catalog, field)
    if expression.volatile:
        return False
    fields = catalog.object(field.object).fields
    with _asking(catalog, field):
        for path in expression.dependencies:
            own = fields.get(path[0])
            if len(path) > 1 or own is None or not is_stored(catalog, own):
                return False
    return True


def expression_of(catalog: Catalog, field: Field) -> Expression:
    """Compile a formula."""
    with _asking(catalog, field):
        expression = field.expression
    if expression is None:
        raise DefinitionError([Problem("missing-parameter", f"The formula {field.name} has no expression.")])
    return expression


@contextmanager
def _asking(catalog: Catalog, field: Field) -> Iterator[None]:
    """Remember that something is being found out about a formula, so that a circle of formulas ends."""
    asked, name = catalog.compiler.asked, (field.object, field.name)
    added = name not in asked
    asked.add(name)
    try:
        yield
    finally:
        if added:
            asked.discard(name)


def in_order(object_: Object) -> tuple[Field, ...]:
    """Return the stored formulas of an object, each after those it reads."""
    stored = {f.name: f for f in object_.declared if f.type.name == "formula" and f.stored}
    done: dict[str, Field] = {}

    def visit(field: Field) -> None:
        if field.name in done:
            return
        for name in sorted(own_names(expression_of(object_.catalog, field))):
            if name in stored and name != field.name:
                visit(stored[name])
        done[field.name] = field

    for field in stored.values():
        visit(field)
    return tuple(done.values())


def own_names(expression: Expression) -> frozenset[str]:
    """Return the first names of the paths that start at the record."""
    return frozenset(p[0] for p in expression.dependencies if p[0] not in ROOTS and not p[0].startswith("@"))


def rollup_spec(catalog: Catalog, field: Field) -> RollupSpec:
    """Resolve what a rollup adds up; :class:`DefinitionError` where ``of`` leads nowhere."""
    reverse, _, of = str(field.params.get("of", "")).partition(".")
    link = catalog.links.behind(field.object, reverse)
    if link is None:
        message = f'The rollup {field.object}.{field.name} adds up "{reverse}", which is no other side of a lookup.'
        raise DefinitionError([Problem("unknown-reverse", message)])
    where = field.params.get("where")
    condition = None
    if where is not None:
        condition = catalog.compiler.compile(where, object=field.object, where_of=link.object, expects=BOOLEAN)
    aggregate = str(field.params.get("aggregate") or "count")
    return RollupSpec(reverse, link.object, link.field, "" if of == "id" else of, aggregate, condition)


def feeds_of(object_: Object) -> tuple[RollupFeed, ...]:
    """Return the rollups of other objects that rows of this object feed, lowest rank first."""
    return tuple(sorted(_feeds(object_), key=lambda feed: feed.rank))


def _feeds(object_: Object) -> Iterator[RollupFeed]:
    catalog = object_.catalog
    for name, field in object_.fields.items():
        if not field.reverse:
            continue
        for target in field.to:
            for source in catalog.links.rollups_over(target, field.reverse):
                rollup = catalog.object(target).fields[source.field].rollup
                if rollup is not None:
                    yield RollupFeed(
                        target,
                        catalog.object(target).fields[source.field],
                        name,
                        rollup.of or None,
                        rollup.aggregate,
                        rollup.where,
                        rank(catalog, target, source.field),
                    )


def rank(catalog: Catalog, object_name: str, rollup: str) -> int:
    """Return 1 for a rollup over plain fields, one more than the highest rollup it reads otherwise."""
    ranks = catalog.compiler.ranks
    name = (object_name, rollup)
    if name not in ranks:
        ranks[name] = _rank(catalog, name, ())
    return ranks[name]


def _rank(catalog: Catalog, name: Name, above: tuple[Name, ...]) -> int:
    if name in above:
        circle = [*above[above.index(name) :], name]
        text = " -> ".join(".".join(part) for part in circle)
        raise DefinitionError([Problem("rollup-cycle", f"Rollups depend on each other in a circle: {text}.")])
    return 1 + max((_rank(catalog, found, (*above, name)) for found in rollups_read(catalog, name)), default=0)


def rollups_read(catalog: Catalog, name: Name) -> frozenset[Name]:
    """Return the rollups that a rollup's rows read: in what it adds up and in its ``where``, through formulas."""
    spec = catalog.object(name[0]).fields[name[1]].rollup
    if spec is None:
        return frozenset()
    found: set[Name] = set()
    if spec.of:
        _follow(catalog, spec.child, (spec.of,), found, set())
    for path in spec.where.dependencies if spec.where else ():
        _follow(catalog, name[0], path, found, set())
    return frozenset(found)


def start_of(object_name: str, path: Path) -> tuple[str, Path] | None:
    """Return the object at which a dependency starts and its steps from there; None for the user, settings and such.

    ``@child`` starts at a row of ``child``: inside a ``where``, or a row that a find looks at.
    """
    first = path[0]
    if first.startswith("@"):
        return first[1:], path[1:]
    if first in ("this", "old"):
        return object_name, path[1:]
    return None if first in ROOTS else (object_name, path)


def fields_on(catalog: Catalog, object_name: str, path: Path) -> Iterator[tuple[str, str, Field | None]]:
    """Yield (object, name, field) per step of a dependency; the field is None for the other side of a lookup."""
    start = start_of(object_name, path)
    if start is None:
        return
    current: str | None = start[0]
    for step in start[1]:
        member = catalog.compiler.scope.field(current, step) if current else None
        if member is None or current is None:
            return
        yield current, step, catalog.object(current).fields.get(step)
        current = member.to[0] if len(member.to) == 1 else None


def _follow(catalog: Catalog, object_name: str, path: Path, found: set[Name], seen: set[Name]) -> None:
    """Add the rollups a path meets, going into formulas; ``seen`` ends circles of formulas."""
    for current, step, field in fields_on(catalog, object_name, path):
        if field is not None and field.type.name == "rollup":
            found.add((current, step))
        if field is not None and field.type.name == "formula" and (current, step) not in seen:
            seen.add((current, step))
            for below in expression_of(catalog, field).dependencies:
                _follow(catalog, current, below, found, seen)


def reads_children(catalog: Catalog, object_name: str, expression: Expression) -> bool:
    """Whether an expression reads other rows that the same unit may write, so that it holds only at its end.

    Those are collections, rollups, what finds look at, and formulas over any of them.
    """
    return any(_meets_children(catalog, object_name, path, set()) for path in expression.dependencies)


def _meets_children(catalog: Catalog, object_name: str, path: Path, seen: set[Name]) -> bool:
    if path[0].startswith("@"):
        return True
    for current, step, field in fields_on(catalog, object_name, path):
        if field is None or field.type.name in ("rollup", "many_to_many"):
            return True
        if field.type.name == "formula" and (current, step) not in seen:
            seen.add((current, step))
            below = expression_of(catalog, field).dependencies
            if any(_meets_children(catalog, current, one, seen) for one in below):
                return True
    return False


def formula_circle(catalog: Catalog, field: Field) -> tuple[str, ...]:
    """Return the formulas of one object that lead from ``field`` back to it, or nothing."""
    fields = catalog.object(field.object).fields

    def search(current: Field, path: tuple[str, ...]) -> tuple[str, ...]:
        for name in sorted(own_names(expression_of(catalog, current))):
            following = fields.get(name)
            if name == field.name:
                return (*path, name)
            if following is not None and following.type.name == "formula" and name not in path:
                found = search(following, (*path, name))
                if found:
                    return found
        return ()

    return search(field, (field.name,))
