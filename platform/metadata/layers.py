"""Stacks layers of documents into one merged set of definitions; checks nothing but the stacking itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from formline.errors import Problem
from formline.metadata import names, nodes
from formline.metadata.loader import Document
from formline.metadata.nodes import Node
from formline.metadata.patches import ListPatch, is_patch, patch_syntax
from formline.metadata.positions import Path, Positions

Key = tuple[str, str]
Extension = tuple[str, Document]
#: Keys that say which definition is meant and are not merged.
_IDENTITY = frozenset({"kind", "name", "extends"})
#: Kinds whose files of several layers add up without ``extends``.
_ADDING = frozenset({"translations"})


@dataclass(frozen=True, slots=True)
class Layer:
    """A named set of documents; a later layer of a stack is higher."""

    name: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A merged definition.

    ``origins`` names the layer per path where it differs from the value around it; ``replaced`` has, per
    path, what the next lower layer had there (removed list items by name).
    """

    kind: str
    name: str
    data: dict[str, Any]
    positions: Positions
    origins: Mapping[Path, str]
    replaced: Mapping[Path, Any] = field(default_factory=dict)

    def origin(self, path: Path = ()) -> str:
        """Return the layer that gave the value at ``path``."""
        while path not in self.origins:
            path = path[:-1]
        return self.origins[path]


@dataclass(frozen=True, slots=True)
class Merged:
    """All definitions of a stack of layers, and what is wrong with the stacking.

    ``extensions``: each document that changes a definition of a lower layer, with the layer it is in.
    """

    definitions: dict[Key, Definition]
    problems: tuple[Problem, ...]
    extensions: tuple[Extension, ...] = ()


def merge(layers: Iterable[Layer]) -> Merged:
    """Merge ``layers``, the lowest first."""
    stack = _Stack()
    for layer in layers:
        stack.add(layer)
    return Merged({key: stack.definition(key) for key in stack.first}, tuple(stack.problems), tuple(stack.extensions))


class _Stack:
    """The definitions so far. A definition nobody extends is never turned into nodes."""

    def __init__(self) -> None:
        self.first: dict[Key, tuple[Document, str]] = {}
        self.trees: dict[Key, Node] = {}
        self.problems: list[Problem] = []
        self.extensions: list[Extension] = []

    def add(self, layer: Layer) -> None:
        """Add what the layer defines, then what it extends."""
        extending: dict[Key, Document] = {}
        for document in layer.documents:
            key = (document.kind, document.name)
            if document.extends is not None or (document.kind in _ADDING and self._below(key, layer.name)):
                self._extend_once(key, document, extending)
            else:
                self._define(key, document, layer.name)
        for key, document in extending.items():
            self.extensions.append((layer.name, document))
            self._extend(key, document, layer.name)

    def definition(self, key: Key) -> Definition:
        document, layer = self.first[key]
        tree = self.trees.get(key)
        if tree is None:
            return Definition(document.kind, document.name, document.data, document.positions, {(): layer})
        positions = Positions(document.file, nodes.marks(tree))
        return Definition(
            document.kind, document.name, nodes.plain(tree), positions, nodes.origins(tree), nodes.replacements(tree)
        )

    def _below(self, key: Key, layer: str) -> bool:
        return key in self.first and self.first[key][1] != layer

    def _define(self, key: Key, document: Document, layer: str) -> None:
        if key not in self.first:
            self.first[key] = (document, layer)
            return
        other, below = self.first[key]
        place = document.positions.at(("name",))
        if below == layer:
            message = f'There are two definitions of {document.kind} "{document.name}".'
            self._problem("duplicate-definition", message, f"the other is in {other.file}", place)
        else:
            message = f'The layer {below} defines {document.kind} "{document.name}" already.'
            hint = f"write extends: {document.name} instead of name to change it, or choose another name"
            if document.kind == "object":  # it may have come with an upgrade, when there are records already
                hint += f"; records of yours become records of it, or under another name with was: {document.name} stay"
            self._problem("already-defined", message, hint, place)

    def _extend_once(self, key: Key, document: Document, extending: dict[Key, Document]) -> None:
        if key in extending:
            message = f'Two files of one layer extend {document.kind} "{document.name}".'
            hint = f"put both into one file; the other is {extending[key].file}"
            self._problem("extended-twice", message, hint, document.positions.at(("extends",)))
        else:
            extending[key] = document

    def _extend(self, key: Key, document: Document, layer: str) -> None:
        place = document.positions.at(("extends",))
        if key not in self.first:
            known = [name for kind, name in self.first if kind == document.kind]
            message = f'There is no {document.kind} "{document.name}" to extend.'
            hint = names.did_you_mean(document.name, known) or "write name instead of extends to define it"
            self._problem("extends-missing", message, hint, place)
            return
        base, below = self.first[key]
        if below == layer:
            message = f'{document.kind} "{document.name}" is defined in the same layer.'
            self._problem("extends-same-layer", message, f"put the change into {base.file}", place)
            return
        if key not in self.trees:
            self.trees[key] = nodes.build(base.data, base.positions, below)
        data = {name: value for name, value in document.data.items() if name not in _IDENTITY}
        change = nodes.build(data, document.positions, layer)
        self._merge(self.trees[key], change)

    def _merge(self, base: Node, change: Node) -> None:
        """Merge the map ``change`` into the map ``base``, in place; null takes a property away."""
        for key, new in change.value.items():
            old = base.value.get(key)
            if old is None:
                self._added(key, new, base)
            elif new.value is None:
                base.removed[key] = nodes.plain(old)
                del base.value[key]
            elif isinstance(old.value, dict) and isinstance(new.value, dict):
                self._merge(old, new)
            elif isinstance(old.value, list) and (is_patch(new) or isinstance(new.value, list)):
                self._merge_list(key, old, new)
            elif nodes.plain(old) != nodes.plain(new):
                new.replaced = nodes.plain(old)
                base.value[key] = new

    def _added(self, key: str, new: Node, base: Node) -> None:
        if isinstance(new.value, (dict, list)) and is_patch(new):
            self._problem(
                "patch-target", f"There is no list {key} below to patch.", f"write {key}: [...]", new.position
            )
        elif new.value is not None:
            base.value[key] = new

    def _merge_list(self, key: str, old: Node, new: Node) -> None:
        if not old.value and isinstance(new.value, list) and not is_patch(new):
            old.value, old.layer, old.replaced = new.value, new.layer, []
        elif is_patch(new):
            ListPatch(old, key, self._merge, self.problems).apply(new)
        elif nodes.plain(old) != nodes.plain(new):
            self._problem("bare-list", f"{key} is extended by a bare list.", patch_syntax(key, old), new.position)

    def _problem(self, code: str, message: str, hint: str, place: Any) -> None:
        self.problems.append(Problem(code, message, hint, place))
