"""Puts what JSON Schema finds wrong into words: what, where, how to mend. Knows no kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs

from formline.errors import Position, Problem
from formline.metadata import names, wording
from formline.metadata.positions import Path, Positions
from formline.metadata.wording import article, written

Schema = dict[str, Any]
_PATCHES = ("insert_before", "insert_after", "change", "remove", "replace")
_CONDITIONS = ("when", "where", "check", "visible", "required", "read_only")
_NAMES = ("name", "path", "code", "sort key")


def problems(
    errors: Iterable[jsonschema_rs.ValidationError], schema: Schema, data: Any, positions: Positions
) -> list[Problem]:
    """Return one problem per mistake, in the order of the file."""
    found = {problem for error in errors for problem in _Finding(error, schema, data, positions).problems()}
    misspelt = {(one.where, one.hint) for one in found if one.code in ("unknown-key", "condition-word")}
    patched = {one.where for one in found if one.code == "patch-without-extends"}
    kept = [one for one in found if not _follows(one, misspelt, patched)]
    return sorted(kept, key=lambda problem: (problem.position, problem.code, problem.message))


def _follows(one: Problem, misspelt: set[tuple[str, str]], patched: set[str]) -> bool:
    """Tell whether a problem goes away with another one: a missing key is misspelt, a patch is no item."""
    if one.code == "missing-key":
        key = one.message.rpartition(" has no ")[2].rstrip(".")
        hints = (f'did you mean "{key}"?', f"write {key} instead")
        return one.where in patched or any((one.where, hint) in misspelt for hint in hints)
    return one.code == "unknown-key" and one.where in patched


def places(errors: Iterable[jsonschema_rs.ValidationError]) -> set[Path]:
    """Return the paths of the values to leave out so that the rest may hold."""
    found: set[Path] = set()
    for error in errors:
        kind: Any = error.kind
        here = tuple(error.instance_path)
        if kind.name == "additionalProperties":
            found |= {(*here, key) for key in kind.unexpected}
        elif kind.name == "propertyNames":
            found.add((*here, str(kind.error.instance)))
        else:
            found.add(here)
    return found


class _Finding:
    """One error of the validator, with what is needed to explain it."""

    def __init__(self, error: jsonschema_rs.ValidationError, schema: Schema, data: Any, positions: Positions) -> None:
        self.error = error
        self.kind: Any = error.kind
        self.schema = schema
        self.data = data
        self.positions = positions
        self.path: Path = tuple(error.instance_path)

    def problems(self) -> Iterator[Problem]:
        """Yield the problems this error stands for."""
        say = getattr(self, f"_{self.kind.name}", None)
        if say is None:
            yield self._here("wrong-type", f"{self.what()}: {self.error.message}.", "")
        else:
            yield from say()

    def what(self, path: Path | None = None) -> str:
        """Name the value at a path: its key, or the item's number in its list."""
        path = self.path if path is None else path
        if not path:
            return "the definition"
        last = path[-1]
        return f"item {last + 1} of {self.what(path[:-1])}" if isinstance(last, int) else f'"{last}"'

    def value(self) -> Any:
        """Return the value the error is about."""
        value = self.data
        for step in self.path:
            value = value[step]
        return value

    def part(self, error: jsonschema_rs.ValidationError | None = None) -> Schema:
        """Return the schema whose keyword failed, with references followed."""
        part: Any = self.schema
        nearest: Schema = self.schema
        for step in (error or self.error).evaluation_path[:-1]:
            if step == "$ref":
                part = self.schema["$defs"][part["$ref"].rpartition("/")[2]]
            else:
                part = part[int(step)] if isinstance(part, list) else part[step]
            nearest = part if isinstance(part, dict) else nearest
        return nearest

    def problem(self, code: str, message: str, hint: str, position: Position) -> Problem:
        """Make a problem with a capital letter at the start and the path of the value."""
        where = ".".join(map(str, self.path))
        return Problem(code, message[:1].upper() + message[1:], hint, position, where)

    def _here(self, code: str, message: str, hint: str) -> Problem:
        return self.problem(code, message, hint, self.positions.at(self.path))

    def _additionalProperties(self) -> Iterator[Problem]:
        part = self.part()
        known = [name for name in part.get("properties", {}) if name not in _PATCHES]
        for key in self.kind.unexpected:
            yield self._unknown_key(key, known, part)

    def _unknown_key(self, key: str, known: list[str], part: Schema) -> Problem:
        position = self.positions.key((*self.path, key))
        if key in _PATCHES:
            hint = "it has a meaning only in a file with extends:"
            return self.problem("patch-without-extends", f'"{key}" changes a list of a lower layer.', hint, position)
        if key in names.CONDITION_WORDS:
            hint = _condition_hint(key, known)
            return self.problem("condition-word", f'"{key}" is not one of the condition words.', hint, position)
        hint = names.did_you_mean(key, known)
        if not hint:
            hint = f"keys here: {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
        place = article(part.get("title") or self.what())
        return self.problem("unknown-key", f'"{key}" is not a key of {place}.', hint, position)

    def _required(self) -> Iterator[Problem]:
        missing = self.kind.property
        part = self.part()
        example = part.get("properties", {}).get(missing, {}).get("examples", [None])[0]
        hint = f"for example  {missing}: {written(example)}" if example is not None else f"write {missing}:"
        title = part.get("title")
        name = f" {self.what()}" if title and self.path and isinstance(self.path[-1], str) else ""
        position = self.positions.key(self.path) if self.path else self.positions.at()
        message = f"{article(title or self.what())}{name} has no {missing}."
        yield self.problem("missing-key", message, hint, position)

    def _type(self) -> Iterator[Problem]:
        yield self._wrong_type(self.types())

    def _wrong_type(self, types: list[str]) -> Problem:
        value = self.value()
        expected = wording.any_of([wording.TYPES[name] for name in types])
        if value is None:
            return self._here("empty-value", f"{self.what()} is empty.", f"write {expected}, or leave the key out")
        message = f"{self.what()} is {wording.found(value)}, not {expected}."
        return self._here("wrong-type", message, wording.type_hint(value, types, self.part().get("examples", [])))

    def _enum(self) -> Iterator[Problem]:
        options = [str(option) for option in self.part().get("enum", [])]
        some = f"one of: {', '.join(options[:12])}{', ...' if len(options) > 12 else ''}"
        if self.value() is None:
            yield self._here("empty-value", f"{self.what()} is empty.", some)
            return
        shown = wording.short(str(self.value()))
        hint = names.did_you_mean(str(self.value()), options) or some
        yield self._here("unknown-value", f'{self.what()} cannot be "{shown}".', hint)

    def _const(self) -> Iterator[Problem]:
        hint = f"write {written(self.kind.expected_value)}"
        yield self._here("unknown-value", f"{self.what()} cannot be {written(self.value())}.", hint)

    def _pattern(self) -> Iterator[Problem]:
        yield self._shape(self.part(), str(self.value()), self.positions.at(self.path))

    def _propertyNames(self) -> Iterator[Problem]:
        inner = self.kind.error
        name = str(inner.instance)
        yield self._shape(self.part(inner), name, self.positions.key((*self.path, name)))

    def _shape(self, part: Schema, value: str, position: Position) -> Problem:
        """Explain a text that does not look as it must."""
        title = part.get("title", "text")
        if title == "name" and len(value) > names.MAX_LENGTH:
            message = f'The name "{value}" has {len(value)} characters, more than {names.MAX_LENGTH}.'
            return self.problem("name-too-long", message, "shorten it; the text for people is the label", position)
        if title in _NAMES:
            made = names.suggestion(value) if title == "name" else ""
            hint = f"write {made}; the text for people is the label" if made else part["description"]
            return self.problem("bad-name", f'"{value}" is not {article(title)}.', hint, position)
        examples = ", ".join(str(example) for example in part.get("examples", ()))
        hint = f"for example  {examples}" if examples else ""
        return self.problem("bad-format", f'"{value}" is not {article(title)}.', hint, position)

    def _minLength(self) -> Iterator[Problem]:
        yield self._here("empty-text", f"{self.what()} is an empty text.", "write something, or leave the key out")

    def _maxLength(self) -> Iterator[Problem]:
        message = f"{self.what()} has {len(str(self.value()))} characters, more than {self.kind.limit}."
        yield self._here("too-long", message, "shorten it")

    def _minItems(self) -> Iterator[Problem]:
        count = len(self.value())
        what = f"has {count} items, fewer than {self.kind.limit}" if count else "is an empty list"
        yield self._here("too-few", f"{self.what()} {what}.", "add items, or leave the key out")

    def _maxItems(self) -> Iterator[Problem]:
        message = f"{self.what()} has {len(self.value())} items, more than {self.kind.limit}."
        yield self._here("too-many", message, "leave some out")

    def _minProperties(self) -> Iterator[Problem]:
        yield self._here("too-few", f"{self.what()} is an empty map.", "add entries, or leave the key out")

    def _maxProperties(self) -> Iterator[Problem]:
        yield self._here("too-many", f"{self.what()} says too much at once.", "write one operation and its items")

    def _uniqueItems(self) -> Iterator[Problem]:
        seen: list[Any] = []
        for index, item in enumerate(self.value()):
            if item in seen:
                message = f'"{item}" stands twice in {self.what()}.'
                yield self.problem(
                    "duplicate-item", message, "keep one of them", self.positions.at((*self.path, index))
                )
            seen.append(item)

    def _minimum(self) -> Iterator[Problem]:
        limit = self.kind.limit
        yield self._here(
            "out-of-range", f"{self.what()} is {self.value()}, less than {limit}.", f"write {limit} or more"
        )

    def _maximum(self) -> Iterator[Problem]:
        limit = self.kind.limit
        yield self._here(
            "out-of-range", f"{self.what()} is {self.value()}, more than {limit}.", f"write {limit} or less"
        )

    def _anyOf(self) -> Iterator[Problem]:
        """Explain the alternative the author meant: the one whose type fits the value."""
        branches = [
            [_Finding(error, self.schema, self.data, self.positions) for error in errors]
            for errors in self.kind.context
        ]
        if all(one.kind.name == "required" and one.path == self.path for branch in branches for one in branch):
            yield self._one_of([one.kind.property for branch in branches for one in branch])
            return
        fitting = [branch for branch in branches if not any(one.misses_type(self.path) for one in branch)]
        if fitting:
            for one in min(fitting, key=len):
                yield from one.problems()
            return
        types = [name for branch in branches for one in branch if one.path == self.path for name in one.types()]
        yield self._wrong_type(list(dict.fromkeys(types)))

    def _one_of(self, keys: list[str]) -> Problem:
        title = article(self.part().get("title") or self.what())
        return self._here("missing-key", f"{title} has no {wording.any_of(keys)}.", f"write {wording.any_of(keys)}:")

    def misses_type(self, path: Path) -> bool:
        """Tell whether this error says that the value at ``path`` itself has the wrong type."""
        if self.path != path:
            return False
        return self.kind.name == "type" or (self.kind.name == "enum" and not isinstance(self.value(), str))

    def types(self) -> list[str]:
        """Return the types the failed keyword wanted."""
        if self.kind.name == "enum":
            return ["string"]
        return [str(name) for name in self.kind.types] if self.kind.name == "type" else []


def _condition_hint(key: str, known: list[str]) -> str:
    word = names.CONDITION_WORDS[key]
    if word.split(":")[0] in known:
        return f"write {word}" if ":" in word else f"write {word} instead"
    here = [one for one in _CONDITIONS if one in known]
    return f"conditions here: {', '.join(here)}" if here else f"keys here: {', '.join(known[:8])}"
