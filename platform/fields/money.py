"""Money: an amount, its currency and the amount in the company's currency, frozen when it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from formline.expressions.storage_types import Exact, Words
from formline.expressions.types import Kind, Type
from formline.fields.base import Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.number import MAX, MIN, SCALE, NumberBase, decimal_of
from formline.fields.registry import register

_CURRENCY = re.compile(r"[A-Z]{3}")


@register
class Money(NumberBase):
    """An amount of money; without ``currency`` it is in the currency of the record's company."""

    name, label, icon = "money", "Money", "coin"
    parameters = (
        MIN,
        MAX,
        SCALE,
        Parameter("currency", {"type": "string"}, "A code such as EUR, or the path of a field that has one."),
        Parameter(
            "rate_date", {"type": "string"}, "The date field whose exchange rate counts; else the day of saving."
        ),
    )
    form_control = read_control = list_cell = edit_cell = "money"
    main_key: ClassVar[str] = "amount"

    def expression_type(self, field: Field) -> Type:
        """Money with this field's decimal places."""
        return Type(Kind.MONEY, scale=self.scale(field))

    def columns(self, field: Field) -> tuple[Part, ...]:
        """Amount, currency, amount in the company's currency."""
        scale = self.scale(field)
        return Part("", Exact(scale)), Part("currency", Words()), Part("base", Exact(scale))

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> Decimal | None:
        """Take an amount alone or a map with ``amount``."""
        return decimal_of(raw.get("amount") if isinstance(raw, Mapping) else self._split(raw)[0], locale)

    def parse_parts(self, field: Field, raw: Any, locale: Locale = PLAIN) -> dict[str, Any]:
        """Take ``12.30``, ``EUR 12.30`` or ``{amount, currency}``; the base amount is never given."""
        amount = self.parse(field, raw, locale)
        currency = raw.get("currency") if isinstance(raw, Mapping) else self._split(raw)[1]
        if currency is None or currency == "":
            return {"": amount}
        if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            raise ValueProblem("not_a_currency", "Enter a currency code such as EUR.")
        return {"": amount, "currency": currency}

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Return ``{amount, currency}``; a null currency is the company's."""
        amount = self.to_json(field, record.get(field.name))
        return None if amount is None else {"amount": amount, "currency": record.get(f"{field.name}.currency")}

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An amount as text, and its currency."""
        properties = {
            "amount": super().json_schema(field),
            "currency": {"type": ["string", "null"], "pattern": "^[A-Z]{3}$"},
        }
        return {"type": "object", "properties": properties, "required": ["amount"]}

    @staticmethod
    def _split(raw: Any) -> tuple[Any, str | None]:
        """Part ``EUR 12.30`` and ``12.30 EUR``."""
        if not isinstance(raw, str):
            return raw, None
        text = raw.strip()
        if _CURRENCY.match(text):
            return text[3:], text[:3]
        return (text[:-3], text[-3:]) if _CURRENCY.fullmatch(text[-3:]) else (text, None)

    def currency_source(self, field: Field) -> tuple[str, str] | None:
        """Return ``("code", "EUR")`` or ``("path", "quote.currency")``; None: the company's currency."""
        declared = field.params.get("currency")
        if not isinstance(declared, str):
            return None
        return ("code", declared) if _CURRENCY.fullmatch(declared) else ("path", declared)
