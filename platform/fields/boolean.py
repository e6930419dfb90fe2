"""Yes or no."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean as BooleanColumn

from formline.expressions import types
from formline.expressions.types import Type
from formline.fields.base import FieldType, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

#: Words of forms, files and people; Chinese ones as spreadsheets have them.
WORDS = {
    **dict.fromkeys(("true", "1", "yes", "y", "on", "x", "t", "是", "对", "√", "✓"), True),
    **dict.fromkeys(("false", "0", "no", "n", "off", "f", "否", "错", "×"), False),
}


@register
class Boolean(FieldType):
    """Yes, no, or not answered."""

    name, label, icon = "boolean", "Yes or no", "checkbox"
    form_control = read_control = list_cell = edit_cell = "boolean"
    operators = ("eq", "is_null")

    def expression_type(self, field: Field) -> Type:
        """A condition."""
        return types.BOOLEAN

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One boolean column."""
        return (Part("", BooleanColumn()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> bool | None:
        """Take true, false, 1, 0 or a word for them."""
        if raw is None or isinstance(raw, bool):
            return raw
        word = str(raw).strip().lower()
        if not word:
            return None
        if word not in WORDS:
            raise ValueProblem("not_a_boolean", "Enter yes or no.")
        return WORDS[word]

    def json_schema(self, field: Field) -> dict[str, Any]:
        """True or false."""
        return {"type": "boolean"}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return a word; files for machines get true and false."""
        if value is None:
            return ""
        if locale.language.startswith("zh"):
            return "是" if value else "否"
        return ("Yes" if value else "No") if locale.language else str(value).lower()

    def sample(self, field: Field, seed: int) -> bool:
        """Return yes for odd seeds."""
        return bool(seed % 2)
