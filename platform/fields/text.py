"""Text in one or several lines, and the texts with a form of their own: e-mail, phone, web address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from formline.expressions import types
from formline.expressions.storage_types import Words
from formline.expressions.types import Type
from formline.fields import patterns
from formline.fields.base import TEXT, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.fields.sorting import sort_key

MAX_LENGTH = Parameter("max_length", {"type": "integer", "minimum": 1}, "The most characters a value may have.")
MIN_LENGTH = Parameter("min_length", {"type": "integer", "minimum": 0}, "The fewest characters a value may have.")
PATTERN = Parameter("pattern", {"type": "string"}, "A regular expression (RE2 subset) that the whole value matches.")

#: Default limits; ``max_length`` changes them.
SHORT = 255
LONG = 100_000


class TextBase(FieldType):
    """What all texts share: Unicode in normal form C, no control characters, a length in code points."""

    limit: ClassVar[int] = SHORT
    lines: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = TEXT
    searchable = True
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """Text."""
        return types.TEXT

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column; a title has its sort key too."""
        return (Part("", Words()), Part("sort", Words())) if field.title else (Part("", Words()),)

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Return the sort key of a title."""
        return {"sort": None if value is None else sort_key(value)} if field.title else {}

    def max_length(self, field: Field) -> int:
        """Return the most characters a value may have."""
        return int(field.param("max_length") or self.limit)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take text or a number; trim it, empty is null."""
        if raw is None:
            return None
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise ValueProblem("not_text", "Enter text.")
        text = str(raw)
        plain = text.isascii() and text.isprintable()  # most text is both
        if not plain:
            text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        text = text.strip() if not self.lines else text.rstrip()
        if not (plain or text.isprintable()) and (_UNSTORABLE_IN_LINES if self.lines else _UNSTORABLE).search(text):
            raise ValueProblem("control_character", "The text has line breaks or invisible control characters.")
        return self.normal(text) or None

    def normal(self, text: str) -> str:
        """Bring a text into the form it is stored in; raises :class:`ValueProblem` where it has not this form."""
        return text

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check length and pattern."""
        longest, shortest = self.max_length(field), field.param("min_length")
        if len(value) > longest:
            yield "too_long", f"At most {longest} characters, this has {len(value)}."
            return
        if shortest and len(value) < shortest:
            yield "too_short", f"At least {shortest} characters, this has {len(value)}."
        pattern = field.param("pattern")
        if pattern and not patterns.matches(str(pattern), value):
            yield "pattern", str(field.params.get("help") or f"The text does not match {pattern}.")

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Text with its limits."""
        schema: dict[str, Any] = {"type": "string", "maxLength": self.max_length(field)}
        if field.param("min_length"):
            schema["minLength"] = field.param("min_length")
        if field.param("pattern"):
            schema["pattern"] = f"^(?:{field.param('pattern')})$"
        return schema

    def sample(self, field: Field, seed: int) -> str | None:
        """Return the label and a number, cut to length; None where a pattern makes guessing idle."""
        text = f"{field.label} {seed}"
        text += "x" * max(0, int(field.param("min_length") or 0) - len(text))
        return None if field.param("pattern") else text[-self.max_length(field) :].strip()

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Check that lengths fit each other and the pattern compiles."""
        shortest = field.param("min_length")
        if isinstance(shortest, int) and shortest > self.max_length(field):
            yield ("min_length",), "parameter-range", "min_length is more than max_length.", "swap them"
        pattern = field.param("pattern")
        if isinstance(pattern, str):
            reason = patterns.problem_of(pattern)
            if reason:
                hint = "patterns are those of RE2 that JavaScript knows too: no look-around, no back references"
                yield ("pattern",), "bad-pattern", f"The pattern cannot be used: {reason}.", hint


#: Control characters, and halves of pairs that are no characters at all; long text may have line breaks and tabs.
_UNSTORABLE = re.compile("[\x00-\x1f\ud800-\udfff]")
_UNSTORABLE_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")


@register
class Text(TextBase):
    """One line of text."""

    name, label, icon = "text", "Text", "letter-t"
    parameters = (MAX_LENGTH, MIN_LENGTH, PATTERN)
    form_control = "text"


@register
class LongText(TextBase):
    """Several lines of text."""

    name, label, icon = "long_text", "Long text", "align-left"
    parameters = (
        MAX_LENGTH,
        MIN_LENGTH,
        Parameter("rows", {"type": "integer", "minimum": 2}, "Height of the control in lines.", default=4),
    )
    limit = LONG
    lines = True
    form_control = edit_cell = "long_text"
    read_control = list_cell = "long_text"
    sortable = groupable = False
    operators: ClassVar[tuple[str, ...]] = ("contains", "is_null")


@register
class Email(TextBase):
    """One e-mail address, stored in lower case after the at sign."""

    name, label, icon = "email", "E-mail", "mail"
    form_control = read_control = list_cell = edit_cell = "email"
    limit = 254
    _form = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?:[^\s@.<>(),;:]+\.)+[^\s@.<>(),;:]{2,}")

    def normal(self, text: str) -> str:
        """Check the form; the domain becomes lower case."""
        if not text:
            return ""
        if not self._form.fullmatch(text):
            raise ValueProblem("not_an_email", "Enter one address such as name@example.com.")
        name, _, domain = text.rpartition("@")
        return f"{name}@{domain.lower()}"

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Text in e-mail form."""
        return {"type": "string", "format": "email", "maxLength": self.limit}

    def sample(self, field: Field, seed: int) -> str:
        """Return an address of a reserved domain."""
        return f"person{seed}@example.com"


@register
class Phone(TextBase):
    """A phone number as typed, without the blanks and brackets people put between digits."""

    name, label, icon = "phone", "Phone", "phone"
    form_control = read_control = list_cell = edit_cell = "phone"
    limit = 40
    _form = re.compile(r"\+?\d{3,20}(?:(?:x|#|,)\d{1,8})?")

    def normal(self, text: str) -> str:
        """Keep digits, a leading plus and an extension."""
        bare = re.sub(r"[\s().\-/\u2010-\u2015]", "", unicodedata.normalize("NFKC", text))
        bare = re.sub(r"(?i)(?:ext\.?|转)", "x", bare)
        if bare and not self._form.fullmatch(bare):
            raise ValueProblem("not_a_phone", "Enter digits such as +86 138 0013 8000, an extension after x.")
        return bare

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Text of digits."""
        return {"type": "string", "maxLength": self.limit, "pattern": r"^\+?\d{3,20}((x|#|,)\d{1,8})?$"}

    def sample(self, field: Field, seed: int) -> str:
        """Return a number of eleven digits."""
        return f"138{seed % 100_000_000:08d}"


@register
class Url(TextBase):
    """A web address; ``https://`` is added where no scheme is typed."""

    name, label, icon = "url", "Web address", "link"
    form_control = read_control = list_cell = edit_cell = "url"
    limit = 2000

    def normal(self, text: str) -> str:
        """Allow http and https only, so that a link can never run a script."""
        if not text:
            return ""
        address = text if re.match(r"(?i)[a-z][a-z0-9+.\-]*:(?!\d)", text) else f"https://{text}"
        if not re.fullmatch(r"(?i)https?://[^\s/?#@\\]+\.?[^\s\\]*", address):
            raise ValueProblem("not_a_url", "Enter an address such as https://example.com.")
        return address

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Text in URI form."""
        return {"type": "string", "format": "uri", "maxLength": self.limit}

    def sample(self, field: Field, seed: int) -> str:
        """Return an address of a reserved domain."""
        return f"https://example.com/{seed}"
