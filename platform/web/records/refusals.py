"""Why something was refused, in one sentence of the reader's language, for scripts that show it in a toast."""

from __future__ import annotations

from flask import Response, jsonify

from formline.catalog.objects import Object
from formline.errors import FieldError, FormlineError, ValidationError
from formline.web.error_pages import page_for
from formline.web.value_messages import in_words
from formline.web.visit import Visit


def reason(visit: Visit, obj: Object, error: FormlineError) -> str:
    """Return the reason; of a validation every finding once, each with its field's label."""
    if not isinstance(error, ValidationError):
        words = page_for(error.status)
        return f"{words.title}. {words.mend}"
    return " ".join(dict.fromkeys(finding(visit, obj, each) for each in error.errors))


def finding(visit: Visit, obj: Object, error: FieldError) -> str:
    """Return one finding: ``Amount: Fill this in.``; a rule's own message stands for itself."""
    rule = next((rule for rule in obj.rules if rule.name == error.code), None)
    if rule is not None and all(isinstance(piece, str) for piece in rule.message):
        return visit.labels.rule_message(obj, rule.name, error.message)
    field = obj.fields.get(error.field)
    return f"{visit.labels.field(field)}: {in_words(error)}" if field is not None else in_words(error)


def refusal(visit: Visit, obj: Object, error: FormlineError) -> tuple[Response, int]:
    """Return ``{"detail": reason}`` with the error's status."""
    return jsonify(detail=reason(visit, obj, error)), error.status
