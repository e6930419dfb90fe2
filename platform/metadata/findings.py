"""Puts what JSON Schema finds wrong into words: what, where, how to mend. Knows no kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import jsonschema_rs

from formline.errors import Problem
from formline.metadata import names
from formline.metadata.positions import Path, Positions

Schema = dict[str, Any]
_TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "nothing",
}
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false", "y": "true", "n": "false"}
_PATCHES = ("insert_before", "insert_after", "change", "remove", "replace")


def problems(
    errors: Iterable[jsonschema_rs.ValidationError], schema: Schema, data: Any, positions: Positions
) -> list[Problem]:
    """Return one problem per mistake, in the order of the file."""
    found = {problem for error in errors for problem in _Finding(error, schema, data, positions).problems()}
    return sorted(found, key=lambda problem: (problem.position, problem.code))


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
            yield self._at_value("schema", f"{self._what()}: {self.error.message}.", "")
        else:
            yield from say()

    def _what(self, path: Path | None = None) -> str:
        """Name the value at a path: its key, or the item's number in its list."""
        path = self.path if path is None else path
        if not path:
            return "the definition"
        last = path[-1]
        if isinstance(last, int):
            return f"item {last + 1} of {self._what(path[:-1])}"
        return str(last)

    def _part(self) -> Schema:
        """Return the schema whose keyword failed, with references followed."""
        part: Any = self.schema
        merged: Schema = {}
        for step in self.error.evaluation_path[:-1]:
            if step == "$ref":
                part = self.schema["$defs"][part["$ref"].rpartition("/")[2]]
            else:
                part = part[int(step)] if isinstance(part, list) else part[step]
            if isinstance(part, dict):
                merged = part
        return merged

    def _at_value(self, code: str, message: str, hint: str) -> Problem:
        return self._problem(code, message, hint, self.positions.at(self.path))

    def _problem(self, code: str, message: str, hint: str, position: Any) -> Problem:
        where = ".".join(map(str, self.path))
        return Problem(code, message[:1].upper() + message[1:], hint, position, where)

    def _additionalProperties(self) -> Iterator[Problem]:
        part = self._part()
        known = [name for name in part.get("properties", {}) if name not in _PATCHES]
        here = self._value()
        for key in self.kind.unexpected:
            yield self._unknown_key(key, known, part, here)

    def _unknown_key(self, key: str, known: list[str], part: Schema, here: Any) -> Problem:
        position = self.positions.key((*self.path, key))
        place = part.get("title") or self._what()
        if key in _PATCHES:
            message, hint = f'"{key}" changes a list of a lower layer.', "it has a meaning only in a file with extends:"
            return self._problem("patch-without-extends", message, hint, position)
        word = names.CONDITION_WORDS.get(key)
        if word and word.split(":")[0] in known:
            hint = f"write {word} instead" if ":" not in word else f"write {word}"
            return self._problem("condition-word", f'"{key}" is not one of the condition words.', hint, position)
        hint = names.did_you_mean(key, known)
        if not hint:
            hint = f"keys here: {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
        return self._problem("unknown-key", f'"{key}" is not a key of {_article(place)}.', hint, position)

    def _value(self) -> Any:
        value = self.data
        for step in self.path:
            value = value[step]
        return value

    def _required(self) -> Iterator[Problem]:
        missing = self.kind.property
        part = self._part()
        sub = part.get("properties", {}).get(missing, {})
        title = part.get("title") or self._what()
        example = sub.get("examples", [None])[0]
        hint = f"for example  {missing}: {_written(example)}" if example is not None else f"write {missing}:"
        name = f' "{self.path[-1]}"' if self.path and isinstance(self.path[-1], str) and self.path[-1] != title else ""
        position = self.positions.key(self.path) if self.path else self.positions.at()
        yield self._problem("missing-key", f"{_article(title)}{name} has no {missing}.", hint, position)

    def _type(self) -> Iterator[Problem]:
        types = [str(name) for name in self.kind.types]
        yield self._wrong_type(types, self._part())

    def _wrong_type(self, types: list[str], part: Schema) -> Problem:
        value = self._value()
        expected = _any_of([_TYPES[name] for name in types])
        if value is None:
            return self._at_value("empty-value", f"{self._what()} is empty.", f"write {expected}, or leave the key out")
        message = f"{self._what()} is {_found(value)}, not {expected}."
        return self._at_value("wrong-type", message, _type_hint(value, types, part))

    def _enum(self) -> Iterator[Problem]:
        part = self._part()
        options = [str(option) for option in part.get("enum", [])]
        value = self._value()
        if value is None:
            yield self._at_value("empty-value", f"{self._what()} is empty.", f"one of: {', '.join(options[:12])}")
            return
        hint = names.did_you_mean(str(value), options) or f"one of: {', '.join(options[:12])}, ..."
        yield self._at_value("unknown-value", f"{self._what()} cannot be {_written(value)}.", hint)

    def _const(self) -> Iterator[Problem]:
        hint = f"write {_written(self.kind.expected_value)}"
        yield self._at_value("unknown-value", f"{self._what()} cannot be {_written(self._value())}.", hint)

    def _pattern(self) -> Iterator[Problem]:
        yield _shape(self, self._part(), str(self._value()), self.positions.at(self.path))

    def _propertyNames(self) -> Iterator[Problem]:
        error = self.kind.error
        name = str(error.instance)
        position = self.positions.key((*self.path, name))
        inner = _Finding(error, self.schema, name, self.positions)
        part = _name_part(self, inner)
        yield _shape(self, part, name, position)

    def _minLength(self) -> Iterator[Problem]:
        yield self._at_value("empty-text", f"{self._what()} is an empty text.", "write something, or leave the key out")

    def _maxLength(self) -> Iterator[Problem]:
        limit, length = self.kind.limit, len(str(self._value()))
        yield self._at_value("too-long", f"{self._what()} has {length} characters, more than {limit}.", "shorten it")

    def _minItems(self) -> Iterator[Problem]:
        limit, count = self.kind.limit, len(self._value())
        message = f"{self._what()} has {count} items, fewer than {limit}." if count else f"{self._what()} is an empty list."
        yield self._at_value("too-few", message, "add items, or leave the key out")

    def _maxItems(self) -> Iterator[Problem]:
        limit, count = self.kind.limit, len(self._value())
        yield self._at_value("too-many", f"{self._what()} has {count} items, more than {limit}.", "leave some out")

    def _minProperties(self) -> Iterator[Problem]:
        yield self._at_value("too-few", f"{self._what()} is an empty map.", "add entries, or leave the key out")

    def _maxProperties(self) -> Iterator[Problem]:
        yield self._at_value("too-many", f"{self._what()} says too much at once.", "one operation and its items")

    def _uniqueItems(self) -> Iterator[Problem]:
        seen: list[Any] = []
        for index, item in enumerate(self._value()):
            if item in seen:
                position = self.positions.at((*self.path, index))
                message = f"{_written(item)} stands twice in {self._what()}."
                yield self._problem("duplicate-item", message, "keep one of them", position)
            seen.append(item)

    def _minimum(self) -> Iterator[Problem]:
        message = f"{self._what()} is {self._value()}, less than {self.kind.limit}."
        yield self._at_value("out-of-range", message, f"write {self.kind.limit} or more")

    def _maximum(self) -> Iterator[Problem]:
        message = f"{self._what()} is {self._value()}, more than {self.kind.limit}."
        yield self._at_value("out-of-range", message, f"write {self.kind.limit} or less")

    def _anyOf(self) -> Iterator[Problem]:
        """Explain the alternative the author meant: the one whose type fits the value."""
        branches = [self._inner(errors) for errors in self.kind.context]
        fitting = [branch for branch in branches if not any(one.misses_type(self.path) for one in branch)]
        if fitting:
            best = min(fitting, key=len)
            for one in best:
                yield from one.problems()
            return
        types = [str(name) for branch in branches for one in branch if one.path == self.path for name in one.types()]
        yield self._wrong_type(list(dict.fromkeys(types)), self._part())

    def _inner(self, errors: Iterable[jsonschema_rs.ValidationError]) -> list[_Finding]:
        return [_Finding(error, self.schema, self.data, self.positions) for error in errors]

    def misses_type(self, path: Path) -> bool:
        """Tell whether this error says that the value at ``path`` itself has the wrong type."""
        if self.path != path:
            return False
        return self.kind.name == "type" or (self.kind.name == "enum" and not isinstance(self._value(), str))

    def types(self) -> list[str]:
        """Return the types the failed keyword wanted."""
        if self.kind.name == "type":
            return [str(name) for name in self.kind.types]
        return ["string"] if self.kind.name == "enum" else []


def _name_part(finding: _Finding, inner: _Finding) -> Schema:
    part: Any = finding._part().get("propertyNames", {})
    while "$ref" in part:
        part = finding.schema["$defs"][part["$ref"].rpartition("/")[2]]
    del inner
    return dict(part)


def _shape(finding: _Finding, part: Schema, value: str, position: Any) -> Problem:
    """Explain a text that does not look as it must."""
    title = part.get("title", "text")
    if title == "name" and len(value) > names.MAX_LENGTH:
        message = f'The name "{value}" has {len(value)} characters, more than {names.MAX_LENGTH}.'
        return finding._problem("name-too-long", message, "shorten it; the text for people is the label", position)
    if title in ("name", "path", "code", "sort key"):
        made = names.suggestion(value)
        hint = part.get("description", "")
        hint = f"write {made}; the text for people is the label" if made and title == "name" else hint
        return finding._problem("bad-name", f'"{value}" is not a {title}.', hint, position)
    examples = ", ".join(str(example) for example in part.get("examples", ()))
    hint = f"for example  {examples}" if examples else ""
    return finding._problem("bad-format", f'"{value}" is not {_article(title)}.', hint, position)


def _type_hint(value: Any, types: list[str], part: Schema) -> str:
    if isinstance(value, str) and "boolean" in types and value.lower() in _BOOLEAN_WORDS:
        return f"write {_BOOLEAN_WORDS[value.lower()]}"
    if isinstance(value, str) and "boolean" in types and value.lower() in ("true", "false"):
        return f"write {value.lower()} in small letters, without quotes"
    if isinstance(value, str) and ("integer" in types or "number" in types):
        return "write the number without quotes, units or leading zeros"
    if types == ["string"] and isinstance(value, (int, Decimal)):
        return f'put it in quotes: "{str(value).lower()}"'
    if "array" in types and not isinstance(value, dict):
        return f"write a list: [{_written(value)}]"
    if "object" in types and isinstance(value, list):
        return "named things are maps keyed by name: write  name: {...}"
    examples = part.get("examples")
    return f"for example  {_written(examples[0])}" if examples else ""


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).lower()}"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return f"the text {_written(value)}" if isinstance(value, str) else f"the number {value}"


def _written(value: Any) -> str:
    """Show a value as it would stand in YAML, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        inside = ", ".join(f"{key}: {_written(inner)}" for key, inner in value.items())
        return _short("{" + inside + "}")
    if isinstance(value, list):
        return _short("[" + ", ".join(_written(inner) for inner in value) + "]")
    return _short(str(value)) if isinstance(value, (int, Decimal)) else _short(f'"{value}"')


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _any_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _article(noun: str) -> str:
    if noun.split(" ")[0] in ("the", "true,", "hidden,") or noun.startswith("item "):
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun if not noun[:1].isupper() else noun.lower()}"
