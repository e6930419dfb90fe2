"""What each construct gives: a table over one record, in Python and, as literals allow, in every other target."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from formline.expressions.compiler import compile_expression
from formline.expressions.environment import Env
from formline.expressions.problems import EvaluationError
from formline.expressions.types import INTEGER, ref
from tests.expressions.rows import TODAY, Rows
from tests.expressions.world import WORLD

D = Decimal
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)
RECORD: dict[str, Any] = {
    "id": ONE, "n": D("12.50"), "p": D("-7"), "x": D("0.000001"), "i": 3, "price": D("100"), "price.base": D("800"),
    "price.currency": "EUR", "t": "Straße 😀", "u": None, "d": date(2024, 1, 31), "e": date(2026, 6, 15),
    "at": datetime(2026, 6, 15, 16, 30, tzinfo=UTC), "seen": datetime(2026, 6, 15, 14, tzinfo=UTC), "ok": True,
    "flag": None, "stage": "won", "tags": ("red", "blue"), "customer": TWO, "owner": THREE, "region": ONE,
    "watchers": (TWO, THREE),
}  # fmt: skip
LINES = [
    {"id": UUID(int=1), "amount": D("10.00"), "quantity": 2, "label": "b", "due": date(2026, 1, 2), "done": True,
     "product": ONE, "product.name": "pump", "product.manager": THREE},
    {"id": UUID(int=2), "amount": None, "quantity": 5, "label": None, "due": None, "done": False,
     "product": TWO, "product.name": "valve", "product.manager": THREE},
    {"id": UUID(int=3), "amount": D("0.10"), "quantity": 1, "label": "a", "due": date(2025, 1, 2), "done": None,
     "product": ONE, "product.name": "pump", "product.manager": TWO},
]  # fmt: skip
ENV = Env(
    RECORD,
    {"id": ONE, "stage": "open", "n": D("12.50"), "price": D("100"), "price.currency": "CNY", "t": None},
    {"id": THREE, "name": "Li", "roles": ("sales",), "regions": (TWO,), "limit": D(500), "department": ONE},
    today=TODAY,
    now=datetime(2026, 6, 15, 16, 30, tzinfo=UTC),
    zone=ZoneInfo("Asia/Shanghai"),
    paths={
        ("customer", "level"): "vip",
        ("customer", "owner", "name"): None,
        ("owner", "department", "code"): "sales",
        ("lines",): LINES,
        ("customer", "deals"): [],
    },
    roots={"input": {"count": 3, "first_due": date(2024, 1, 31)}, "item": THREE, "stop": {"id": TWO, "level": "A"}},
    convert=Rows._convert,
    ancestors=lambda object, key: {key, TWO},
)

CASES: list[tuple[str, Any]] = [
    # numbers
    ("n + 1", D("13.5")),
    ("n * 3", D("37.5")),
    ("10 / i", D("3.333333")),
    ("20 / i", D("6.666667")),
    ("7 / 2", D("3.5")),
    ("n / 0", None),
    ("p % i", D(2)),
    ("-p % i", D(1)),
    ("n % 0", None),
    ("x * 0.5", D("0.000001")),
    ("-x * 0.5", D("-0.000001")),
    ("x * 0.4", D(0)),
    ("abs(p)", D(7)),
    ("round(n / 5)", D(3)),
    ("round(-n / 5)", D(-3)),
    ("round(n / 3, 2)", D("4.17")),
    ("floor(p / 2)", D(-4)),
    ("ceil(p / 2)", D(-3)),
    ("min(n, p, i)", D(-7)),
    ("max(n, i)", D("12.5")),
    ("tiers(n * 100, 0, 2, 1000, 3)", D("27.5")),
    ("tiers(p, 0, 2, 1000, 3)", D(0)),
    ('number(" 12.50 ")', D("12.5")),
    ("number(t)", None),
    ("price", D(800)),
    ("price.amount", D(100)),
    ("price.currency", "EUR"),
    ("round(price.amount * 1.5, 2)", D(150)),
    ('convert(price, "EUR")', D(100)),
    ('round(convert(price, "USD"), 2)', D("114.29")),
    ('convert(n, "EUR")', D("1.5625")),
    ("setting.large / 10", D(100)),
    # text
    ('t + "!"', "Straße 😀!"),
    ("upper(t)", "STRASSE 😀"),
    ("lower(t)", "straße 😀"),
    ("len(t)", 8),
    ("left(t, 4)", "Stra"),
    ("right(t, 1)", "😀"),
    ("right(t, 0)", ""),
    ("left(t, -1)", ""),
    ('before(t, " ")', "Straße"),
    ('before(t, "#")', "Straße 😀"),
    ('after(t, " ")', "😀"),
    ('after(t, "#")', ""),
    ('replace(t, "ß", "ss")', "Strasse 😀"),
    ('contains(t, "aß")', True),
    ('starts_with(t, "stra")', False),
    ('ends_with(t, "😀")', True),
    ('trim("\u3000 a \t")', "a"),
    ('pad(text(i), 3, "0")', "003"),
    ('concat(n, " ", u, "/", d)', "12.5 /2024-01-31"),
    ("text(n * 8)", "100"),
    ("text(x)", "0.000001"),
    ("text(p * 0)", "0"),
    # dates and moments
    ("d + months(1)", date(2024, 2, 29)),
    ("d - months(11)", date(2023, 2, 28)),
    ("d + days(1)", date(2024, 2, 1)),
    ("d + weeks(2)", date(2024, 2, 14)),
    ("d + years(1)", date(2025, 1, 31)),
    ("add_days(d, 1.9)", date(2024, 2, 1)),
    ("add_days(d, 99999999)", None),
    ("add_months(d, -99999999)", None),
    ("e - d", 866),
    ("days_between(d, e)", 866),
    ("start_of_month(e)", date(2026, 6, 1)),
    ("start_of_quarter(e)", date(2026, 4, 1)),
    ("start_of_year()", date(2026, 1, 1)),
    ("start_of_week(e)", date(2026, 6, 15)),
    ("end_of_month(d + months(1))", date(2024, 2, 29)),
    ("end_of_quarter(e)", date(2026, 6, 30)),
    ("end_of_year()", date(2026, 12, 31)),
    ("year(d) * 100 + month(d)", 202401),
    ("day(d)", 31),
    ("weekday(e)", 1),
    ("date(i, i, i)", date(3, 3, 3)),
    ("date(2023, 2, i * 10)", None),
    ("today() - days(1)", date(2026, 6, 14)),
    ("date_of(at)", date(2026, 6, 16)),
    ("hour(at)", 0),
    ("at - hours(2.5) == seen", True),
    ("hours_between(seen, at)", D("2.5")),
    ("minutes_between(at, seen)", D(-150)),
    ("at + days(1) > now()", True),
    # conditions
    ('stage == "won"', True),
    ('stage in ["open", "won"]', True),
    ('stage not in ["open", "won"]', False),
    ('"red" in tags', True),
    ('"green" in tags', False),
    ("count(tags)", 2),
    ("is_empty(u)", True),
    ("is_empty(t)", False),
    ("is_empty(lines)", False),
    ("is_empty(customer.deals)", True),
    ("between(n, 0, 12.5)", True),
    ("0 < n < 12.5", False),
    ("d and e", True),
    ("u or t", True),
    ("not u", True),
    ("customer and not u", True),
    ("ok and not flag", True),
    ("1 if ok else 2", 1),
    ("1 if flag else 2", 2),
    ("coalesce(u, stage)", "won"),
    ('"a" < "B"', False),
    ('"\uffff" < "😀"', True),
    # paths, roots, people
    ('customer.level == "vip"', True),
    ('owner.department == "sales"', True),
    ("owner == user", True),
    ("user in watchers", True),
    ("owner in watchers", True),
    ("region in user.regions", False),
    ("within(region, user.regions)", True),
    ("within(region, region)", True),
    ('has_role(user, "sales")', True),
    ('has_role(user, "legal")', False),
    ("changed(stage)", True),
    ("changed(n)", False),
    ("changed(price)", True),
    ("old.stage", "open"),
    ("old != null", True),
    ("n <= user.limit", True),
    ("this", ONE),
    ("this.n", D("12.50")),
    ("add_months(input.first_due, index)", date(2024, 2, 29)),
    ("item == owner", True),
    ('stop.level == "A"', True),
    ("stop == customer", True),
    # rows
    ("sum(lines.amount)", D("10.10")),
    ("sum(lines, amount * quantity)", D("20.10")),
    ("sum(lines, quantity, done)", 2),
    ("avg(lines.quantity)", D("2.666667")),
    ("avg(lines, quantity, false)", None),
    ("sum(lines, quantity, false)", 0),
    ("count(lines)", 3),
    ("count(lines.amount)", 2),
    ("count(lines, quantity > 1)", 2),
    ("count(distinct(lines.product))", 2),
    ("min(lines.label)", "a"),
    ("max(lines.due)", date(2026, 1, 2)),
    ("first(lines.label)", "b"),
    ("last(lines.quantity)", 1),
    ("first(lines, label, not done)", None),
    ("list(lines.label)", "b, a"),
    ("list(lines.product.name)", "pump, valve, pump"),
    ("distinct(lines.product.manager)", (THREE, TWO)),
    ("any(lines, amount > 5)", True),
    ("all(lines, amount > 5)", False),
    ("all(lines, quantity > this.p)", True),
    ("any(lines, product.manager == this.owner and not done)", True),
    ("owner in lines.product.manager", True),
    ("sum(customer.deals.n)", 0),
    ("max(customer.deals.n)", None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[case[0] for case in CASES])
def test_values(source: str, expected: Any) -> None:
    expression = compile_expression(
        source,
        WORLD,
        object="deal",
        roots=frozenset({"this", "old", "user", "input"}),
        variables={"index": INTEGER, "item": ref("user"), "stop": ref("customer")},
    )
    env = replace(ENV, roots={**ENV.roots, "index": 1})
    assert expression.python(env) == expected


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("n * 100000000000", "EXPR-TOO-LARGE"),
        ("n + 999999999999", "EXPR-TOO-LARGE"),
        ("n / x * 1000000", "EXPR-TOO-LARGE"),
        ("sum(lines, 500000000000)", "EXPR-TOO-LARGE"),
        ("n > 1 and n * 999999999999 > 1", "EXPR-TOO-LARGE"),
    ],
)
def test_a_number_that_cannot_be_kept_is_an_error_and_never_null(source: str, code: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        compile_expression(source, WORLD, object="deal").python(ENV)
    assert raised.value.code == code


def test_conditions_stop_at_the_first_that_decides() -> None:
    assert compile_expression("ok or n * 999999999999 > 1", WORLD, object="deal").python(ENV) is True


def test_money_in_its_own_currency() -> None:
    own = compile_expression("price * 2", WORLD, object="deal", money="own")
    assert own.python(ENV) == 200
    assert {read.path for read in own.reads} == {("price",)}


def test_a_missing_rate_is_an_error() -> None:
    def no_rate(*arguments: object) -> Decimal:
        raise EvaluationError("EXPR-RATE", "There is no exchange rate.")

    evaluate = compile_expression('convert(price, "USD") < 500 or ok', WORLD, object="deal").python
    with pytest.raises(EvaluationError):
        evaluate(replace(ENV, convert=no_rate))


def test_what_is_expected_as_a_condition_may_be_anything_that_can_be_absent() -> None:
    from formline.expressions.types import BOOLEAN

    assert compile_expression("customer", WORLD, object="deal", expects=BOOLEAN).condition(ENV) is True
    assert compile_expression("u", WORLD, object="deal", expects=BOOLEAN).condition(ENV) is False
    assert compile_expression("flag", WORLD, object="deal").condition(ENV) is False
