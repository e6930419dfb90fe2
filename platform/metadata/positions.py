"""Where every value of a document was written; knows nothing of YAML.

Marks are plain lists, so that a cache can store them as JSON:
scalar ``[line, column, style]``, map ``[line, column, {key: [line, column, mark]}]``,
list ``[line, column, [mark, ...]]``. Lines and columns count from 1. ``style`` is 0 for a plain
scalar, -1 for a quoted one, otherwise the indentation of a block scalar's text. A mark taken
from another file (a merged definition) has that file's name as its last element.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from formline.errors import Position

Mark: TypeAlias = list[Any]
Path: TypeAlias = tuple[str | int, ...]

PLAIN = 0
QUOTED = -1


class Positions:
    """Answers where the value or key at a path stands; marks may be decoded on first use."""

    __slots__ = ("_marks", "file")

    def __init__(self, file: str, marks: Mark | Callable[[], Mark]) -> None:
        """Keep the marks of one document, or a function that makes them."""
        self.file = file
        self._marks = marks

    @property
    def marks(self) -> Mark:
        """The mark of the whole document."""
        if callable(self._marks):
            self._marks = self._marks()
        return self._marks

    def at(self, path: Path = ()) -> Position:
        """Return where the value at ``path`` starts, or its nearest ancestor that was written."""
        mark, file, _ = self._find(path)
        return Position(file, mark[0], mark[1])

    def key(self, path: Path) -> Position:
        """Return where the last key of ``path`` stands; for a list item, where the item starts."""
        parent, file, rest = self._find(path[:-1])
        children = parent[2] if len(parent) > 2 else None
        if not rest and isinstance(children, dict) and path[-1] in children:
            line, column, child = children[path[-1]]
            return Position(_file_of(child, file), line, column)
        return self.at(path)

    def within(self, path: Path, offset: int, value: str) -> Position:
        """Return the place of character ``offset`` of the text ``value`` written at ``path``."""
        mark, file, rest = self._find(path)
        if rest or len(mark) < 3 or not isinstance(mark[2], int):
            return Position(file, mark[0], mark[1])
        line, column, style = mark[0], mark[1], mark[2]
        before = value[:offset]
        if style > 0:
            return Position(file, line + 1 + before.count("\n"), style + 1 + len(before.rpartition("\n")[2]))
        return Position(file, line, column + offset + (1 if style == QUOTED else 0))

    def _find(self, path: Path) -> tuple[Mark, str, Path]:
        """Return the deepest mark on ``path``, its file and what of the path was left."""
        mark, file = self.marks, _file_of(self.marks, self.file)
        for index, step in enumerate(path):
            children = mark[2] if len(mark) > 2 else None
            if isinstance(children, dict) and step in children:
                mark = children[step][2]
            elif isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
                mark = children[step]
            else:
                return mark, file, path[index:]
            file = _file_of(mark, file)
        return mark, file, ()


def _file_of(mark: Mark, inherited: str) -> str:
    last = mark[-1]
    return last if isinstance(last, str) else inherited
