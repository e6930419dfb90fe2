"""What templates may not hold: the Content-Security-Policy would block it, or htmx would silently ignore it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted((ROOT / "platform").rglob("*.html")) + sorted((ROOT / "frontend/gallery").rglob("*.html"))
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "an htmx handler, which allowEval: false switches off": re.compile(r"\shx-on\b|\shx-vals\s*=\s*['\"]js:"),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped output": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_template_keeps_to_the_policy(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<p style='color: red'>", "an inline style"),
        ("<button onclick='x()'>", "an inline handler"),
        ("<a hx-on:click='x()'>", "an htmx handler, which allowEval: false switches off"),
        ("<script>x()</script>", "an inline script"),
        ("<a href='javascript:x()'>", "a javascript: address"),
        ("{{ name | safe }}", "unescaped output"),
    ],
)
def test_the_patterns_find_what_they_are_for(text: str, what: str) -> None:
    assert FORBIDDEN[what].search(text)
