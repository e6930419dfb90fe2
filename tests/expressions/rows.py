"""Rows of the test world, made from a seed out of values known to make trouble; and the environments they make."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from formline.expressions.environment import Env
from formline.expressions.scope import Path

Row = dict[str, Any]

CENTS = [Decimal(each) / 100 for each in (0, 1, -1, 100, -100, 250, -250, 300, 700, -700, 3333, 9999, 123456, 100000)]
LARGE = [Decimal(each) / 100 for each in (10**14 - 1, 1 - 10**14, 5 * 10**13, 12345678901)]
FINE = [Decimal(each) / 10**6 for each in (1, -1, 333333, 123456789012, 2500005, 500000, -1500000, 10**12)]
WHOLE = [0, 1, -1, 2, 3, -3, 7, 12, 31, 100, -100, 999, 2024, 10**11]
TEXTS = [
    "", "a", "B", "ab", "abc", "é", "É", "ß", "Straße", "ΑΣ", "İı", "ﬁǅŉ", "😀", "z😀y", "\uffff", "中文",
    "  x ", "a b c", "10",
    "-3.5",
    "+7.1234567", "1e5", "0.000", "999999999999.9999999", "\u3000pad\u00a0", "%_\\", "it's \"q\"", "\t1\n", "null",
]  # fmt: skip
DAYS = [
    date(1, 1, 1), date(1, 3, 31), date(1900, 2, 28), date(1970, 1, 1), date(1999, 12, 31), date(2000, 2, 29),
    date(2023, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 12, 30), date(2026, 6, 15), date(9999, 12, 31),
]  # fmt: skip
_MICRO = timedelta(microseconds=1)
MOMENTS = [
    datetime(1, 1, 1, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC) - _MICRO, datetime(1970, 1, 1, tzinfo=UTC) - _MICRO,
    datetime(1986, 5, 3, 18, tzinfo=UTC), datetime(2024, 3, 10, 7, tzinfo=UTC) - _MICRO, datetime(2024, 3, 10, 7,
    tzinfo=UTC),
    datetime(2024, 11, 3, 6, 30, tzinfo=UTC), datetime(2026, 6, 15, 16, 0, 0, 123456, tzinfo=UTC),
    datetime(2026, 6, 15, 15, 59, 59, tzinfo=UTC), datetime(2099, 12, 31, 23, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]  # fmt: skip
STAGES = ["open", "won", "lost"]
TAGS: list[tuple[str, ...]] = [(), ("red",), ("green", "blue"), ("red", "green", "blue")]
TODAY, NOW = date(2026, 6, 15), datetime(2026, 6, 15, 16, 30, tzinfo=UTC)


def key(object: str, number: int) -> UUID:
    """Return the id of a record: ids of one object sort by number."""
    return UUID(int=(sorted(_NUMBERS).index(object) + 1 << 64) + number + 1)


_NUMBERS = {"deal": 0, "customer": 6, "line": 0, "product": 5, "user": 4, "department": 3, "region": 7}
#: Region number -> the one above it.
_ABOVE = {1: 0, 2: 0, 3: 1, 4: 1, 5: 4}


@dataclass
class Rows:
    """Every record of the world, by object, in id order."""

    seed: int
    deals: int
    records: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the rows."""
        self.random = random.Random(self.seed)  # noqa: S311 - test data
        for object in ("region", "department", "user", "product", "customer"):
            count = _NUMBERS[object]
            self.records[object] = [getattr(self, f"_{object}")(number) for number in range(count)]
        self.records["deal"] = [self._deal(number) for number in range(self.deals)]
        lines = [(deal, index) for deal in range(self.deals) for index in range(self.random.choice([0, 1, 2, 3]))]
        self.records["line"] = [self._line(number, deal) for number, (deal, _) in enumerate(lines)]

    def pick(self, values: list[Any], nulls: float = 0.2) -> Any:
        """Return one of ``values``, or None."""
        return None if self.random.random() < nulls else self.random.choice(values)

    def _ref(self, object: str) -> UUID | None:
        return self.pick([key(object, number) for number in range(_NUMBERS[object])])

    def _region(self, number: int) -> Row:
        above = _ABOVE.get(number)
        parent = key("region", above) if above is not None else None
        return {"id": key("region", number), "name": f"r{number}", "parent": parent}

    def _department(self, number: int) -> Row:
        return {"id": key("department", number), "code": self.pick(["sales", "east"]), "head": self._ref("user")}

    def _user(self, number: int) -> Row:
        regions = tuple(key("region", each) for each in self.random.sample(range(7), 2))
        return {
            "id": key("user", number), "name": self.pick(TEXTS), "limit": self.pick(CENTS + LARGE),
            "department": self._ref("department"), "tags": self.pick(TAGS), "roles": self.pick([("sales",), ("sales",
            "legal")]),
            "regions": regions,
        }  # fmt: skip

    def _product(self, number: int) -> Row:
        name, price = self.pick(TEXTS), self.pick(FINE)
        return {"id": key("product", number), "name": name, "price": price, "manager": self._ref("user")}

    def _customer(self, number: int) -> Row:
        return {
            "id": key("customer", number), "level": self.pick(["A", "B", "vip", ""]),
            "credit": self.pick(CENTS + LARGE),
            "since": self.pick(DAYS), **self._price(), "owner": self._ref("user"),
        }  # fmt: skip

    def _price(self) -> Row:
        amount = self.pick(CENTS)
        currency = None if amount is None else self.random.choice(["EUR", "CNY"])
        base = None if amount is None else amount * (8 if currency == "EUR" else 1)
        return {"price": amount, "price.currency": currency, "price.base": base}

    def _deal(self, number: int) -> Row:
        pick = self.pick
        return {
            "id": key("deal", number), "n": pick(CENTS + LARGE), "p": pick(CENTS), "x": pick(FINE + CENTS),
            "i": pick(WHOLE),
            **self._price(), "t": pick(TEXTS), "u": pick(TEXTS), "d": pick(DAYS), "e": pick(DAYS), "at": pick(MOMENTS),
            "seen": pick(MOMENTS), "ok": pick([True, False]), "flag": pick([True, False]), "stage": pick(STAGES),
            "tags": pick(TAGS), "customer": self._ref("customer"), "owner": self._ref("user"),
            "region": self._ref("region"),
            "watchers": tuple(key("user", each) for each in sorted(self.random.sample(range(4), self.random.choice([0,
            1, 2])))),
            "old": key("deal", self.random.randrange(self.deals)) if self.random.random() < 0.6 else None,
        }  # fmt: skip

    def _line(self, number: int, deal: int) -> Row:
        pick = self.pick
        return {
            "id": key("line", number), "deal": key("deal", deal), "amount": pick(CENTS + LARGE[2:]),
            "quantity": pick(WHOLE),
            "label": pick(TEXTS), "due": pick(DAYS), "done": pick([True, False]), "product": self._ref("product"),
        }  # fmt: skip

    @cached_property
    def by_id(self) -> dict[UUID | None, Row]:
        """Every record by its id."""
        return {row["id"]: row for rows in self.records.values() for row in rows}

    @property
    def user(self) -> Row:
        """The acting user."""
        return self.records["user"][1]

    def reach(self, row: Row | None, path: Path) -> Any:
        """Follow ``path`` (with parts in its last name) from a record; null where a lookup is empty."""
        for name in path[:-1]:
            row = self.by_id.get(row[name]) if row else None
        return row.get(path[-1]) if row else None

    def lines_of(self, row: Row | None) -> list[Row]:
        """Return the lines of a deal with what paths from a line reach."""
        paths: list[Path] = [
            ("product", "name"),
            ("product", "price"),
            ("product", "manager"),
            ("product", "manager", "name"),
        ]
        own = [line for line in self.records["line"] if row and line["deal"] == row["id"]]
        return [line | {".".join(path): self.reach(line, path) for path in paths} for line in own]

    def deals_of(self, row: Row | None) -> list[Row]:
        """Return the deals of a customer, with their lines."""
        own = [deal for deal in self.records["deal"] if row and deal["customer"] == row["id"]]
        return [
            deal | {"lines": self.lines_of(deal), "owner.name": self.reach(deal, ("owner", "name"))} for deal in own
        ]

    def paths_of(self, row: Row) -> dict[Path, Any]:
        """Return everything paths of more than one step lead to."""
        reached: list[Path] = [
            ("customer", "level"), ("customer", "credit"), ("customer", "since"), ("customer", "price.base"),
            ("customer", "price"), ("customer", "owner"), ("customer", "owner", "name"), ("customer", "owner", "limit"),
            ("owner", "name"), ("owner", "limit"), ("owner", "tags"), ("owner", "department"), ("owner", "roles"),
            ("owner", "department", "code"),
        ]  # fmt: skip
        found = {path: self.reach(row, path) for path in reached}
        found["customer", "deals"] = self.deals_of(self.by_id.get(row["customer"]))
        found["lines",] = self.lines_of(row)
        found["user", "department", "code"] = self.reach(self.user, ("department", "code"))
        return found

    def env(self, row: Row, zone: ZoneInfo) -> Env:
        """Return the environment of a deal."""
        return Env(
            row, self.by_id[row["old"]] if row["old"] else None, self.user, TODAY, NOW, zone, self.paths_of(row),
            convert=self._convert, ancestors=lambda object, key: self.ancestors(key),
        )  # fmt: skip

    def ancestors(self, region: UUID) -> frozenset[UUID]:
        """Return a region and all above it."""
        found: set[UUID] = set()
        current: UUID | None = region
        while current is not None:
            found.add(current)
            current = self.by_id[current]["parent"]
        return frozenset(found)

    @staticmethod
    def _convert(amount: Decimal, currency: str | None, target: str, day: date | None) -> Decimal:
        rates = {"CNY": Decimal(1), "EUR": Decimal(8), "USD": Decimal(7)}
        return amount * rates[currency or "CNY"] / rates[target]
