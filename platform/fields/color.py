"""A colour."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from formline.fields.base import EQUALITY, ValueProblem
from formline.fields.field import Field
from formline.fields.registry import register
from formline.fields.text import TextBase

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")


@register
class Color(TextBase):
    """A colour as #rrggbb in small letters."""

    name, label, icon = "color", "Color", "palette"
    form_control = read_control = list_cell = edit_cell = "color"
    limit = 7
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    searchable = False

    def max_length(self, field: Field) -> int:
        """A sign and six digits."""
        return self.limit

    def normal(self, text: str) -> str:
        """Write short forms out: #f80 is #ff8800."""
        if not text:
            return ""
        match = _HEX.fullmatch(text.lower())
        if match is None:
            raise ValueProblem("not_a_color", "Enter a color such as #1f6feb.")
        digits = match[1]
        return "#" + (digits if len(digits) == 6 else "".join(each * 2 for each in digits))

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Six digits after a number sign."""
        return {"type": "string", "pattern": "^#[0-9a-f]{6}$"}

    def sample(self, field: Field, seed: int) -> str:
        """Return one of many colours."""
        return f"#{seed * 2_654_435 % 0x1000000:06x}"
