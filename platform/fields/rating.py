"""A number of stars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from formline.fields.base import Parameter
from formline.fields.field import Field
from formline.fields.number import Integer
from formline.fields.registry import register

MOST = 10


@register
class Rating(Integer):
    """One to ``max`` stars."""

    name, label, icon = "rating", "Rating", "star"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("max", {"type": "integer", "minimum": 2, "maximum": MOST}, "The most stars.", default=5),
    )
    form_control = edit_cell = "rating"
    read_control = list_cell = "rating"

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check that it is one of the stars."""
        if value < 1:
            yield "too_small", "At least 1."
        if value > field.param("max"):
            yield "too_big", f"At most {field.param('max')}."

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An integer from one on."""
        return {"type": "integer", "minimum": 1, "maximum": field.param("max")}

    def sample(self, field: Field, seed: int) -> int:
        """Return some stars."""
        return 1 + int(seed % field.param("max"))

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Nothing contradicts."""
        return ()
