"""Collects what is wrong with one definition inside its catalog, with positions and nearest names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog import formulas
from formline.catalog.affected import Affected
from formline.catalog.catalog import Catalog
from formline.catalog.objects import Object
from formline.errors import DefinitionError, Level, Position, Problem
from formline.expressions.compiler import ROOTS
from formline.expressions.expression import Expression
from formline.expressions.nodes import Compare, Constant, InList, Node, walk
from formline.expressions.nodes import Field as FieldNode
from formline.expressions.problems import ExpressionError
from formline.expressions.types import BOOLEAN, Type
from formline.fields.field import Field
from formline.metadata.layers import Definition
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path


@dataclass(frozen=True, slots=True)
class Use:
    """Something a definition refers to: an object, a field (``object`` says whose), or a definition of another kind.

    A reverse name counts as a field of the object that has it. Of kind ``choice``, ``object`` is ``object.field``.
    """

    kind: str
    name: str
    object: str = ""


class Checker:
    """One definition under examination. ``path`` arguments lead to the value concerned inside the definition."""

    def __init__(self, catalog: Catalog, definition: Definition, only: Affected | None = None) -> None:
        """Start with no problems. ``only``: the definition did not change; parts without a changed name are sound."""
        self._only = only
        self.catalog = catalog
        self.definition = definition
        self.data: Mapping[str, Any] = definition.data
        self.problems: list[Problem] = []
        self.echoes: list[Problem] = []
        #: Everything referred to, with the path of the reference.
        self.uses: list[tuple[Use, Path]] = []

    def concerned(self, *parts: Any) -> bool:
        """Return whether a part of the definition must be looked at: large ones ask before they examine it."""
        return self._only is None or self._only.concerns(*parts)

    def error(self, code: str, message: str, path: Path, hint: str = "", *, key: bool = False) -> None:
        """Report an error at a value, or with ``key`` at its key."""
        self._report(code, message, path, hint, key, Level.ERROR)

    def warning(self, code: str, message: str, path: Path, hint: str = "", *, key: bool = False) -> None:
        """Report a warning at a value, or with ``key`` at its key."""
        self._report(code, message, path, hint, key, Level.WARNING)

    def _report(self, code: str, message: str, path: Path, hint: str, key: bool, level: Level) -> None:
        positions = self.definition.positions
        position = positions.key(path) if key and path else positions.at(path)
        self.problems.append(Problem(code, message, hint, position, self.where(path), level))

    def where(self, path: Path) -> str:
        """Return the path as people read it: ``object/contract.fields.amount``."""
        return ".".join([f"{self.definition.kind}/{self.definition.name}", *map(str, path)])

    def known(self, kind: str, name: Any, path: Path, *, key: bool = False) -> bool:
        """Return whether there is such a definition; report it where there is none."""
        if self.catalog.has(kind, str(name)):
            self.uses.append((Use(kind, str(name)), path))
            return True
        hint = did_you_mean(str(name), self.catalog.names(kind))
        message = f'There is no {kind.replace("_", " ")} "{name}".'
        self.error(f"unknown-{kind.replace('_', '-')}", message, path, hint, key=key)
        return False

    def object(self, name: Any, path: Path) -> Object | None:
        """Return an object; report it where there is none."""
        return self.catalog.objects[name] if self.known("object", name, path) else None

    def field(self, object_: Object, name: Any, path: Path, *, key: bool = False) -> Field | None:
        """Return a field of an object; report it where there is none."""
        found = object_.fields.get(str(name))
        self.uses.append((Use("field", str(name), object_.name), path))
        if found is None:
            hint = did_you_mean(str(name), object_.fields)
            self.error("unknown-field", f'{object_.name} has no field "{name}".', path, hint, key=key)
        return found

    def fields(self, object_: Object, names: Iterable[Any] | None, path: Path) -> None:
        """Check a list of field names."""
        for index, name in enumerate(names or ()):
            self.field(object_, name, (*path, index))

    def dotted(self, object_: Object, dotted: Any, path: Path, *, key: bool = False) -> Field | None:
        """Follow a path through lookups to a field; report the first step that is not there."""
        current = object_
        steps = str(dotted).split(".")
        for index, step in enumerate(steps):
            field = self.field(current, step, path, key=key)
            if field is None or index == len(steps) - 1:
                return field
            targets = field.to
            if len(targets) != 1 or field.type.name == "many_to_many":
                what = "points to several objects" if len(targets) > 1 else "is no lookup"
                message = f'"{".".join(steps)}" cannot go on after "{step}", which {what}.'
                self.error("path-ends", message, path, "end the path there, or go through a lookup", key=key)
                return None
            following = self.catalog.objects.get(targets[0])
            if following is None:
                return None  # reported at the lookup
            current = following
        return None

    def expression(
        self,
        source: Any,
        path: Path,
        object_name: str,
        *,
        expects: Type | None = None,
        where_of: str | None = None,
        roots: frozenset[str] = ROOTS,
        stored: bool = False,
        variables: Mapping[str, Type] | None = None,
        found: bool = False,
        start: int = 0,
        text: str | None = None,
        inputs: Mapping[str, Type] | None = None,
    ) -> Expression | None:
        """Compile an expression; report its problems where they stand in the file, and return None then.

        ``start`` and ``text``: the expression begins at this offset of a longer text written at ``path``.
        """
        if isinstance(source, Mapping) and not self._find(source, path, object_name, roots, variables, inputs):
            return None
        try:
            compiled = self.catalog.compiler.compile(
                source,
                object=object_name,
                expects=expects,
                where_of=where_of,
                roots=roots,
                stored=stored,
                variables=variables,
                found=found,
                inputs=inputs,
            )
            self._read(compiled, object_name, path)
            self._compare(compiled, object_name, where_of or object_name, path)
            return compiled
        except ExpressionError as error:
            for one in error.problems:
                offset = start + getattr(one, "offset", 0)
                self.problems.append(
                    Problem(
                        one.code,
                        one.message,
                        one.hint,
                        self._inside(path, offset, source if text is None else text),
                        self.where(path),
                    )
                )
        except DefinitionError as error:
            self.broken(error, path)
        return None

    def _find(
        self,
        spec: Mapping[str, Any],
        path: Path,
        object_name: str,
        roots: frozenset[str],
        variables: Any,
        inputs: Any,
    ) -> bool:
        """Check the parts of a find or exists, each where it stands; return whether all are sound."""
        word = "exists" if "exists" in spec else "find"
        before = len(self.problems)
        target = self.object(spec.get(word), (*path, word))
        if target is not None:
            more: dict[str, Any] = {"where_of": target.name, "roots": roots, "variables": variables, "inputs": inputs}
            self.condition(spec.get("where"), (*path, "where"), object_name, **more)
            if isinstance(spec.get("value"), str):
                self.expression(spec["value"], (*path, "value"), object_name, found=True, **more)
            for index, key in enumerate(spec.get("sort") or ()):
                self.expression(str(key).lstrip("-"), (*path, "sort", index), object_name, **more)
        return len(self.problems) == before

    def _read(self, expression: Expression, object_name: str, path: Path) -> None:
        """Note every field that an expression reads, on its whole way."""
        for dependency in expression.dependencies:
            if dependency[0].startswith("@"):
                self.uses.append((Use("object", dependency[0][1:]), path))
            for owner, name, _ in formulas.fields_on(self.catalog, object_name, dependency):
                self.uses.append((Use("field", name, owner), path))

    def _compare(self, expression: Expression, object_name: str, row_object: str, path: Path) -> None:
        """Note every choice that an expression compares a field of the record, or of the row it is about, with."""
        for side, value in comparisons(expression):
            inside = side.row and row_object == object_name  # a row of a collection, whose object is not known here
            if inside or side.root not in ("", "this") or not side.path:
                continue
            start = object_name if side.root == "this" else row_object
            steps = list(formulas.fields_on(self.catalog, start, side.path))
            if steps and steps[-1][2] is not None:
                self.chosen(steps[-1][2], value, path)

    def chosen(self, field: Field, value: Any, path: Path) -> None:
        """Note that a value of a choice field is written here; other fields and values mean nothing."""
        values = value if isinstance(value, list | tuple) else [value]
        if field.shown.type.name in ("choice", "multi_choice", "state", "record_type"):
            place = f"{field.object}.{field.name}"
            self.uses += [(Use("choice", one, place), path) for one in values if one in field.choices]

    def reverse(self, object_: Object, name: Any, path: Path) -> Object | None:
        """Return the object behind a reverse name; report a name that is none."""
        link = object_.child(str(name))
        if link is None:
            known = self.catalog.links.reverses(object_.name)
            message = f'"{name}" is no other side of a lookup to {object_.name}.'
            hint = did_you_mean(str(name), known) or f"write reverse: {name} on a lookup to {object_.name}"
            self.error("unknown-reverse", message, path, hint)
            return None
        self.uses += [(Use("field", str(name), object_.name), path), (Use("field", link.field, link.object), path)]
        return self.catalog.objects[link.object]

    def condition(self, value: Any, path: Path, object_name: str, **more: Any) -> Expression | None:
        """Compile a condition; true and false are no expressions."""
        if value is None or isinstance(value, bool):
            return None
        return self.expression(value, path, object_name, expects=BOOLEAN, **more)

    def broken(self, error: DefinitionError | ExpressionError, path: Path) -> None:
        """Take over the problems of something this definition depends on, once each."""
        known = {(one.code, one.message) for one in self.problems}
        for one in error.problems:
            if (one.code, one.message) not in known:
                self.error(one.code, one.message, path, one.hint)

    def echo(self, error: DefinitionError | ExpressionError) -> None:
        """Keep apart the problems of another definition that end this check: they are said where they stand."""
        before = len(self.problems)
        self.broken(error, ())
        self.echoes += self.problems[before:]
        del self.problems[before:]

    def _inside(self, path: Path, offset: int, source: Any) -> Position:
        positions = self.definition.positions
        return positions.within(path, offset, source) if isinstance(source, str) else positions.at(path)


def comparisons(expression: Expression) -> Iterator[tuple[FieldNode, Any]]:
    """Yield every field that an expression compares with a constant, by ``==`` and its like or ``in``."""
    for node in walk(expression.node):
        pairs: list[tuple[Node, Node]] = []
        if isinstance(node, Compare):
            pairs = [(node.left, node.right), (node.right, node.left)]
        elif isinstance(node, InList):
            pairs = [(node.value, one) for one in node.options]
        for side, other in pairs:
            if isinstance(side, FieldNode) and isinstance(other, Constant):
                yield side, other.value
