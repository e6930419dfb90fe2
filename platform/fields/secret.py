"""Texts that are sealed before they are stored and shown only when somebody asks for one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from formline.expressions.storage_types import Words
from formline.fields.base import Part
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.fields.text import MAX_LENGTH, TextBase

#: What stands for every value wherever one is shown; given back, it means the value there is.
MASK = "********"
_LONGEST = 1000


@register
class EncryptedText(TextBase):
    """A secret such as a password or a bank account: sealed in the database, masked everywhere until it is revealed."""

    name, label, icon = "encrypted_text", "Encrypted text", "lock"
    parameters = (MAX_LENGTH,)
    form_control = read_control = edit_cell = "encrypted_text"
    list_cell = "masked"
    limit = _LONGEST
    operators: ClassVar[tuple[str, ...]] = ("is_null",)
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    searchable = False
    sealed: ClassVar[bool] = True

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column of sealed values."""
        return (Part("", Words()),)

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Nothing is kept beside a secret."""
        return {}

    def parse_parts(self, field: Field, raw: Any, locale: Locale = PLAIN) -> dict[str, Any]:
        """Take text; the mask means that nothing changes."""
        return {} if raw == MASK else {"": self.parse(field, raw, locale)}

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check the length without saying anything of the text."""
        if len(value) > self.max_length(field):
            yield "too_long", f"At most {self.max_length(field)} characters, this has {len(value)}."

    def to_json(self, field: Field, value: Any) -> str | None:
        """Return the mask."""
        return None if value is None else MASK

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the mask."""
        return "" if value is None else MASK

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Refuse what would need the text itself, or write it into a definition."""
        for name in ("unique", "index", "default", "convert_from"):
            if field.params.get(name):
                message = f'"{name}" of an encrypted_text field cannot be given: the database never sees the text.'
                yield (name,), "wrong-parameter", message, "remove it"
