"""Every mistake has its code, points at the characters concerned and says how to mend it."""

from __future__ import annotations

import pytest

from formline.expressions.compiler import compile_expression
from formline.expressions.problems import ExpressionError
from formline.expressions.types import DATE, NUMBER
from tests.expressions.world import STAGE, WORLD

# (source, code, the characters it points at, a part of the hint)
CASES = [
    ("nn > 3", "EXPR-NAME", "nn", ""),
    ("custmer.level", "EXPR-NAME", "custmer.level", "did you mean customer?"),
    ("customer.levle", "EXPR-NAME", "customer.levle", "did you mean level?"),
    ("today > d", "EXPR-NAME", "today", "write today()"),
    ("submitter.name", "EXPR-ROOT", "submitter.name", "roots of this place: old, this, user"),
    ("setting.larg", "EXPR-SETTING", "setting.larg", ""),
    ("t.level", "EXPR-PATH", "t.level", "only lookups lead on"),
    ("related.level", "EXPR-PATH", "related.level", ""),
    ("price.base", "EXPR-PATH", "price.base", ""),
    ("upper(t).x", "EXPR-PATH", "upper(t)", "write customer.level"),
    ("lines", "EXPR-MANY", "lines", "sum(lines.amount)"),
    ("lines.amount > 3", "EXPR-MANY", "lines.amount", "sum(lines.amount)"),
    ("uper(t)", "EXPR-FUNCTION", "uper", "did you mean upper?"),
    ("add(n, 1)", "EXPR-FUNCTION", "add", ""),
    ("upper(n)", "EXPR-TYPE", "upper(n)", "as in upper(name)"),
    ("upper()", "EXPR-COUNT", "upper()", ""),
    ("round(n, 1, 2)", "EXPR-COUNT", "round(n, 1, 2)", ""),
    ("today(1)", "EXPR-COUNT", "today(1)", ""),
    ("round(n, i)", "EXPR-LITERAL", "round(n, i)", "round(amount, 2)"),
    ("round(n, 7)", "EXPR-LITERAL", "round(n, 7)", "round(amount, 2)"),
    ('pad(t, 5, "00")', "EXPR-LITERAL", 'pad(t, 5, "00")', "pad(code"),
    ("tiers(n, 100, 2, 0, 3)", "EXPR-LITERAL", "tiers(n, 100, 2, 0, 3)", "tiers(amount"),
    ("tiers(n, 0, 2, 100)", "EXPR-LITERAL", "tiers(n, 0, 2, 100)", "tiers(amount"),
    ("date(2026, 2, 30)", "EXPR-LITERAL", "date(2026, 2, 30)", "date(2026, 12, 31)"),
    ("999999999999 * 2 > n", "EXPR-TOO-LARGE", "", ""),
    ("n + t", "EXPR-TYPE", "n + t", "concat"),
    ("d + 3", "EXPR-TYPE", "d + 3", "days(3)"),
    ("d + hours(3)", "EXPR-TYPE", "d + hours(3)", "a date has no hours"),
    ("at + months(1)", "EXPR-TYPE", "at + months(1)", "date_of"),
    ("days(3)", "EXPR-TYPE", "days(3)", "add it to a date"),
    ("n * days(3)", "EXPR-TYPE", "n * days(3)", ""),
    ("n == t", "EXPR-TYPE", "n == t", ""),
    ("d > at", "EXPR-TYPE", "d > at", "date_of"),
    ('d > "2026-01-01"', "EXPR-TYPE", 'd > "2026-01-01"', "date(2026, 12, 31)"),
    ('customer == "x"', "EXPR-TYPE", 'customer == "x"', "company.code"),
    ("owner == customer", "EXPR-TYPE", "owner == customer", ""),
    ("owner < user", "EXPR-TYPE", "owner < user", "in [...]"),
    ('stage < "won"', "EXPR-TYPE", 'stage < "won"', "in [...]"),
    ('stage == "wno"', "EXPR-CHOICE", 'stage == "wno"', "did you mean won?"),
    ('stage in ["won", "lots"]', "EXPR-CHOICE", '["won", "lots"]', "did you mean lost?"),
    ('"rde" in tags', "EXPR-CHOICE", '"rde"', "did you mean red?"),
    ("not n", "EXPR-TYPE", "n", "amount > 0"),
    ("ok and n", "EXPR-TYPE", "n", "amount > 0"),
    ("t if ok else n", "EXPR-TYPE", "t if ok else n", "both sides"),
    ("coalesce(t, n)", "EXPR-TYPE", "coalesce(t, n)", ""),
    ("t in u", "EXPR-TYPE", "u", "contains"),
    ("n is null", "EXPR-SYNTAX", "n is null", "== null"),
    ("n = 3", "EXPR-SYNTAX", "=", "write =="),
    ("ok && flag", "EXPR-SYNTAX", "&&", "write and"),
    ("!ok", "EXPR-SYNTAX", "!", "write not"),
    ("ok || flag", "EXPR-SYNTAX", "||", "write or"),
    ("n ** 2", "EXPR-SYNTAX", "n ** 2", "use + - * / %"),
    ("n // 2", "EXPR-SYNTAX", "n // 2", "use + - * / %"),
    ("~i", "EXPR-SYNTAX", "~i", ""),
    ("min(a, b", "EXPR-SYNTAX", "(", "quote"),
    ("n)", "EXPR-SYNTAX", ")", ""),
    ("'abc", "EXPR-SYNTAX", "c", "add '"),
    ("n +", "EXPR-SYNTAX", "+", ""),
    ("n n", "EXPR-SYNTAX", "n", ""),
    ("", "EXPR-EMPTY", "", ""),
    ("  \n", "EXPR-EMPTY", "  \n", ""),
    ("[n, p]", "EXPR-SYNTAX", "[n, p]", "allowed are"),
    ("{'a': 1}", "EXPR-SYNTAX", "{'a': 1}", "allowed are"),
    ("lambda: n", "EXPR-SYNTAX", "lambda: n", "allowed are"),
    ("[x for x in t]", "EXPR-SYNTAX", "[x for x in t]", "allowed are"),
    ("(n := 3)", "EXPR-SYNTAX", "n := 3", "allowed are"),
    ("f'{t}'", "EXPR-SYNTAX", "f'{t}'", "allowed are"),
    ("b'a'", "EXPR-SYNTAX", "b'a'", "write a text"),
    ("...", "EXPR-SYNTAX", "...", "write a text"),
    ("t[0]", "EXPR-SYNTAX", "t[0]", "allowed are"),
    ("round(n, places=2)", "EXPR-SYNTAX", "round(n, places=2)", ""),
    ("concat(*t)", "EXPR-SYNTAX", "concat(*t)", ""),
    ("t.upper()", "EXPR-SYNTAX", "t.upper()", "write upper(name)"),
    ("0x10 > n", "EXPR-NUMBER", "0x10", "write numbers"),
    ("1e5 > n", "EXPR-NUMBER", "1e5", "write numbers"),
    ("1_000 > n", "EXPR-NUMBER", "1_000", "write numbers"),
    ("2j", "EXPR-NUMBER", "2j", "write numbers"),
    ("0.0000001 < n", "EXPR-NUMBER", "0.0000001", "write numbers"),
    ("1000000000000 > n", "EXPR-NUMBER", "1000000000000", "write numbers"),
    ("'a\\0b' == t", "EXPR-TEXT", "'a\\0b'", ""),
    ("'\\ud800' == t", "EXPR-TEXT", "'\\ud800'", ""),
    ("changed(customer.level)", "EXPR-CHANGED", "changed(customer.level)", "changed(stage)"),
    ("has_role(user, t)", "EXPR-LITERAL", "has_role(user, t)", 'has_role(user, "sales")'),
    ('has_role(customer, "x")', "EXPR-TYPE", 'has_role(customer, "x")', 'has_role(user, "sales")'),
    ("within(region, owner)", "EXPR-TYPE", "within(region, owner)", ""),
    ("within(t, user.regions)", "EXPR-TYPE", "within(t, user.regions)", "within(region, user.regions)"),
    ("convert(price, t)", "EXPR-LITERAL", "convert(price, t)", "EUR"),
    ('convert(t, "EUR")', "EXPR-TYPE", 'convert(t, "EUR")', "EUR"),
    ("sum(n)", "EXPR-ONE", "n", "sum(lines.amount)"),
    ("sum(lines)", "EXPR-ONE", "sum(lines)", "sum(lines.amount)"),
    ("sum(lines.label)", "EXPR-TYPE", "sum(lines.label)", "sum(lines.amount)"),
    ("sum(lines, label)", "EXPR-TYPE", "sum(lines, label)", ""),
    ("any(lines.done)", "EXPR-ONE", "any(lines.done)", "any(lines, product.active)"),
    ("all(lines)", "EXPR-COUNT", "all(lines)", "all(lines, done)"),
    ("any(lines, amont > 3)", "EXPR-NAME", "amont", "did you mean amount?"),
    ("count(lines, done, done)", "EXPR-COUNT", "count(lines, done, done)", ""),
    ("date_of(d)", "EXPR-TYPE", "date_of(d)", ""),
]


@pytest.mark.parametrize(("source", "code", "points_at", "hint"), CASES, ids=[case[0] for case in CASES])
def test_mistakes(source: str, code: str, points_at: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(source, WORLD, object="deal")
    (problem,) = raised.value.problems
    assert problem.code == code
    assert source[problem.offset : problem.end] == points_at
    assert hint in problem.hint
    assert problem.message.endswith(".")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression('uper(t) == "a" and nn > 3 and stage == "wno"', WORLD, object="deal")
    assert [problem.code for problem in raised.value.problems] == ["EXPR-FUNCTION", "EXPR-NAME", "EXPR-CHOICE"]


def test_positions_count_characters_and_lines_not_bytes() -> None:
    source = 't == "中文" and\n  nn > 3'
    with pytest.raises(ExpressionError) as raised:
        compile_expression(source, WORLD, object="deal")
    (problem,) = raised.value.problems
    assert source[problem.offset : problem.end] == "nn"
    assert problem.position is not None
    assert (problem.position.line, problem.position.column) == (2, 3)


def test_the_value_must_fit_what_is_expected() -> None:
    with pytest.raises(ExpressionError, match="gives a text; a date is wanted"):
        compile_expression("t", WORLD, object="deal", expects=DATE)
    with pytest.raises(ExpressionError, match="none of the choices"):
        compile_expression('"closed"', WORLD, object="deal", expects=STAGE)
    assert compile_expression("price", WORLD, object="deal", expects=NUMBER).type.is_number
    assert compile_expression("null", WORLD, object="deal", expects=DATE).python


@pytest.mark.parametrize("source", ["d < today()", "now() > at", "owner == user", 'has_role(user, "x")'])
def test_stored_values_may_not_change_by_themselves(source: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(source, WORLD, object="deal", stored=True)
    assert raised.value.problems[0].code == "EXPR-VOLATILE"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"find": "user", "when": "true"}, "EXPR-FIND"),
        ({"find": "user", "exists": "user"}, "EXPR-FIND"),
        ({"where": "true"}, "EXPR-FIND"),
        ({"exists": "user", "value": "name"}, "EXPR-FIND"),
        ({"find": "nobody"}, "EXPR-OBJECT"),
        ({"find": "line", "value": "sum(amount) + amount"}, "EXPR-ONE"),
        ({"find": "user", "where": "nme == this.t"}, "EXPR-NAME"),
        ({"find": "user", "sort": ["tags"]}, "EXPR-TYPE"),
    ],
)
def test_mistakes_in_a_find(spec: dict[str, object], code: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(spec, WORLD, object="deal")
    assert raised.value.problems[0].code == code
