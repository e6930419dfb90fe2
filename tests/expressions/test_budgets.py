"""Hostile texts end in an error with a code, quickly, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.expressions.budgets import MAX_BYTES, MAX_DEPTH
from formline.expressions.compiler import compile_expression
from formline.expressions.environment import Env
from formline.expressions.problems import EvaluationError, ExpressionError, ExpressionProblem
from tests.expressions.world import WORLD


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("n + " * 2000 + "n", "EXPR-LONG"),
        ("文" * 1400, "EXPR-LONG"),
        ("(" * 60 + "n" + ")" * 60, "EXPR-DEEP"),
        ("-" * 4000 + "n", "EXPR-DEEP"),
        ("not " * 900 + "ok", "EXPR-DEEP"),
        ("n" + " + n" * 60, "EXPR-DEEP"),
        ("a" + ".a" * 1500, "EXPR-DEEP"),
        ("n if ok else " * 60 + "n", "EXPR-DEEP"),
        ("[" * 1500, "EXPR-DEEP"),
        ("1" * 31, "EXPR-NUMBER"),
        ("1" * 4000, "EXPR-NUMBER"),
        ("n\0", "EXPR-TEXT"),
        ("'\ud800'", "EXPR-TEXT"),
    ],
)
def test_texts_over_a_budget(source: str, code: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(source, WORLD, object="deal")
    assert raised.value.problems[0].code == code


def test_texts_within_the_budgets() -> None:
    assert compile_expression("(" * (MAX_DEPTH - 2) + "n" + ")" * (MAX_DEPTH - 2), WORLD, object="deal").type.is_number
    assert compile_expression(" and ".join(["ok"] * 400), WORLD, object="deal")
    assert len(" and ".join(["ok"] * 400)) < MAX_BYTES


_WORDS = ["n", "t", "ok", "d", "(", ")", "[", "]", ".", ",", "+", "-", "*", "/", "%", "<", "==", "'a'", '"', "1", "0.5"]
_WORDS += ["in", "not", "and", "or", "if", "else", "upper", "sum", "lines"]


def problems_of(source: str) -> tuple[ExpressionProblem, ...]:
    """Return what is wrong with a text; nothing, where it compiles."""
    try:
        compile_expression(source, WORLD, object="deal")
    except ExpressionError as error:
        return error.problems
    return ()


@given(st.text(max_size=80))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    for problem in problems_of(source):
        assert problem.code.startswith("EXPR-")
        assert 0 <= problem.offset <= problem.end <= len(source)


@given(st.lists(st.sampled_from(_WORDS)))
def test_any_words_compile_or_are_refused(words: list[str]) -> None:
    assert all(problem.message for problem in problems_of(" ".join(words)))


def test_no_text_grows_without_limit() -> None:
    """Each replace may make the text a hundred times longer; ten of them would fill the memory."""
    source = "t"
    for _ in range(10):
        source = f'replace({source}, "a", "{"a" * 100}")'
    evaluate = compile_expression(source, WORLD, object="deal").python
    with pytest.raises(EvaluationError) as raised:
        evaluate(Env({"t": "aaaa"}))
    assert raised.value.code == "EXPR-TOO-LONG"
