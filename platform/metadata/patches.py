"""Changes of a list by a higher layer: insert_before, insert_after, change, remove, replace. Works on nodes only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from formline.errors import Problem
from formline.metadata import names
from formline.metadata.nodes import Node, plain

OPERATIONS = ("insert_before", "insert_after", "change", "remove", "replace")
Merge = Callable[[Node, Node], None]


def item_name(item: Any) -> str:
    """Return the name of a plain list item: a text itself, or the value of a map's first key.

    A sort key's leading ``-`` is not part of its name; a list of names (``unique``) is joined by ", ".
    A row (a list) has no name of its own: it answers to each of its cells.
    """
    if isinstance(item, str):
        return item.removeprefix("-")
    if isinstance(item, dict) and item:
        first = next(iter(item.values()))
        return ", ".join(map(str, first)) if isinstance(first, list) else str(first)
    return "" if isinstance(item, (dict, list)) or item is None else str(item)


def operation(node: Node) -> str:
    """Return which patch operation a node is, or ``""``."""
    if not isinstance(node.value, dict):
        return ""
    return next((word for word in OPERATIONS if word in node.value), "")


def is_patch(node: Node) -> bool:
    """Tell whether a node written for a list is a patch: one operation or a list of nothing but them."""
    if isinstance(node.value, list):
        return bool(node.value) and all(operation(item) for item in node.value)
    return bool(operation(node))


class ListPatch:
    """Applies the patches an extension wrote for the list ``prop`` to its base list."""

    def __init__(self, base: Node, prop: str, merge: Merge, problems: list[Problem]) -> None:
        """Change ``base`` in place; ``merge`` merges a changed item's properties."""
        self.base = base
        self.prop = prop
        self.merge = merge
        self.problems = problems

    def apply(self, patch: Node) -> None:
        """Apply one operation or a list of them, in the order written."""
        steps = patch.value if isinstance(patch.value, list) else [patch]
        for step in steps:
            word = operation(step)
            if not word:
                self._bare(step)
            elif word == "replace":
                self._replace(step)
            else:
                self._one(step, word)

    def _bare(self, step: Node) -> None:
        self._problem("bare-list", f"{self.prop} is extended by a bare list.", patch_syntax(self.prop, self.base), step)

    def _replace(self, step: Node) -> None:
        before = plain(self.base)
        self.base.value = self._payload(step, "replace")
        self.base.layer, self.base.file, self.base.mark = step.layer, step.file, step.mark
        self.base.replaced = before

    def _one(self, step: Node, word: str) -> None:
        target = step.value[word].value
        index = self._find(str(target))
        if index is None:
            known = [name for item in self.base.value for name in _answers(item)]
            hint = names.did_you_mean(str(target), known) or "the list below is empty"
            self._problem(
                "patch-target", f'{self.prop} has no item "{target}" to {_verb(word)}.', hint, step.value[word]
            )
        elif word == "remove":
            self._remove(index, str(target), step)
        elif word == "change":
            self._change(index, step)
        else:
            at = index + (word == "insert_after")
            self.base.value[at:at] = self._payload(step, word)

    def _find(self, target: str) -> int | None:
        for index, item in enumerate(self.base.value):
            if target.removeprefix("-") in _answers(item):
                return index
        return None

    def _remove(self, index: int, target: str, step: Node) -> None:
        item = self.base.value[index]
        self.base.removed[target] = plain(item)
        if isinstance(item.value, list) and len(item.value) > 1:
            item.removed[target] = target
            item.value = [cell for cell in item.value if item_name(plain(cell)) != target]
            item.layer = step.layer
        else:
            del self.base.value[index]

    def _change(self, index: int, step: Node) -> None:
        item = self.base.value[index]
        if isinstance(item.value, dict):
            rest = {key: child for key, child in step.value.items() if key != "change"}
            self.merge(item, Node(rest, step.mark, step.file, step.layer))
            return
        before = plain(item)
        new = self._payload(step, "change")
        for node in new:
            node.replaced = before
        self.base.value[index : index + 1] = new

    def _payload(self, step: Node, word: str) -> list[Node]:
        """Return the new items: the list under the property's own name, or the rest of the map as one item."""
        rest = {key: child for key, child in step.value.items() if key != word}
        if set(rest) == {self.prop} and isinstance(rest[self.prop].value, list):
            items: list[Node] = rest[self.prop].value
            return items
        if rest and word != "replace":
            return [Node(rest, step.mark, step.file, step.layer)]
        self._problem("patch-empty", f"This {word} brings no items.", f"write them as {self.prop}: [...]", step)
        return list(self.base.value) if word == "replace" else []

    def _problem(self, code: str, message: str, hint: str, node: Node) -> None:
        self.problems.append(Problem(code, message, hint, node.position))


def patch_syntax(prop: str, base: Node) -> str:
    """Return how the list ``prop`` is extended, written with the names it has below."""
    known = [name for item in base.value for name in _answers(item) if name] or ["name"]
    patches = f"{prop}: [{{insert_after: {known[-1]}, {prop}: [...]}}, {{remove: {known[0]}}}]"
    whole = f"{prop}: {{replace: true, {prop}: [...]}} replaces the whole list"
    return f"write {patches}, insert_before and change likewise; {whole}"


def _answers(item: Node) -> list[str]:
    """Return the names a list item answers to."""
    if isinstance(item.value, list):
        return [item_name(plain(cell)) for cell in item.value]
    return [item_name(plain(item))]


def _verb(word: str) -> str:
    return word.replace("_", " ")
