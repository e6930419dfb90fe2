"""How one person reads and writes numbers and times; the formats come from Babel, loaded on first use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Locale:
    """``language`` is a Babel name such as ``zh_CN``; ``""`` writes plain ISO text, as exports for machines do."""

    language: str = ""
    zone: tzinfo = UTC

    def number_text(self, value: Decimal | int) -> str:
        """Return digits with the language's separators; all given decimals are kept."""
        if not self.language:
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        from babel.numbers import format_decimal

        places = max(0, -int(value.as_tuple().exponent)) if isinstance(value, Decimal) else 0
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return str(format_decimal(value, format=pattern, locale=self.language))

    def number_separators(self) -> tuple[str, str]:
        """Return (group, decimal) separators as people type them."""
        if not self.language:
            return ",", "."
        from babel.numbers import get_decimal_symbol, get_group_symbol

        return get_group_symbol(self.language), get_decimal_symbol(self.language)

    def date_text(self, value: date) -> str:
        """Return a short date."""
        if not self.language:
            return value.isoformat()
        from babel.dates import format_date

        return str(format_date(value, "medium", locale=self.language))

    def datetime_text(self, value: datetime) -> str:
        """Return a short date and time in the person's zone."""
        local = value.astimezone(self.zone)
        if not self.language:
            return local.isoformat()
        from babel.dates import format_datetime

        return str(format_datetime(local, "medium", tzinfo=self.zone, locale=self.language))


PLAIN = Locale()
