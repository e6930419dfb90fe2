"""Messages about values in the reader's language: field types and the Unit say them in English with the numbers in."""

from __future__ import annotations

import re
from functools import lru_cache

from formline.errors import FieldError
from formline.web.i18n import N_, language, texts
from formline.web.i18n import gettext as _

#: What field types say, word for word.
MESSAGES = (
    N_("Choose a record from the list."),
    N_("Enter a currency code such as EUR."),
    N_("Enter a date such as 2026-01-31."),
    N_("Enter a number such as 1234.56."),
    N_("Enter a number."),
    N_("Enter a whole number."),
    N_("Enter an address such as https://example.com."),
    N_("Enter date and time such as 2026-01-31 09:30."),
    N_("Enter digits such as +86 138 0013 8000, an extension after x."),
    N_("Enter one address such as name@example.com."),
    N_("Enter text."),
    N_("Enter yes or no."),
    N_("The number is too large: it must be below 1,000,000,000,000."),
    N_("The text has line breaks or invisible control characters."),
    N_("The year is out of range."),
)
#: Messages with something filled in, longer ones first; the translation has the same ``{}`` places.
PATTERNS = (
    N_("At most {} characters, this has {}."),
    N_("At least {} characters, this has {}."),
    N_("At most {} decimal places."),
    N_("At least {}."),
    N_("At most {}."),
    N_("Not before {}."),
    N_("Not after {}."),
    N_("The text does not match {}."),
    N_("There is no day {} in the calendar."),
)


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(re.escape(piece) for piece in pattern.split("{}")))


_COMPILED = tuple((pattern, _expression(pattern)) for pattern in PATTERNS)


def _by_code() -> dict[str, str]:
    """Return words for findings whose own text names the field in the base language: beside the input it is known."""
    return {
        "required": _("Fill this in."),
        "read_only": _("This cannot be changed here."),
        "read_only_in_state": _("This cannot be changed while the record is in its present state."),
        "not_visible": _("This does not apply here."),
        "not_writable": _("You may not change this."),
        "no_such_record": _("There is no such record."),
        "duplicate": _("Another record has this already."),
        "transition_not_allowed": _("You may not take this step."),
    }


def in_words(error: FieldError) -> str:
    """Return what is wrong in the language of the request."""
    return _by_code().get(error.code) or translated(error.message)


def translated(message: str) -> str:
    """Return a message in the language of the request."""
    return _translated(message, language())


@lru_cache(maxsize=2048)
def _translated(message: str, code: str) -> str:
    known = texts(code)
    found = known.gettext(message)
    if found != message:
        return found
    for pattern, expression in _COMPILED:
        match = expression.fullmatch(message)
        if match is not None:
            return known.gettext(pattern).format(*match.groups())
    return message
