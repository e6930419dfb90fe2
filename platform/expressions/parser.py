"""Text to Python's syntax tree, with places as offsets in the text and numbers as written; names mean nothing yet."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from decimal import Decimal

from formline.expressions.budgets import MAX_DIGITS, check_depth, check_text
from formline.expressions.numbers import LIMIT, PLACES
from formline.expressions.problems import ExpressionError, ExpressionProblem, problem

_NUMBER = re.compile(r"[0-9]+(\.([0-9]+))?|\.([0-9]+)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_WORDS = ((r"(?<![=!<>])=(?!=)", "==", "="), (r"&&", "and", "&&"), (r"\|\|", "or", "||"), (r"!(?!=)", "not", "!"))
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A syntax tree with the text it was made of; ``lines`` are the offsets at which the text's lines start."""

    tree: ast.expr
    source: str
    lines: tuple[int, ...]

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Return the start and end of ``node`` as character offsets in the text."""
        start = self._offset(node.lineno, node.col_offset)
        return start, max(start, self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset))

    def _offset(self, line: int, column: int) -> int:
        """Turn Python's line and column (in bytes, one bracket added before the text) into an offset in characters."""
        start = self.lines[line - 1] if line <= len(self.lines) else len(self.source)
        before = self.source[start:].encode()[: max(column - (line == 1), 0)]
        return start + len(before.decode(errors="ignore"))

    def problem(self, code: str, message: str, node: ast.expr, hint: str = "") -> ExpressionProblem:
        """Return a problem at ``node``."""
        start, end = self.span(node)
        return problem(code, message, self.source, start, end, hint)

    def number(self, node: ast.Constant) -> Decimal:
        """Return the number as written, exactly. Raises ExpressionError for forms and sizes that are not allowed."""
        start, end = self.span(node)
        text = self.source[start:end]
        message = _number_fault(text)
        if message:
            raise ExpressionError([self.problem("EXPR-NUMBER", message, node, "write numbers as 1200 or 12.50")])
        return Decimal(text)


def parse(source: str) -> Parsed:
    """Parse one expression; it may span lines. Raises ExpressionError (EXPR-SYNTAX, -LONG, -DEEP, -EMPTY, -TEXT)."""
    check_text(source)
    lines = (0, *(found.end() for found in _LINE_END.finditer(source)))
    try:
        tree = ast.parse(f"({source}\n)", mode="eval").body
    except SyntaxError as error:
        raise ExpressionError([_syntax_problem(source, lines, error)]) from None
    except (MemoryError, RecursionError, ValueError):
        raise ExpressionError([problem("EXPR-DEEP", "The expression nests too deep.", source, 0, 1)]) from None
    check_depth(tree, source)
    return Parsed(tree, source, lines)


def _syntax_problem(source: str, lines: tuple[int, ...], error: SyntaxError) -> ExpressionProblem:
    line = max(error.lineno or 1, 1)
    at = len(source.rstrip()) - 1  # past the last line: something is missing at the end
    if line <= len(lines):
        at = min(max(lines[line - 1] + (error.offset or 1) - 1 - (line == 1), 0), at)
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), source)
    for pattern, right, wrong in _WORDS:
        if found := re.search(pattern, bare):
            message = f"{wrong} is not an operator here."
            return problem("EXPR-SYNTAX", message, source, found.start(), found.end(), f"write {right}")
    return problem("EXPR-SYNTAX", "The expression cannot be read here.", source, at, at + 1)


def _number_fault(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if not found:
        return f"{text} is not a number this language knows."
    if len(text) > MAX_DIGITS:
        return f"The number has more than {MAX_DIGITS} digits."
    if len(found[2] or found[3] or "") > PLACES:
        return f"The number has more than {PLACES} decimal places."
    return "" if Decimal(text) < LIMIT else f"The number is not below {LIMIT:,}."
