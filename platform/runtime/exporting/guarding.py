"""Texts that a spreadsheet program would take for formulas: how they leave us and how they come back."""

from __future__ import annotations

#: A cell that begins with one of these is read as a formula by some program, the full-width ones by those for Chinese.
FORMULA_SIGNS = frozenset("=+-@\t\r\n＝＋－＠")
#: What is put in front; spreadsheet programs know it as "this is text".
PREFIX = "'"


def guard(text: str) -> str:
    """Return a text that no program takes for a formula; ``restore`` gives back exactly what it was."""
    return PREFIX + text if _is_formula(text) else text


def restore(text: str) -> str:
    """Return the text that ``guard`` was given; any other text stays as it is."""
    return text[1:] if text.startswith(PREFIX) and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip(PREFIX)[:1] in FORMULA_SIGNS
