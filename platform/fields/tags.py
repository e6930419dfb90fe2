"""Tags: several short texts of people's own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from formline.expressions import types
from formline.expressions.storage_types import Codes
from formline.expressions.types import Type
from formline.fields.base import SET, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

#: Characters of one tag, and how many tags a record may have unless ``max`` says fewer.
LONGEST = 60
MOST = 100
_BETWEEN = re.compile("[,;，；、|\n]")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@register
class Tags(FieldType):
    """Short texts that people make up as they go; in the order given, no two that differ in case alone."""

    name, label, icon = "tags", "Tags", "tags"
    parameters = (Parameter("max", {"type": "integer", "minimum": 1, "maximum": MOST}, "The most tags of one record."),)
    form_control = read_control = list_cell = edit_cell = "tags"
    operators: ClassVar[tuple[str, ...]] = SET
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """A set of names that nobody knows beforehand."""
        return types.MULTI_CHOICE

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One column of names."""
        return (Part("", Codes()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> tuple[str, ...] | None:
        """Take a list, or text with commas between; no tag is null."""
        if isinstance(raw, str):
            raw = _BETWEEN.split(raw)
        if raw is not None and not isinstance(raw, list | tuple | set | frozenset):
            raise ValueProblem("not_tags", "Enter tags with commas between.")
        found: dict[str, str] = {}
        for one in raw or ():
            tag = normal(one)
            if tag:
                found.setdefault(tag.casefold(), tag)
        return tuple(found.values()) or None

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check how many there are and how long they are."""
        most = int(field.param("max") or MOST)
        if len(value) > most:
            yield "too_many", f"At most {most} tags, these are {len(value)}."
        longest = max(map(len, value), default=0)
        if longest > LONGEST:
            yield "too_long", f"At most {LONGEST} characters, this has {longest}."

    def to_json(self, field: Field, value: Any) -> Any:
        """Return a list."""
        return None if value is None else list(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A list of different texts."""
        most = int(field.param("max") or MOST)
        items = {"type": "string", "minLength": 1, "maxLength": LONGEST}
        return {"type": "array", "uniqueItems": True, "maxItems": most, "items": items}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the tags with commas."""
        return ("、" if locale.language.startswith("zh") else ", ").join(value or ())

    def sample(self, field: Field, seed: int) -> tuple[str, ...]:
        """Return one tag or two."""
        return ("new", f"group {seed}")[: int(field.param("max") or 2)]


def normal(raw: Any) -> str:
    """Return a tag in the form in which it is kept: compatible characters alike, single spaces, no control characters.

    Raises:
        ValueProblem: no text, or one that cannot be kept.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueProblem("not_tags", "Enter tags with commas between.")
    text = " ".join(unicodedata.normalize("NFKC", str(raw)).split())
    if _CONTROL.search(text):
        raise ValueProblem("control_character", "The text has line breaks or invisible control characters.")
    return text.replace(",", " ").strip()
