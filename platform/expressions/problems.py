"""Errors of expressions: those found while compiling and those raised while evaluating; no check is made here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from formline.errors import FormlineError, Position, Problem


@dataclass(frozen=True, slots=True)
class ExpressionProblem(Problem):
    """A problem in ``source[offset:end]`` of an expression."""

    offset: int = 0
    end: int = 0


class ExpressionError(FormlineError):
    """An expression that cannot be compiled, or (its subclass) a value that cannot be calculated."""

    code = "expression"
    status = 422

    def __init__(self, problems: Iterable[ExpressionProblem]) -> None:
        """Keep all problems; the message is one line per problem."""
        self.problems = tuple(problems)
        first = self.problems[0] if self.problems else None
        super().__init__(
            "; ".join(problem.message for problem in self.problems),
            code=first.code if first else None,
            hint=first.hint if first else "",
        )


class EvaluationError(ExpressionError):
    """A result that does not exist for these values: too large, or an exchange rate is missing. Never null instead."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """Make the one problem of this value."""
        super().__init__([ExpressionProblem(code, message, hint)])


def problem(code: str, message: str, source: str, start: int, end: int, hint: str = "") -> ExpressionProblem:
    """Return a problem at ``source[start:end]``; its position counts lines and columns of the expression from 1."""
    line = source.count("\n", 0, start) + 1
    column = start - (source.rfind("\n", 0, start) + 1) + 1
    return ExpressionProblem(code, message, hint, Position("", line, column), offset=start, end=end)


def did_you_mean(name: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """Return a hint that names the nearest candidate, or ``otherwise``."""
    near = difflib.get_close_matches(name, sorted(candidates), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else otherwise
