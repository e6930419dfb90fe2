"""The JavaScript target as text: what it may hold, and what only the server evaluates."""

from __future__ import annotations

import pytest

from formline.expressions.compiler import compile_expression
from formline.expressions.problems import ExpressionError
from tests.expressions.node_target import NodeTarget
from tests.expressions.world import WORLD


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('convert(price, "EUR") > 5', "it needs exchange rates"),
        ("within(region, user.regions)", "it needs a tree"),
        ({"exists": "line", "where": "deal == this"}, "it looks up other records"),
    ],
)
def test_only_the_server_evaluates(source: str, reason: str) -> None:
    expression = compile_expression(source, WORLD, object="deal")
    assert expression.browser_problem == reason
    with pytest.raises(ExpressionError) as raised:
        expression.javascript()
    assert raised.value.code == "EXPR-BROWSER"


def test_a_where_about_other_rows_is_not_for_the_browser() -> None:
    assert compile_expression("done", WORLD, object="deal", where_of="line").browser_problem == "it is about other rows"


def test_literals_cannot_leave_their_quotes() -> None:
    body = compile_expression('t == "</script>\\u2028\\"; alert(1); \\""', WORLD, object="deal").javascript()
    assert '"</script>\\u2028\\"; alert(1); \\""' in body


def test_numbers_are_exact() -> None:
    body = compile_expression("n + 0.1 == 0.3", WORLD, object="deal").javascript()
    assert body == 'return f.equal(f.add(f.readNumber(r["n"]), 100000n), 300000n);'


def test_reading_and_showing_in_the_browser(node: NodeTarget) -> None:
    bodies = [
        'return f.showNumber(f.readNumber("-12.50"));',
        "return f.showNumber(f.readNumber(7));",
        'return f.showMoment(f.readMoment("2026-06-15T18:30:00.5+02:00"));',
        'return f.showMoment(f.readMoment("0001-01-01T00:00:00Z"));',
        'return f.showMoment(f.readMoment("9999-12-31T23:59:59.999999Z"));',
        'return f.readNumber("");',
        'return f.readNumber("1e5");',
        'return f.readMoment("2026-06-15T18:30:00");',
    ]
    from formline.expressions.environment import Env

    node.give([Env({})])
    assert [cell for (cell,) in node.evaluate(bodies)] == [
        {"value": "-12.5"},
        {"value": "7"},
        {"value": "2026-06-15T16:30:00.500000Z"},
        {"value": "0001-01-01T00:00:00.000000Z"},
        {"value": "9999-12-31T23:59:59.999999Z"},
        {"value": None},
        {"error": "EXPR-VALUE"},
        {"error": "EXPR-VALUE"},
    ]
