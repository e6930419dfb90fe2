"""The longest text a calculation may make; functions of text are in ``functions``."""

from __future__ import annotations

from formline.expressions.problems import EvaluationError

#: No function makes a longer text.
MAX_TEXT = 100_000


def short(text: str) -> str:
    """Return ``text``, or raise EvaluationError when it is too long."""
    if len(text) > MAX_TEXT:
        raise too_long()
    return text


def too_long() -> EvaluationError:
    """Return the error of a text that is, or would be, too long."""
    return EvaluationError("EXPR-TOO-LONG", f"A text in the calculation has more than {MAX_TEXT:,} characters.")
