"""Barcodes: the text they carry, its check digit, and how they are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from formline.fields.base import Parameter, ValueProblem
from formline.fields.field import Field
from formline.fields.registry import register
from formline.fields.text import TextBase

#: Symbologies with a check digit, and how many digits they have with it.
CHECKED = {"ean13": 13, "ean8": 8, "upca": 12}
SYMBOLOGIES = (*CHECKED, "code128", "qr")
_QUIET = 10  # modules of white beside the bars, so that scanners find their beginning
_HEIGHT = 40


@register
class Barcode(TextBase):
    """The text of a barcode, shown as its picture."""

    name, label, icon = "barcode", "Barcode", "barcode"
    parameters = (Parameter("symbology", {"enum": list(SYMBOLOGIES)}, "The kind of barcode.", default="code128"),)
    form_control = edit_cell = "barcode"
    read_control = "barcode"
    limit = 500

    def max_length(self, field: Field) -> int:
        """Digits are counted; the bars of Code 128 get too wide after 80 characters."""
        return {**CHECKED, "code128": 80}.get(self.symbology(field), self.limit)

    def symbology(self, field: Field) -> str:
        """Return the kind of barcode."""
        return str(field.param("symbology"))

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Check the characters and the check digit."""
        kind = self.symbology(field)
        digits = CHECKED.get(kind)
        if digits is None:
            if kind == "code128" and not value.isascii():
                yield "not_ascii", "Code 128 has only ASCII characters."
            if len(value) > self.max_length(field):
                yield "too_long", f"At most {self.max_length(field)} characters, this has {len(value)}."
        elif not re.fullmatch(rf"[0-9]{{{digits}}}", value):
            yield "wrong_length", f"Enter {digits} digits."
        elif check_digit(value[:-1]) != value[-1]:
            yield "check_digit", f"The check digit is wrong: it should be {check_digit(value[:-1])}."

    def normal(self, text: str) -> str:
        """Leave out the spaces and hyphens that are printed between digits."""
        bare = re.sub(r"[\s-]", "", text)
        return bare if bare.isascii() and bare.isdigit() and bare else text

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Digits, or text."""
        digits = CHECKED.get(self.symbology(field))
        if digits is not None:
            return {"type": "string", "pattern": f"^[0-9]{{{digits}}}$"}
        return {"type": "string", "maxLength": self.max_length(field)}

    def sample(self, field: Field, seed: int) -> str:
        """Return a number with its check digit."""
        digits = CHECKED.get(self.symbology(field), 13)
        head = f"690{seed % 10**4:04d}".ljust(digits - 1, "0")[: digits - 1]
        return head + check_digit(head)


def check_digit(head: str) -> str:
    """Return the last digit of an EAN or UPC whose other digits are ``head``: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(head)))
    return str(-total % 10)


def svg(symbology: str, text: str) -> str:
    """Return the picture as an SVG element without styles or scripts; raises ValueProblem where the text has none."""
    if symbology == "qr":
        import segno

        try:
            code = segno.make_qr(text, error="m")
        except segno.DataOverflowError:
            raise ValueProblem("too_long", f"At most {Barcode.limit} characters, this has {len(text)}.") from None
        return str(code.svg_inline(border=4, omitsize=True, svgclass="barcode qr", lineclass=None))
    import barcode

    try:
        modules = barcode.get(symbology, text).build()[0]
    except (barcode.errors.BarcodeError, KeyError, ValueError):
        raise ValueProblem("not_a_barcode", "There is no such barcode.") from None
    runs = re.finditer("[1G]+", modules)
    bars = "".join(f"M{_QUIET + run.start()} 0h{len(run[0])}v{_HEIGHT}h-{len(run[0])}z" for run in runs)
    width = len(modules) + 2 * _QUIET
    return (
        f'<svg class="barcode" viewBox="0 0 {width} {_HEIGHT}" xmlns="http://www.w3.org/2000/svg">'
        f'<path fill="#fff" d="M0 0h{width}v{_HEIGHT}h-{width}z"/><path fill="#000" d="{bars}"/></svg>'
    )
