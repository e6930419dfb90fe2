"""Exchange rates for rows being written, from the object ``exchange_rate``; a missing rate is an error, never null."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from formline.expressions.problems import EvaluationError

if TYPE_CHECKING:
    from formline.runtime.unit.unit import Unit

#: ``currency`` is worth ``rate`` of ``target`` from ``valid_from`` until a later row.
OBJECT = "exchange_rate"
_PLACES = Decimal("0.000001")

Pair = tuple[str, str]


class Rates:
    """The rates one unit has needed so far, by (currency, target), newest first."""

    def __init__(self, unit: Unit) -> None:
        """Read nothing yet."""
        self._unit = unit
        self._known: dict[Pair, list[tuple[date, Decimal]]] = {}

    def load(self, pairs: Iterable[Pair]) -> None:
        """Read all rates between these currencies, both ways, in one statement."""
        wanted = {pair for pair in pairs if pair[0] != pair[1] and pair not in self._known}
        if not wanted:
            return
        for currency, target in wanted:
            self._known[currency, target] = []
            self._known.setdefault((target, currency), [])
        if OBJECT not in self._unit.release.catalog.objects:
            return
        model = self._unit.release.model(OBJECT)
        names = sorted({name for pair in wanted for name in pair})
        found = self._unit.connection.execute(
            select(model.column("currency"), model.column("target"), model.column("valid_from"), model.column("rate"))
            .where(model.column("currency").in_(names), model.column("target").in_(names), model.deleted_at.is_(None))
            .order_by(model.column("valid_from").desc())
        )
        for currency, target, day, rate in found:
            self._known.setdefault((currency, target), []).append((day, rate))

    def rate(self, currency: str, target: str, day: date) -> Decimal:
        """Return what one ``currency`` is worth in ``target`` on a day.

        Raises:
            EvaluationError: no rate is known for that day in either direction.
        """
        if currency == target:
            return Decimal(1)
        self.load([(currency, target)])
        direct = self._on(currency, target, day)
        if direct is not None:
            return direct
        inverse = self._on(target, currency, day)
        if inverse:
            return 1 / inverse
        message = f"There is no exchange rate from {currency} to {target} for {day.isoformat()}."
        raise EvaluationError("no_rate", message, self._how_to_mend())

    def _how_to_mend(self) -> str:
        if OBJECT in self._unit.release.catalog.objects:
            return "Enter the rate first."
        return f"The site has no object {OBJECT} to keep rates in; an administrator adds it."

    def _on(self, currency: str, target: str, day: date) -> Decimal | None:
        return next((rate for start, rate in self._known.get((currency, target), ()) if start <= day), None)

    def convert(self, amount: Decimal, currency: str | None, target: str, day: date | None) -> Decimal:
        """Return an amount in another currency, rounded half-up; the callback of local expressions."""
        source = currency or self._unit.base_currency
        rate = self.rate(source, target, day or self._unit.today)
        return (Decimal(amount) * rate).quantize(_PLACES, ROUND_HALF_UP)
