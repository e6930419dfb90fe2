"""Hypothesis strategies: typed expressions as text, over the test world. Whatever they make must compile."""

from __future__ import annotations

import json
from functools import cache

from hypothesis import strategies as st

from tests.expressions.rows import DAYS, TEXTS

Text = st.SearchStrategy[str]

_NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "0.5",
    "2.5",
    "0.01",
    "1.005",
    "0.333333",
    "100",
    "1000000",
    "999999999999",
    "1234.56",
]
_LEAVES: dict[str, list[str]] = {
    "number": ["n", "p", "x", "i", "price", "n", "x", "customer.credit", "customer.price", "owner.limit", "old.n",
    "old.price",
               "user.limit", "customer.owner.limit", "this.p", "setting.large"],
    "text": ["t", "u", "stage", "t", "u", "customer.level", "owner.name", "customer.owner.name", "old.t", "user.name",
             "owner.department.code"],
    "date": ["d", "e", "d", "customer.since", "today()", "old.d"],
    "moment": ["at", "seen", "now()", "old.at"],
    "flag": ["ok", "flag", "old.ok"],
    "user": ["owner", "customer.owner", "old.owner", "user"],
}  # fmt: skip
_ROW_LEAVES: dict[str, list[str]] = {
    "number": ["amount", "quantity", "product.price", "this.n", "this.x", "user.limit"],
    "text": ["label", "product.name", "product.manager.name", "this.t", "this.customer.level"],
    "date": ["due", "this.d", "today()"],
    "moment": ["this.at", "now()"],
    "flag": ["done", "this.ok"],
    "user": ["product.manager", "this.owner", "user"],
}


def _filled(template: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda texts: template.format(*texts))


def _literal_text() -> Text:
    return st.sampled_from(TEXTS).map(lambda text: json.dumps(text, ensure_ascii=False))


def _literal_date() -> Text:
    return st.sampled_from(DAYS).map(lambda day: f"date({day.year}, {day.month}, {day.day})")


@cache
def leaf(kind: str, row: bool) -> Text:
    """Return fields and literals of a kind."""
    fields = st.sampled_from((_ROW_LEAVES if row else _LEAVES)[kind])
    literals = {
        "number": st.sampled_from(_NUMBERS),
        "text": _literal_text(),
        "date": _literal_date(),
        "flag": st.sampled_from(["true", "false"]),
    }
    return st.one_of(fields, fields, literals[kind]) if kind in literals else fields


@cache
def expression(kind: str, depth: int, row: bool = False) -> Text:
    """Return expressions of a kind, nested at most ``depth`` deep; ``row``: over a line instead of a deal."""
    if depth <= 0:
        return leaf(kind, row)
    return st.one_of(leaf(kind, row), *_MAKERS[kind](depth - 1, row))


def _common(kind: str, depth: int, row: bool) -> list[Text]:
    value = expression(kind, depth, row)
    test = expression("test", depth, row)
    return [
        _filled("({} if {} else {})", value, test, value),
        _filled("({} if {} else null)", value, test),
        _filled("coalesce({}, {})", value, value),
    ]


def _numbers(depth: int, row: bool) -> list[Text]:
    number, text = expression("number", depth, row), expression("text", depth, row)
    date, moment = expression("date", depth, row), expression("moment", depth, row)
    found = [
        _filled("({} {} {})", number, st.sampled_from(["+", "-", "*", "/", "%", "*", "/"]), number),
        _filled("-{}", number),
        _filled("{}({})", st.sampled_from(["abs", "floor", "ceil", "round"]), number),
        _filled("round({}, {})", number, st.sampled_from("0123456")),
        _filled("{}({}, {})", st.sampled_from(["min", "max"]), number, number),
        _filled("tiers({}, 0, 2, 100, 3.5, 100000, 5)", number),
        _filled("len({})", text),
        _filled("number({})", text),
        _filled("{}({})", st.sampled_from(["year", "month", "day", "weekday"]), date),
        _filled("days_between({}, {})", date, date),
        _filled("({} - {})", date, date),
        _filled("{}({}, {})", st.sampled_from(["hours_between", "minutes_between"]), moment, moment),
        _filled("hour({})", moment),
        *_common("number", depth, row),
    ]
    return found if row else [*found, *_row_numbers(), st.just("count(tags)"), st.just("count(owner.tags)")]


def _row_numbers() -> list[Text]:
    value, test = expression("number", 1, True), expression("test", 1, True)
    return [
        _filled("count(lines, {})", test),
        _filled("{}(lines, {})", st.sampled_from(["sum", "avg", "min", "max", "first", "last"]), value),
        _filled("{}(lines, {}, {})", st.sampled_from(["sum", "avg", "min", "max", "first", "last"]), value, test),
        st.sampled_from(
            [
                'avg(lines, 1.5 if label in ["a", "B"] else amount)',
                'sum(lines, 2 if label in ["", "é"] else 0) / 3',
                "sum(lines.amount)",
                "count(lines)",
                "count(distinct(lines.product))",
                "max(lines.product.price)",
                "sum(customer.deals.n)",
                "count(customer.deals, any(lines, amount > this.n))",
                "count(distinct(lines.label))",
                "sum(customer.deals, count(lines))",
            ]
        ),
    ]


def _texts(depth: int, row: bool) -> list[Text]:
    text, number = expression("text", depth, row), expression("number", depth, row)
    date = expression("date", depth, row)
    found = [
        _filled("{}({})", st.sampled_from(["upper", "lower", "trim"]), text),
        _filled("({} + {})", text, text),
        _filled("concat({}, {}, {})", text, number, date),
        _filled("text({})", st.one_of(number, date, text)),
        _filled("{}({}, {})", st.sampled_from(["left", "right"]), text, number),
        _filled('pad({}, {}, "0")', text, number),
        _filled("{}({}, {})", st.sampled_from(["before", "after"]), text, text),
        _filled("replace({}, {}, {})", text, text, text),
        *_common("text", depth, row),
    ]
    return found if row else [*found, *_row_texts()]


def _row_texts() -> list[Text]:
    return [
        _filled("{}(lines, {})", st.sampled_from(["min", "max", "first", "last", "list"]), expression("text", 1, True)),
        st.sampled_from(["list(lines.label)", "list(lines.product.name)", "min(lines.label)"]),
    ]


def _dates(depth: int, row: bool) -> list[Text]:
    date, number, moment = (expression(kind, depth, row) for kind in ("date", "number", "moment"))
    starts = [f"{edge}_of_{part}" for edge in ("start", "end") for part in ("month", "quarter", "year")]
    found = [
        _filled("{}({}, {})", st.sampled_from(["add_days", "add_months", "add_years"]), date, number),
        _filled(
            "({} {} {}({}))", date, st.sampled_from("+-"), st.sampled_from(["days", "weeks", "months", "years"]), number
        ),
        _filled("{}({})", st.sampled_from([*starts, "start_of_week"]), date),
        _filled("date({}, {}, {})", number, number, number),
        _filled("date_of({})", moment),
        _filled("{}({}, {})", st.sampled_from(["min", "max"]), date, date),
        *_common("date", depth, row),
    ]
    return found if row else [*found, st.sampled_from(["max(lines.due)", "min(lines, due, done)", "start_of_month()"])]


def _moments(depth: int, row: bool) -> list[Text]:
    moment, number = expression("moment", depth, row), expression("number", depth, row)
    return [
        _filled("{}({}, {})", st.sampled_from(["add_hours", "add_minutes"]), moment, number),
        _filled("({} {} {}({}))", moment, st.sampled_from("+-"), st.sampled_from(["days", "hours", "minutes"]), number),
        _filled("{}({}, {})", st.sampled_from(["min", "max"]), moment, moment),
        *_common("moment", depth, row),
    ]


def _flags(depth: int, row: bool) -> list[Text]:
    return [*_common("flag", depth, row), expression("test", depth, row)]


def _tests(depth: int, row: bool) -> list[Text]:
    test = expression("test", depth, row)
    flag = expression("flag", depth, row)
    order, equality = st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.sampled_from(["==", "!="])
    values = {kind: expression(kind, depth, row) for kind in ("number", "text", "date", "moment")}
    plain = leaf("text", row).filter(lambda text: "stage" not in text and not text.startswith('"'))
    compared = [_filled("{} {} {}", value, order, value) for kind, value in values.items() if kind != "text"]
    found = [
        *compared,
        _filled("{} {} {}", values["number"], order, st.sampled_from(_NUMBERS)),
        _filled("concat({}) {} concat({})", values["text"], order, values["text"]),
        _filled("{} {} {}", plain, order, _literal_text()),
        _filled("({}) {} ({})", flag, equality, flag),
        _filled("{} {} {}", leaf("user", row), equality, leaf("user", row)),
        _filled("{} {} null", st.one_of(*values.values(), leaf("user", row)), equality),
        _filled("({} and {})", test, test),
        _filled("({} or {} or {})", test, flag, test),
        _filled("not {}", st.one_of(test, flag)),
        _filled("({} and {})", leaf("date", row), test),
        _filled("between({0}, {1}, {2})", *(expression("number", 0, row),) * 3),
        _filled("{} < {} <= {}", *(expression("date", 0, row),) * 3),
        _filled("{} in [1, 2.5, {}]", values["number"], values["number"]),
        _filled("{} not in [{}, {}]", plain, _literal_text(), _literal_text()),
        _filled("is_empty({})", st.one_of(values["text"], values["date"])),
        _filled(
            "{}({}, {})", st.sampled_from(["contains", "starts_with", "ends_with"]), values["text"], values["text"]
        ),
    ]
    return found if row else [*found, *_deal_tests()]


def _deal_tests() -> list[Text]:
    row = expression("test", 1, True)
    fixed = [
        'stage == "won"', 'stage in ["won", "lost"]', "stage != old.stage", '"red" in tags', '"red" not in owner.tags',
        "stage in user.tags", "tags == old.tags", "is_empty(tags)", "changed(price)", "changed(t)", "changed(tags)",
        'has_role(user, "sales")', 'has_role(owner, "legal")', "owner in watchers", "user in watchers",
        "region in user.regions",
        "is_empty(lines)", "customer.owner in lines.product.manager", 'owner.department == "sales"',
        'owner.department in ["sales", "east"]', "old == null", "customer",
        "any(customer.deals, owner == this.owner)", "all(customer.deals, any(lines, done))", "price > setting.large",
    ]  # fmt: skip
    return [st.sampled_from(fixed), _filled("any(lines, {})", row), _filled("all(lines, {})", row)]


_MAKERS = {
    "number": _numbers,
    "text": _texts,
    "date": _dates,
    "moment": _moments,
    "flag": _flags,
    "test": _tests,
}
_ROW_LEAVES["test"] = [
    "done",
    "amount > 10",
    "quantity >= 1",
    'label == "a"',
    "product == null",
    "due < this.d",
    "this.ok",
]
_LEAVES["test"] = [
    "ok",
    "n > 10",
    "x >= 1.005",
    't == "a"',
    "d == null",
    "d < e",
    "i != p",
    "at < seen",
    "n <= 999999999999",
]

KINDS = ["number", "number", "text", "date", "moment", "test", "test", "flag"]


def expressions(depth: int = 3) -> Text:
    """Return expressions of every kind."""
    return st.sampled_from(KINDS).flatmap(lambda kind: expression(kind, depth))
