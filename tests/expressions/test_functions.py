"""The registry: every function is explained, its example compiles, and every target has it."""

from __future__ import annotations

import re
import sqlite3

import pytest

from formline.expressions.calls import SPECIAL, WORDS
from formline.expressions.compiler import compile_expression
from formline.expressions.functions import FUNCTIONS, Function, register_sqlite_functions
from formline.expressions.types import DATE, DATETIME, NUMBER, TEXT
from tests.expressions.node_target import RUNTIME
from tests.expressions.world import WORLD

ALL = [function for functions in FUNCTIONS.values() for function in functions]
OPERATORS = {"add", "subtract", "multiply", "divide", "modulo", "negate", "join"}
VARIABLES = {
    "amount": NUMBER, "name": TEXT, "code": TEXT, "email": TEXT, "phone": TEXT, "start": DATE, "finish": DATE,
    "made_at": DATETIME, "seen_at": DATETIME,
}  # fmt: skip


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.key)
def test_every_function_is_explained_and_its_example_compiles(function: Function) -> None:
    assert function.summary.endswith(".")
    assert compile_expression(function.example, WORLD, object="deal", variables=VARIABLES)


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.key)
def test_every_function_is_in_the_browser_runtime(function: Function) -> None:
    exported = RUNTIME.read_text(encoding="utf-8")
    assert re.search(rf"export (const|function) {function.key}\b|\bas {function.key}\b", exported)


def test_sqlite_has_every_function_it_lacks_itself() -> None:
    connection = sqlite3.connect(":memory:")
    register_sqlite_functions(connection)
    known = {
        name for (name,) in connection.execute("SELECT name FROM pragma_function_list WHERE name LIKE 'formline_%'")
    }
    # Sums are SQLite's own, checked against the limit afterwards.
    assert {f"formline_{f.key}" for f in ALL if not f.sqlite} <= known


def test_sqlite_functions_give_null_where_python_raises() -> None:
    connection = sqlite3.connect(":memory:")
    register_sqlite_functions(connection)
    (found,) = connection.execute("SELECT formline_multiply(999999999999000000, 2000000)").fetchone()
    assert found is None
    (found,) = connection.execute("SELECT formline_upper(NULL)").fetchone()
    assert found is None


def test_there_are_enough_functions_and_their_names_are_reserved() -> None:
    assert len((set(FUNCTIONS) - OPERATORS) | set(SPECIAL)) >= 50
    assert {"sum", "any", "today", "upper", "this", "user"} <= WORDS


def test_the_browser_runtime_evaluates_no_text() -> None:
    source = RUNTIME.read_text(encoding="utf-8")
    assert not re.search(r"\beval\b|new Function|\bimport\b|\bfetch\b|\bDate\b|\bdocument\b|\bwindow\b", source)
