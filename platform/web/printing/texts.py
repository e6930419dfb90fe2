"""Values of a document as text in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.runtime.access.masking import Masked
from formline.web.i18n import gettext as _
from formline.web.printing.capitals import rmb
from formline.web.visit import Visit


def text_of(visit: Visit, field: Field | None, value: Any, row: Mapping[str, Any], path: str, titles: Any) -> str:
    """Return a value as a document writes it; ``field`` is None for the result of an expression."""
    if value is None or value == ():
        return ""
    if isinstance(value, Masked):
        return str(value)
    shown = field.shown if field is not None else None
    formats = visit.formats
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, UUID):
        return str(titles.get(value, ""))
    if isinstance(value, tuple) and value and isinstance(value[0], UUID):
        return ", ".join(titles.get(one, "") for one in value)
    if shown is not None and shown.choices:
        several = value if isinstance(value, tuple) else (value,)
        return ", ".join(visit.labels.choice(shown, str(one)) for one in several)
    if shown is not None and shown.value_type.kind is Kind.MONEY:
        return formats.money(value, str(row.get(f"{path}.currency") or ""))
    if isinstance(value, datetime):
        return formats.datetime(value)
    if isinstance(value, date):
        return formats.long_date(value)
    if isinstance(value, Decimal | int):
        return formats.number(value)
    return shown.type.to_text(shown, value, visit.locale) if shown is not None else str(value)


def filtered(word: str, value: Any) -> str:
    """Return a value through a filter of a placeholder; what is no number has none."""
    if word == "rmb" and isinstance(value, Decimal | int) and not isinstance(value, bool):
        return rmb(value)
    return ""
