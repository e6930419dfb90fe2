"""Numbers, money, dates and times as people of one language and zone read them; no translation, no markup.

A :class:`Formats` is built once per language and zone. Babel's patterns and symbols are read when it is built;
numbers are then written by plain string work, since a list page formats hundreds of them.
"""

from __future__ import annotations

import datetime as times
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
#: Large Chinese units, largest first; English uses K, M, B.
CHINESE_UNITS = {
    "zh_CN": ((Decimal(10**8), "亿"), (Decimal(10**4), "万")),
    "zh_TW": ((Decimal(10**8), "億"), (Decimal(10**4), "萬")),
}
WESTERN_UNITS = ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "K"))
#: Babel writes CN¥ for the yuan outside of China's own locale, and prefixes dollars: these are set here.
SYMBOLS = {"CNY": "¥", "JPY": "JP¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "TWD": "NT$", "KRW": "₩"}


@dataclass(frozen=True)
class Formats:
    """Writes values for one language (``zh_CN``, ``zh_TW``, ``en``) in one time zone."""

    language: str
    zone: tzinfo
    decimal_sign: str
    group_sign: str
    own_currency: str = "CNY"
    units: tuple[tuple[Decimal, str], ...] = field(default=WESTERN_UNITS)

    def number(self, value: Decimal | int | None, places: int | None = None) -> str:
        """Write a number with grouped thousands; without ``places`` the digits it has, without trailing zeros."""
        if value is None:
            return ""
        if places is None:
            written = f"{value:,f}"
            written = written.rstrip("0").rstrip(".") if "." in written else written
        else:
            written = f"{round_half_up(Decimal(value), places):,.{places}f}"
        if self.group_sign == "," and self.decimal_sign == ".":
            return written
        return written.translate({ord(","): self.group_sign, ord("."): self.decimal_sign})

    def percent(self, value: Decimal | int | None) -> str:
        """Write 0..100 with a percent sign."""
        return "" if value is None else f"{self.number(value)}%"

    def symbol(self, currency: str) -> str:
        """Return the sign of a currency; where there is none, its code and a space."""
        return SYMBOLS.get(currency) or f"{currency}{NO_BREAK_SPACE}"

    def money(self, amount: Decimal | int | None, currency: str = "") -> str:
        """Write an amount with the currency's sign and its usual decimal places."""
        if amount is None:
            return ""
        code = currency or self.own_currency
        written = self.number(Decimal(amount).copy_abs(), decimal_places(code))
        return f"{'-' if amount < 0 else ''}{self.symbol(code)}{written}"

    def short_number(self, value: Decimal | int | None) -> str:
        """Write a large number in 万 and 亿 (or K, M, B) with at most two places.

        >>> formats("zh_CN").short_number(Decimal("86420000"))
        '8,642万'
        """
        if value is None:
            return ""
        for size, unit in self.units:
            if Decimal(value).copy_abs() >= size:
                return f"{self.number(strip_zeros(round_half_up(Decimal(value) / size, 2)))}{unit}"
        return self.number(strip_zeros(round_half_up(Decimal(value), 2)))

    def short_money(self, amount: Decimal | int | None, currency: str = "") -> str:
        """Write an amount in large units: ¥128万, $1.28M."""
        if amount is None:
            return ""
        sign = "-" if amount < 0 else ""
        return f"{sign}{self.symbol(currency or self.own_currency)}{self.short_number(Decimal(amount).copy_abs())}"

    def date(self, value: times.date | None) -> str:
        """Write a day as lists show it: ISO in every language, so that columns line up and nothing is ambiguous."""
        return "" if value is None else value.isoformat()

    def long_date(self, value: times.date | None) -> str:
        """Write a day in the language's own words: 2026年12月18日, Dec 18, 2026."""
        return "" if value is None else babel_date(value, self.language)

    def datetime(self, value: times.datetime | None) -> str:
        """Write a moment in the reader's zone, to the minute."""
        return "" if value is None else value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def moment(self, value: times.datetime | None, now: times.datetime) -> str:
        """Write a recent moment: the time today, else the day, with the year where it is another one."""
        if value is None:
            return ""
        local, today = value.astimezone(self.zone), now.astimezone(self.zone)
        if local.date() == today.date():
            return local.strftime("%H:%M")
        return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"

    def input_datetime(self, value: times.datetime | None) -> str:
        """Write a moment as a form control holds it: the reader's wall clock."""
        return "" if value is None else value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def round_half_up(value: Decimal, places: int) -> Decimal:
    """Round as people do: halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def strip_zeros(value: Decimal) -> Decimal:
    """Drop trailing zeros without falling into exponents."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


@cache
def decimal_places(currency: str) -> int:
    """Return a currency's usual decimal places: 2 for the yuan, 0 for the yen."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


@lru_cache(maxsize=4096)
def babel_date(value: times.date, language: str) -> str:
    """Write a day with Babel; kept, since pages repeat the same days."""
    from babel.dates import format_date

    return str(format_date(value, "long" if language.startswith("zh") else "medium", locale=language))


@lru_cache(maxsize=256)
def formats(language: str, zone: str = "UTC", currency: str = "CNY") -> Formats:
    """Return the formats of a language and zone; an unknown zone reads as UTC."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    try:
        place: tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = UTC
    return Formats(
        language,
        place,
        get_decimal_symbol(language),
        get_group_symbol(language),
        currency,
        CHINESE_UNITS.get(language, WESTERN_UNITS),
    )
