"""Expressions that YAML cuts when they stand unquoted: finds them and writes the quoted line.

``{expression: min(a, b)}`` is two keys for YAML, ``check: name != "a #b"`` ends in a comment,
``where: kind == "a: b"`` is no YAML at all. Works on text only.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from formline.errors import Position, Problem

_OPEN = {"(": ")", "[": "]", "{": "}"}
_PAIRED = re.compile(r"[\"'()\[\]{}]")
_CLOSE = frozenset(_OPEN.values())
#: What libyaml says, in words for people.
_SAID = {
    "found character that cannot start any token": "no value begins with this character",
    "mapping values are not allowed in this context": "a second colon on the line",
    "did not find expected key": "this does not continue the lines above",
    "did not find expected '-' indicator": "an item of the list begins with -",
    "did not find expected ',' or '}'": "a comma or the closing brace is missing",
    "did not find expected ',' or ']'": "a comma or the closing bracket is missing",
    "could not find expected ':'": "a colon is missing",
    "found unexpected end of stream": "the text ends too early",
}
_OPENED = {
    "while parsing a flow mapping": "brace",
    "while parsing a flow sequence": "bracket",
    "while scanning a quoted scalar": "quote",
}
_ENTRY = re.compile(r"^(\s*(?:- +)*)((?:\"[^\"]*\"|'[^']*'|[^\s\"'#{}\[\],:][^:#]*?)): +(\S.*)$")


def unbalanced(text: str) -> bool:
    """Tell whether brackets or quotes in ``text`` are left open or closed too often."""
    if _PAIRED.search(text) is None:
        return False
    depth = 0
    quote = ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character == '"' or (character == "'" and not _inside_word(text, index)):
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            if depth < 0:
                return True
    return depth != 0 or bool(quote)


def quote(value: str) -> str:
    """Return ``value`` as a YAML scalar in quotes, single ones where it has double ones inside."""
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def indentation(text: str, index: int) -> int:
    """Return how far the text of the block scalar that starts at ``index`` is indented."""
    for line in text[index:].split("\n")[1:]:
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return 0


def cut_by_comment(text: str, event: Any) -> str:
    """Return the whole expression where a plain scalar was ended by ``#``, else ``""``."""
    end = text.find("\n", event.end_mark.index)
    rest = text[event.end_mark.index : end if end >= 0 else len(text)]
    if not re.match(r"\s+#", rest):
        return ""
    whole = _without_comment(event.value + rest)[0]
    return "" if unbalanced(whole) else whole


class Cuts:
    """Finds the expressions that one flow collection cuts at their commas; ``found`` has their text and first event."""

    def __init__(self, text: str, close: str) -> None:
        """Start at the beginning of a collection that ends with ``close``."""
        self.text = text
        self.close = close
        self.found: list[tuple[str, Any]] = []
        self.until = 0

    def whole(self, event: Any) -> str:
        """Return the whole expression whose first piece is this value, or ``""`` where nothing is cut."""
        if not isinstance(event, yaml.ScalarEvent) or event.style or not unbalanced(event.value):
            return ""
        first: Any = event.start_mark
        last: Any = event.end_mark
        whole = self.text[first.index : _end_of_raw(self.text, first.index, self.close)].rstrip()
        if unbalanced(whole) or first.index + len(whole) <= last.index:
            return ""
        self.until = first.index + len(whole)
        self.found.append((whole, event))
        return whole

    def continues(self, event: Any) -> bool:
        """Tell whether this entry is a further piece of the last expression found."""
        return bool(event.start_mark.index < self.until)


def cut_problem(whole: str, event: Any, text: str, file: str) -> Problem:
    """Describe a cut expression; the hint is its line as it should be written."""
    mark = event.start_mark
    start: int = mark.index
    before = text[text.rfind("\n", 0, start) + 1 : start]
    end = text.find("\n", start + len(whole))
    after = text[start + len(whole) : end if end >= 0 else len(text)]
    return Problem(
        "cut-expression",
        f"YAML cuts the unquoted expression: {whole}",
        f"write  {(before + quote(whole) + after).strip()}",
        Position(file, mark.line + 1, mark.column + 1),
    )


def syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """Describe what libyaml refused; where quoting mends the line, the hint is the quoted line."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unreadable_character(error, text, file)
    marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
    if getattr(error, "context", None) == "while scanning a simple key":
        marks.reverse()  # the problem is noticed a line too late
    mark = marks[0] or marks[1]
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = str(getattr(error, "problem", None) or error)
    message = f"This is not YAML: {_SAID.get(said, said)}."
    return Problem("yaml-syntax", message, _hint(error, text, line), Position(file, line, column))


def _unreadable_character(error: Any, text: str, file: str) -> Problem:
    before = text.encode()[: error.position].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    hint = "remove the character, or write it as \\x.. inside double quotes"
    return Problem("yaml-syntax", "This is not YAML: a control character.", hint, Position(file, line, column))


def _hint(error: Any, text: str, line: int) -> str:
    mended = mended_line(text, line)
    if mended is not None:
        return f"write  {mended[1].strip()}"
    written = text.split("\n")[line - 1 : line]
    if written and "\t" in written[0]:
        return "indent with spaces, not tabs"
    joined = re.match(r"\s*(?:- +)*([a-z_]+):(\S.*)", written[0]) if written else None
    if joined:
        return f"a space after the colon: write  {joined[1]}: {joined[2]}"
    opened = _OPENED.get(str(error.context or ""))
    if opened and error.context_mark is not None and error.context_mark.line + 1 != line:
        return f"close the {opened} that opens on line {error.context_mark.line + 1}"
    return "check indentation, brackets and quotes near this line; quote expressions"


def mended_line(text: str, line: int) -> tuple[int, str] | None:
    """Return the line at or above the bad ``line``, in quotes, if that makes the text readable further on."""
    lines = text.split("\n")
    for number in (line, line - 1):
        if not 1 <= number <= len(lines):
            continue
        written = lines[number - 1]
        mended = quote_line(written)
        if mended != written and _reads_further([*lines[: number - 1], mended, *lines[number:]], number):
            return number, mended
    return None


def _reads_further(lines: list[str], number: int) -> bool:
    loader = yaml.CSafeLoader("\n".join(lines))
    try:
        while not isinstance(loader.get_event(), yaml.StreamEndEvent):
            pass
    except yaml.MarkedYAMLError as error:
        return error.problem_mark is not None and error.problem_mark.line + 1 > number + 1
    except yaml.YAMLError:
        return False
    finally:
        loader.dispose()
    return True


def quote_line(line: str) -> str:
    """Return one line with every value in quotes that YAML would cut or refuse; others as they are."""
    entry = _ENTRY.match(line)
    if entry is None:
        return line[: len(line) - len(line.lstrip())] + _flow(line.lstrip(" -"), line)
    head, value = line[: entry.start(3)], entry[3]
    if value[0] in "{[":
        return head + quote_flow(value)
    return head + _quote_block_value(value)


def _flow(stripped: str, line: str) -> str:
    start = line.find(stripped) if stripped else len(line)
    indent = len(line) - len(line.lstrip())
    return line[indent:start] + quote_flow(stripped) if stripped[:1] in ("{", "[") else line[indent:]


def _quote_block_value(value: str) -> str:
    value, comment = _without_comment(value)
    if value[:1] in ("|", ">"):
        return value + comment
    wrong_start = value[:1] in ("!", "&", "*", "%", "@", "`")
    risky = ": " in value or " #" in value or value.endswith(":")
    if value[:1] in ("'", '"') and _end_of_quoted(value, 0) < len(value):
        wrong_start = True
    elif value[:1] in ("'", '"'):
        return value + comment
    return (quote(value) if wrong_start or risky else value) + comment


def _without_comment(value: str) -> tuple[str, str]:
    """Split a trailing comment off; a ``#`` inside quotes or brackets belongs to the value."""
    for match in re.finditer(r"\s+#", value):
        if not unbalanced(value[: match.start()]):
            return value[: match.start()], value[match.start() :]
    stripped = value.rstrip()
    return stripped, value[len(stripped) :]


def quote_flow(text: str) -> str:
    """Return a flow collection (``{...}`` or ``[...]``) with its cut-prone values in quotes."""
    made, end = _collection(text, 0)
    return made + text[end:]


def _collection(text: str, start: int) -> tuple[str, int]:
    """Rewrite the collection at ``start``; return it and the index behind it."""
    close = _OPEN[text[start]]
    made = [text[start]]
    index = start + 1
    while index < len(text):
        character = text[index]
        if character == close:
            return "".join(made) + close, index + 1
        if character in ", \n\t}]":  # a closing bracket of the other kind is a slip, and passed over
            made.append(character)
            index += 1
            continue
        piece, index = _entry(text, index, close)
        made.append(piece)
    return "".join(made), index


def _entry(text: str, index: int, close: str) -> tuple[str, int]:
    """Rewrite one entry: ``key: value`` in a map, a value in a list (which may be a one-key map)."""
    key = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'{}\[\],:(][^{}\[\],:(]*?):(?:\s+|(?=[\[{]))").match(text, index)
    if key is None:
        return _value(text, index, close)
    value, end = _value(text, key.end(), close)
    return key[0] + value, end


def _value(text: str, index: int, close: str) -> tuple[str, int]:
    if index >= len(text) or text[index] in ",}]":
        return "", index
    if text[index] in "{[":
        made, end = _collection(text, index)
        if re.match(r"\s*(?:[,}\]]|$|#)", text[end:]):
            return made, end
    if text[index] in "\"'":
        end = _end_of_quoted(text, index)
        if re.match(r"\s*(?:[,}\]:]|$|#)", text[end:]):
            return text[index:end], end
    end = _end_of_raw(text, index, close)
    raw = text[index:end].rstrip()
    needs = any(character in raw for character in ",[]{}") or ": " in raw or " #" in raw
    needs = needs or raw[:1] in ("'", '"', "!", "&", "*", "%", "@", "`")
    return (quote(raw) if needs else raw) + text[index + len(raw) : end], end


def _end_of_raw(text: str, index: int, close: str) -> int:
    """Return where an unquoted expression ends: at a comma or the closing bracket outside its own."""
    depth: list[str] = []
    quoted = ""
    for position in range(index, len(text)):
        character = text[position]
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character == '"' or (character == "'" and not _inside_word(text, position)):
            quoted = character
        elif character in _OPEN:
            depth.append(_OPEN[character])
        elif depth and character == depth[-1]:
            depth.pop()
        elif not depth and (character in ",\n" or character == close):
            return position
    return len(text)


def _end_of_quoted(text: str, index: int) -> int:
    sign = text[index]
    position = index + 1
    while position < len(text):
        if sign == '"' and text[position] == "\\":
            position += 2
            continue
        if text[position] == sign:
            if sign == "'" and text[position + 1 : position + 2] == "'":
                position += 2
                continue
            return position + 1
        position += 1
    return len(text)


def _inside_word(text: str, index: int) -> bool:
    """Tell an apostrophe (``record's``) from a quote."""
    return index > 0 and text[index - 1].isalnum()
