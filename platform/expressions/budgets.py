"""Limits on the text of an expression, checked before and after Python's parser sees it; types are not."""

from __future__ import annotations

import ast

from formline.expressions.problems import ExpressionError, ExpressionProblem, problem

MAX_BYTES = 4096
MAX_DEPTH = 50
MAX_DIGITS = 30

_OPEN = {"(": ")", "[": "]", "{": "}"}


def check_text(source: str) -> None:
    """Refuse text that is too long, too deeply nested, or holds what no database keeps. Raises ExpressionError."""
    found = _text_problem(source)
    if found:
        raise ExpressionError([found])


def _text_problem(source: str) -> ExpressionProblem | None:
    if not source.strip():
        return problem("EXPR-EMPTY", "The expression is empty.", source, 0, len(source))
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        return problem("EXPR-TEXT", "The expression holds half a character.", source, error.start, error.end)
    if size > MAX_BYTES:
        hint = "move a part of it into a formula field"
        return problem("EXPR-LONG", f"The expression has {size} bytes; {MAX_BYTES} are allowed.", source, 0, 1, hint)
    if "\0" in source:
        at = source.index("\0")
        return problem("EXPR-TEXT", "The expression holds a NUL character.", source, at, at + 1)
    return _brackets(source)


def _brackets(source: str) -> ExpressionProblem | None:
    """Check that brackets close and nest at most MAX_DEPTH deep; texts in quotes are skipped."""
    waiting: list[tuple[str, int]] = []
    quote = ""
    skip = False
    for at, character in enumerate(source):
        if skip:
            skip = False
        elif quote:
            skip = character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _OPEN:
            waiting.append((_OPEN[character], at))
            if len(waiting) > MAX_DEPTH:
                return _too_deep(source, at)
        elif character in ")]}" and (not waiting or waiting.pop()[0] != character):
            return problem("EXPR-SYNTAX", f"This {character} closes nothing.", source, at, at + 1)
    if quote:
        return problem("EXPR-SYNTAX", "A text is not closed.", source, len(source) - 1, len(source), f"add {quote}")
    if waiting:
        closing, at = waiting[-1]
        hint = "in YAML, quote an expression that has a comma"
        return problem("EXPR-SYNTAX", f"{source[at]} is not closed by {closing}.", source, at, at + 1, hint)
    return None


def _too_deep(source: str, at: int) -> ExpressionProblem:
    hint = "move a part of it into a formula field"
    return problem("EXPR-DEEP", f"The expression nests deeper than {MAX_DEPTH}.", source, at, at + 1, hint)


def check_depth(tree: ast.AST, source: str) -> None:
    """Refuse trees deeper than MAX_DEPTH, so that no later step recurses without a limit. Raises ExpressionError."""
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level for child in ast.iter_child_nodes(node) if not isinstance(child, _FLAT)]
        if not level:
            return
    raise ExpressionError([_too_deep(source, 0)])


_FLAT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
