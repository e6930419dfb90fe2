"""Words for values and types in messages about definitions; decides nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "nothing",
}
_LONGEST = 60
_SIMPLE = re.compile(r"[A-Za-z][\w.]*")
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false", "y": "true", "n": "false"}
_BOOLEAN_WORDS |= {"true": "true", "false": "false"}


def found(value: Any) -> str:
    """Describe a value of the wrong type."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return f'the text "{short(value)}"' if isinstance(value, str) else f"the number {value}"


def written(value: Any) -> str:
    """Show a value as it would stand in YAML, shortened."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return short("{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}")
    if isinstance(value, list):
        return short("[" + ", ".join(written(inner) for inner in value) + "]")
    if isinstance(value, (int, Decimal)):
        return str(value)
    if _SIMPLE.fullmatch(value) and value not in ("true", "false", "null"):
        return short(value)
    return short("'" + value.replace("'", "''") + "'" if '"' in value else f'"{value}"')


def short(text: str) -> str:
    """Cut a long text."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def any_of(words: list[str]) -> str:
    """Join alternatives: ``a, b or c``."""
    if set(words) == {TYPES["boolean"], TYPES["string"]}:
        return "true, false or a condition"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def article(noun: str) -> str:
    """Put ``a`` or ``an`` before a noun that has none."""
    if noun.startswith(("the ", "true, ", "item ")):
        return noun
    noun = noun[:1].lower() + noun[1:]
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def boolean_word(text: str) -> str:
    """Return ``true`` or ``false`` where a text means it in another spelling, else ``""``."""
    return _BOOLEAN_WORDS.get(text.lower(), "")


def type_hint(value: Any, types: list[str], examples: list[Any]) -> str:
    """Say how to mend a value of the wrong type."""
    if isinstance(value, str) and "boolean" in types and boolean_word(value):
        return f"write {boolean_word(value)}, without quotes"
    if isinstance(value, str) and ("integer" in types or "number" in types):
        return "write the number without quotes, units or leading zeros"
    if "string" in types and isinstance(value, (int, Decimal)):
        return f'put it in quotes: "{str(value).lower()}"'
    if "array" in types and not isinstance(value, dict):
        return f"write a list: [{written(value)}]"
    if "object" in types and isinstance(value, list):
        return "named things are maps keyed by name: write  name: {...}"
    return f"for example  {written(examples[0])}" if examples else ""
