"""JSON documents: kept as text that is known to be JSON, so that both databases give back what was written."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from formline.expressions import types
from formline.expressions.storage_types import Words
from formline.expressions.types import Type
from formline.fields.base import FieldType, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

#: Characters of the text; larger documents belong in a file.
LONGEST = 100_000
DEEPEST = 50


@register
class JsonDocument(FieldType):
    """A JSON object or list, kept in the order it was written in."""

    name, label, icon = "json", "JSON", "braces"
    form_control = read_control = list_cell = edit_cell = "json"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is_null")
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """Its text."""
        return types.TEXT

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column."""
        return (Part("", Words()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take an object, a list, or the text of one."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        value = _read(raw) if isinstance(raw, str) else raw
        if not isinstance(value, dict | list):
            raise ValueProblem("not_json", "Enter a JSON object or list.")
        if not _shallow(value):
            raise ValueProblem("too_deep", "The JSON is nested too deeply.")
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            text.encode()
        except (TypeError, ValueError):
            raise ValueProblem("not_json", "Enter a JSON object or list.") from None
        if len(text) > LONGEST:
            raise ValueProblem("too_long", f"At most {LONGEST} characters, this has {len(text)}.")
        if "\\u0000" in text:
            raise ValueProblem("control_character", "The text has line breaks or invisible control characters.")
        return text

    def to_json(self, field: Field, value: Any) -> Any:
        """Return the document itself."""
        return None if value is None else json.loads(value)

    def input_text(self, field: Field, value: Any) -> str:
        """Return the document over several lines."""
        return pretty(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Any object or list."""
        return {"type": ["object", "array"]}

    def sample(self, field: Field, seed: int) -> str:
        """Return a small object."""
        return f'{{"number":{seed}}}'


def pretty(text: str) -> str:
    """Return the document over several lines."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueProblem("too_deep", "The JSON is nested too deeply.") from None
    except ValueError as error:
        place = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "a number"
        raise ValueProblem("not_json", f"This is no JSON: look at {place}.") from None


def _shallow(value: Any) -> bool:
    """Return whether a document is nested no deeper than databases and browsers follow."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list | tuple)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return True
    return False
