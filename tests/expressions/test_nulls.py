"""Null propagates through values; a condition is true or false. The same in Python, both databases and JavaScript."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from formline.expressions.compiler import compile_expression
from formline.expressions.environment import Env
from tests.expressions.agreement import Targets
from tests.expressions.node_target import NodeTarget
from tests.expressions.rows import Rows
from tests.expressions.world import WORLD

# (source, its value on a record of nulls)
CASES = [
    ("n + 1", None),
    ("-n", None),
    ("upper(t)", None),
    ('t + "x"', None),
    ("max(n, 1)", None),
    ("len(t)", None),
    ("d + days(1)", None),
    ("1 + null", None),
    ("n < 1", False),
    ("n >= n", False),
    ("not n < 1", True),
    ("n == null", True),
    ("n != null", False),
    ("n == p", True),
    ("n == 1", False),
    ("n != 1", True),
    ("n < null", False),
    ("null == null", True),
    ('t in ["a", "b"]', False),
    ('t not in ["a", "b"]', True),
    ('t in ["a", null]', True),
    ('"red" in tags', False),
    ('"red" not in tags', True),
    ("count(tags)", 0),
    ('contains(t, "")', False),
    ('not contains(t, "")', True),
    ("contains(t, t)", False),
    ("ok", None),
    ("ok == false", False),
    ("ok and true", False),
    ("not ok", True),
    ("not not ok", False),
    ("ok or flag", False),
    ("1 if ok else 2", 2),
    ("coalesce(n, p, 7)", 7),
    ("coalesce(ok, true)", True),
    ("is_empty(t)", True),
    ("between(n, 0, 1)", False),
    ("customer.level", None),
    ("customer == null", True),
    ("owner == user", False),
    ('concat(t, "x")', "x"),
    ("text(n)", None),
    ("null if ok else null", None),
    ("(n < 1) == null", False),
    ("(ok if false else null) == (not ok)", False),
]
SOURCES = [source for source, _ in CASES]
NOTHING = Env({}, paths={("customer", "level"): None}, user={"id": "somebody"})


@pytest.mark.parametrize(("source", "expected"), CASES, ids=SOURCES)
def test_nulls(source: str, expected: object) -> None:
    assert compile_expression(source, WORLD, object="deal").python(NOTHING) == expected


def test_nulls_are_the_same_everywhere(
    rows: Rows, sqlite_world: Connection, postgresql_world: Connection, node: NodeTarget
) -> None:
    targets = Targets(rows, {"sqlite": sqlite_world, "postgresql": postgresql_world}, node, ZoneInfo("UTC"))
    assert "\n".join(targets.disagreements(SOURCES)) == ""
