"""Mistakes people make in definitions are named, placed and answered with a hint; the tables stand beside."""

from __future__ import annotations

import pytest

from formline.metadata import checks
from formline.metadata.kinds import SUPPORTED
from tests.metadata import mistakes_of_form, mistakes_of_meaning

CASES = (*mistakes_of_form.CASES, *mistakes_of_meaning.CASES)


@pytest.mark.parametrize(("name", "text", "expected", "hint"), CASES, ids=[case[0] for case in CASES])
def test_a_mistake_is_named_and_placed(name: str, text: str, expected: str, hint: str) -> None:
    problems = checks.check_text(text, "f").problems
    found = [f"{problem.code} {str(problem.position)[2:]}" for problem in problems if hint in problem.hint]
    assert expected in found, "\n".join(map(str, problems))


def test_the_table_has_many_kinds_of_mistake() -> None:
    assert len({case[0] for case in CASES}) >= 80
    assert len({case[2].split(" ")[0] for case in CASES}) >= 45


def test_every_mistake_is_reported_at_once() -> None:
    text = (
        "kind: object\nname: customer\nlable: Customer\nfields:\n  class: {type: text}\n"
        "  Name: {type: txt, if: x}\n  best: {type: formula, expression: min(a, b)}\n"
        "  id: {type: text, required: yes}\n"
    )
    assert [problem.code for problem in checks.check_text(text, "customer.yaml").problems] == [
        "unknown-key",
        "keyword-name",
        "bad-name",
        "unknown-value",
        "condition-word",
        "cut-expression",
        "system-field",
        "wrong-type",
    ]


def test_a_problem_is_one_line_with_place_code_message_and_hint() -> None:
    text = "kind: object\nname: customer\nlable: Customer\n"
    line = 'objects/customer.yaml:3:1  unknown-key  "lable" is not a key of an object.  (did you mean "label"?)'
    assert [str(problem) for problem in checks.check_text(text, "objects/customer.yaml").problems] == [line]


@pytest.mark.parametrize("kind", SUPPORTED)
@pytest.mark.parametrize("rest", ["", "extends: a", "states: 1", "items: [1, {}, [[]]]", "columns: {a: [1]}", "of: []"])
def test_a_broken_definition_is_reported_and_breaks_nothing(kind: str, rest: str) -> None:
    problems = checks.check_text(f"kind: {kind}\nname: a\nnonsense: 1\n{rest}\n", "a.yaml").problems
    assert "unknown-key" in {problem.code for problem in problems}
