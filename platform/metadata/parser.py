"""Turns YAML or JSON text into plain data with marks; knows nothing of kinds or schemas.

Stricter than YAML: map keys are text, duplicate keys, anchors, aliases and tags are refused, and only
``true``, ``false``, ``null`` and JSON numbers are more than text (``no``, ``12:30``, dates stay text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
import yaml

from formline.errors import Position, Problem
from formline.metadata import quoting
from formline.metadata.positions import PLAIN, QUOTED, Mark

MAX_DEPTH = 50
MAX_LENGTH = 2_000_000
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One document of a text: plain data (maps, lists, text, int, Decimal, bool, None) and its marks."""

    data: Any
    marks: Mark


def parse(text: str, file: str) -> tuple[list[Parsed], list[Problem]]:
    """Return the documents of ``text`` and everything wrong with its form; never raises for bad text."""
    if len(text) > MAX_LENGTH:
        problem = Problem(
            "file-too-large",
            f"The file has {len(text)} characters, more than {MAX_LENGTH}.",
            "split it into several definitions",
            Position(file, 1, 1),
        )
        return [], [problem]
    if file.endswith(".json"):
        text = _SURROGATES.sub(lambda pair: str(orjson.loads(f'"{pair[0]}"')), text)
    reader = _Reader(text, file)
    documents = list(reader.documents())
    return documents, reader.problems


def cuts(text: str) -> list[tuple[int, str]]:
    """Return where expressions stand that YAML cuts, and their whole text, up to the first syntax error."""
    reader = _Reader(text, "")
    for _ in reader.documents():
        pass
    return sorted(reader.cuts)


#: What nobody sees: control characters that a quoted text names by an escape (only tabs and new lines mean something),
#: and marks of no width, of direction, of lines, which make one name look like another.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def resolve(text: str) -> Any:
    """Return what a plain scalar means: a boolean, null, int, Decimal, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return Decimal(text) if number[1] or number[2] else int(text)


class _TooDeepError(Exception):
    """Nesting beyond MAX_DEPTH; the rest of the text is not read."""


class _Reader:
    """Reads libyaml's events of one text."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.problems: list[Problem] = []
        self.cuts: list[tuple[int, str]] = []
        self.loader = yaml.CSafeLoader(text)

    def documents(self) -> Iterator[Parsed]:
        """Yield the documents up to the first syntax error."""
        try:
            while not isinstance(event := self.loader.get_event(), yaml.StreamEndEvent):
                if isinstance(event, yaml.DocumentStartEvent):
                    first = self.loader.get_event()
                    data, mark = self._node(first, 0)
                    yield Parsed(data, mark)
        except yaml.YAMLError as error:
            self.problems.append(quoting.syntax_problem(error, self.text, self.file))
        except _TooDeepError:
            pass
        finally:
            self.loader.dispose()

    def _node(self, event: Any, depth: int) -> tuple[Any, Mark]:
        start = event.start_mark
        line, column = start.line + 1, start.column + 1
        if getattr(event, "anchor", None) is not None:
            self._refuse_anchor(event, line, column)
        if isinstance(event, yaml.AliasEvent):
            return None, [line, column, PLAIN]
        if event.tag is not None:
            self._add(
                "tag",
                f'"{event.tag}" is a YAML tag, and definitions have none.',
                "quote a text that starts with !; in a condition write not (...)",
                line,
                column,
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line, column)
        if depth >= MAX_DEPTH:
            self._add("too-deep", f"More than {MAX_DEPTH} levels of nesting.", "flatten the definition", line, column)
            raise _TooDeepError
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event, depth, line, column)
        return self._map(event, depth, line, column)

    def _refuse_anchor(self, event: Any, line: int, column: int) -> None:
        alias = isinstance(event, yaml.AliasEvent)
        sign, word = ("*", "alias") if alias else ("&", "anchor")
        self._add(
            word,
            f'"{sign}{event.anchor}" is a YAML {word}, and definitions have none.',
            f"write the value out, or quote a text that starts with {sign}",
            line,
            column,
        )

    def _scalar(self, event: Any, line: int, column: int) -> tuple[Any, Mark]:
        value: str = event.value
        if found := _CONTROL.search(value):
            message = f"The text has the control character U+{ord(found[0]):04X}, which nobody can read."
            hint = "remove the escape" if event.style == '"' else "remove the character, which an editor may not show"
            self._add("control-character", message, hint, line, column)
        if event.style is None or event.style == "":
            if quoting.unbalanced(value) and (whole := quoting.cut_by_comment(self.text, event)):
                self._cut(whole, event)
                return whole, [line, column, PLAIN]
            return resolve(value), [line, column, PLAIN]
        if event.style in "|>":
            return value, [line, column, quoting.indentation(self.text, event.start_mark.index)]
        return value, [line, column, QUOTED]

    def _list(self, start: Any, depth: int, line: int, column: int) -> tuple[list[Any], Mark]:
        data: list[Any] = []
        marks: list[Mark] = []
        cuts = quoting.Cuts(self.text, "]") if start.flow_style else None
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            value, mark = self._node(event, depth + 1)
            if cuts is not None and cuts.continues(event):
                continue
            data.append((cuts and cuts.whole(event)) or value)
            marks.append(mark)
        self._report(cuts)
        return data, [line, column, marks]

    def _map(self, start: Any, depth: int, line: int, column: int) -> tuple[dict[str, Any], Mark]:
        data: dict[str, Any] = {}
        marks: dict[str, list[Any]] = {}
        cuts = quoting.Cuts(self.text, "}") if start.flow_style else None
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            key, key_line, key_column = self._key(event, depth)
            value_event = self.loader.get_event()
            value, mark = self._node(value_event, depth + 1)
            if cuts is not None and cuts.continues(event):
                continue
            if key in data:
                hint = f"keep one of them; the first is on line {marks[key][0]}"
                self._add("duplicate-key", f'"{key}" stands twice in one map.', hint, key_line, key_column)
                continue
            if cuts is not None and ":" in key and self._is_empty(event, value_event):
                key, value = self._split(key, key_line, key_column)
            data[key] = (cuts and cuts.whole(value_event)) or value
            marks[key] = [key_line, key_column, mark]
        self._report(cuts)
        return data, [line, column, marks]

    @staticmethod
    def _is_empty(key: Any, value: Any) -> bool:
        scalars = isinstance(key, yaml.ScalarEvent) and isinstance(value, yaml.ScalarEvent)
        return scalars and not key.style and not value.value and not value.style

    def _split(self, key: str, line: int, column: int) -> tuple[str, Any]:
        """Report ``{key:value}``, one key for YAML, and return the two."""
        name, _, rest = key.partition(":")
        message = f'"{key}" is one word: a space is missing after the colon.'
        self._add("colon-space", message, f"write  {name}: {rest}", line, column)
        return name, resolve(rest)

    def _key(self, event: Any, depth: int) -> tuple[str, int, int]:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, depth + 1)
            self._add(
                "key-not-text",
                "A key of a map is a name, not a list, a map or an alias.",
                "quote a text that starts with [ or {",
                line,
                column,
            )
            return f"?{line}:{column}", line, column
        if event.anchor is not None:
            self._refuse_anchor(event, line, column)
        if event.value == "<<" and not event.style:
            self._add("merge-key", '"<<" is not merged here.', "write the keys out", line, column)
        if not event.value:
            self._add("key-not-text", "A key of a map is empty.", "write a name before the colon", line, column)
            return f"?{line}:{column}", line, column
        return event.value, line, column

    def _report(self, cuts: quoting.Cuts | None) -> None:
        for whole, event in cuts.found if cuts is not None else ():
            self._cut(whole, event)

    def _cut(self, whole: str, event: Any) -> None:
        self.cuts.append((event.start_mark.index, whole))
        self.problems.append(quoting.cut_problem(whole, event, self.text, self.file))

    def _add(self, code: str, message: str, hint: str, line: int, column: int) -> None:
        self.problems.append(Problem(code, message, hint, Position(self.file, line, column)))
