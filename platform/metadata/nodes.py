"""A definition's tree with, on each value, where it was written, by which layer, and what it replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from formline.errors import Position
from formline.metadata.positions import Mark, Path, Positions

NOTHING = object()


@dataclass(slots=True)
class Node:
    """One value: a scalar, a dict of nodes or a list of nodes.

    ``replaced`` is the plain value of the next lower layer, ``removed`` what a patch took out of a
    map or list, by name.
    """

    value: Any
    mark: Mark
    file: str
    layer: str
    key: tuple[int, int] = (0, 0)
    replaced: Any = NOTHING
    removed: dict[str, Any] = field(default_factory=dict)

    @property
    def position(self) -> Position:
        """Where the value starts."""
        return Position(self.file, self.mark[0], self.mark[1])


def build(data: Any, positions: Positions, layer: str) -> Node:
    """Return the tree of a whole document."""
    return _build(data, positions.marks, positions.file, layer)


def _build(data: Any, mark: Mark, file: str, layer: str) -> Node:
    children = mark[2] if len(mark) > 2 else None
    if isinstance(data, dict):
        known = children if isinstance(children, dict) else {}
        made: dict[str, Node] = {}
        for key, value in data.items():
            line, column, child = known.get(key, (mark[0], mark[1], mark[:2]))
            node = _build(value, child, file, layer)
            node.key = (line, column)
            made[key] = node
        return Node(made, mark[:2], file, layer)
    if isinstance(data, list):
        marks = children if isinstance(children, list) else []
        items = [
            _build(value, marks[index] if index < len(marks) else mark[:2], file, layer)
            for index, value in enumerate(data)
        ]
        return Node(items, mark[:2], file, layer)
    return Node(data, mark, file, layer)


def plain(node: Node) -> Any:
    """Return the node's value as plain data."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def marks(node: Node) -> Mark:
    """Return the node's marks; every mark ends with its file, since a merged tree has several."""
    line, column = node.mark[0], node.mark[1]
    if isinstance(node.value, dict):
        return [line, column, {key: [*child.key, marks(child)] for key, child in node.value.items()}, node.file]
    if isinstance(node.value, list):
        return [line, column, [marks(child) for child in node.value], node.file]
    return [*(part for part in node.mark if isinstance(part, int)), node.file]


def origins(node: Node) -> dict[Path, str]:
    """Return the layer per path, named only where it differs from the layer of the value around it."""
    found: dict[Path, str] = {(): node.layer}
    for path, parent, child in _edges(node, ()):
        if child.layer != parent.layer:
            found[path] = child.layer
    return found


def replacements(node: Node) -> dict[Path, Any]:
    """Return, per path, the plain value a higher layer replaced; a removed item is keyed by its name."""
    found: dict[Path, Any] = {(name,): value for name, value in node.removed.items()}
    for path, _, child in _edges(node, ()):
        if child.replaced is not NOTHING:
            found[path] = child.replaced
        for name, value in child.removed.items():
            found[(*path, name)] = value
    return found


def _edges(node: Node, path: Path) -> list[tuple[Path, Node, Node]]:
    pairs: list[tuple[str | int, Node]] = []
    if isinstance(node.value, dict):
        pairs = list(node.value.items())
    elif isinstance(node.value, list):
        pairs = list(enumerate(node.value))
    found: list[tuple[Path, Node, Node]] = []
    for step, child in pairs:
        here: Path = (*path, step)
        found.append((here, node, child))
        found += _edges(child, here)
    return found
