"""Warns of the null trap: a check that compares an optional field fails silently or loudly when it is empty."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.expressions.expression import Expression
from formline.expressions.nodes import Compare, Field, IsNull, Node, walk
from formline.expressions.scope import Path
from formline.metadata.positions import Path as Place

_ORDERED = frozenset({"<", "<=", ">", ">="})
#: Types whose value is never null in a saved record, whatever ``required`` says.
_ALWAYS = frozenset({"rollup", "state", "boolean", "id"})


def warn_of_nulls(
    checker: Checker, object_: Object, test: Expression, guarded: bool, path: Place, given: Collection[str] = ()
) -> None:
    """Warn once per optional field that is compared by order without a test for null.

    ``guarded``: a ``when`` says when the check applies. ``given``: fields that are filled in before it does.
    """
    if guarded:
        return
    tested = {node.value.path for node in walk(test.node) if isinstance(node, IsNull) and isinstance(node.value, Field)}
    for found in sorted({one for one in _compared(test.node) if one not in tested}):
        if found[0] not in given and _optional(object_, found):
            name = ".".join(found)
            message = f'The comparison with "{name}" does not hold when it is empty.'
            hint = f"add {name} != null and" if path[-1] == "when" else f"add when: {name} != null"
            if _filled_in(object_, found):
                hint += f", or make {found[-1]} required"
            checker.warning("null-comparison", message, path, hint)


def _compared(node: Node) -> Iterator[Path]:
    """Yield the paths of the record's own fields that stand directly on a side of ``<`` and its like."""
    for one in walk(node):
        if isinstance(one, Compare) and one.operator in _ORDERED:
            for side in (one.left, one.right):
                if isinstance(side, Field) and side.root in ("", "this") and not side.row and side.path:
                    yield side.path


def _optional(object_: Object, path: Path) -> bool:
    """Whether a path may be null: any step that is not required."""
    current: Object | None = object_
    for step in path:
        field = current.fields.get(step) if current else None
        if field is None or current is None:
            return True
        if field.type.name not in _ALWAYS and not field.system and field.required is not True:
            return True
        current = current.catalog.objects.get(field.to[0]) if len(field.to) == 1 else None
    return False


def _filled_in(object_: Object, path: Path) -> bool:
    """Whether people fill in the field at the end of a path; what is computed cannot be required."""
    current: Object | None = object_
    for step in path[:-1]:
        field = current.fields.get(step) if current else None
        current = object_.catalog.objects.get(field.to[0]) if field and len(field.to) == 1 else None
    last = current.fields.get(path[-1]) if current else None
    return last is not None and last.writable
