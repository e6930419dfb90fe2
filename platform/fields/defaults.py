"""What a default or a value set by a state means: a literal, an expression or a find, decided by the field's type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.fields.moment import is_date


def default_of(field: Field) -> Any:
    """Return the field's default: None, a typed literal, or a compiled expression or find."""
    return value_of(field, field.params.get("default"))


def value_of(field: Field, raw: Any) -> Any:
    """Return what ``raw`` means for a field: a typed literal, or a compiled :class:`Expression`.

    Raises :class:`ValueProblem` where a literal does not fit, ExpressionError where text is no expression.
    """
    if raw is None:
        return None
    source = expression_source(field, raw)
    if source is None:
        return field.type.parse(field, raw)
    return field.catalog.compile(source, object=field.object, expects=field.value_type)


def expression_source(field: Field, raw: Any) -> str | Mapping[str, Any] | None:
    """Return the expression or find in ``raw``, None where it is a literal."""
    if isinstance(raw, Mapping):
        if "find" in raw or "exists" in raw:
            return raw
        expression = raw.get("expression")
        return expression if isinstance(expression, str) else None
    if not isinstance(raw, str) or field.type.literal_text:
        return None
    if field.type.name in ("choice", "multi_choice", "state") and raw in field.choices:
        return None
    if field.type.name in ("date", "datetime") and is_date(raw[:10]):
        return None
    return raw


def fits(field: Field, value: Any) -> str:
    """Return why a literal does not fit a field, or ""."""
    try:
        parsed = field.type.parse(field, value)
    except ValueProblem as problem:
        return problem.message
    found = [] if parsed is None else list(field.type.validate(field, parsed))
    return found[0][1] if found else ""
