"""Messages about values in the reader's language: field types and the Unit say them in English with the numbers in."""

from __future__ import annotations

import re
from functools import lru_cache

from formline.errors import FieldError
from formline.web.i18n import N_, language, texts
from formline.web.i18n import gettext as _

#: What field types say, word for word.
MESSAGES = (
    N_("Only one file fits here."),
    N_("This kind of file is not taken here."),
    N_("Upload a file first, then give its id."),
    N_("Upload the file again; this one is not there."),
    N_("Choose a country from the list."),
    N_("Choose a record from the list."),
    N_("Choose a region from the list."),
    N_("Code 128 has only ASCII characters."),
    N_("Enter a JSON object or list."),
    N_("Enter a color such as #1f6feb."),
    N_("Enter a currency code such as EUR."),
    N_("Enter a date such as 2026-01-31."),
    N_("Enter a family name and a given name."),
    N_("Enter a number such as 1234.56."),
    N_("Enter a number."),
    N_("Enter a time of day such as 09:30."),
    N_("Enter a time span such as 1h 30m."),
    N_("Enter a whole number."),
    N_("Enter an address by its parts, such as city and street."),
    N_("Enter an address such as https://example.com."),
    N_("Enter date and time such as 2026-01-31 09:30."),
    N_("Enter digits such as +86 138 0013 8000, an extension after x."),
    N_("Enter latitude and longitude such as 22.543096, 114.057865."),
    N_("Enter one address such as name@example.com."),
    N_("Enter tags with commas between."),
    N_("Enter text."),
    N_("Enter yes or no."),
    N_("The JSON is nested too deeply."),
    N_("The number is too large: it must be below 1,000,000,000,000."),
    N_("The text has line breaks or invisible control characters."),
    N_("The time span is negative or longer than a hundred years."),
    N_("The year is out of range."),
    N_("There is no such barcode."),
    N_("Nothing is left to convert."),
    N_("Nothing would be made of this record."),
    N_("This record cannot be converted as it is now."),
    N_("This value cannot be taken."),
)
#: Messages with something filled in, longer ones first; the translation has the same ``{}`` places.
PATTERNS = (
    N_("At most {} characters, this has {}."),
    N_("At least {} characters, this has {}."),
    N_("At most {} decimal places."),
    N_("At least {}."),
    N_("At most {}."),
    N_("Enter a number from 0 to {}."),
    N_("Merge 2 to {} different records."),
    N_("{} cannot be merged."),
    N_("Not before {}."),
    N_("Not after {}."),
    N_("At most {} tags, these are {}."),
    N_("Enter {} digits."),
    N_("The check digit is wrong: it should be {}."),
    N_("The text does not match {}."),
    N_("This is no JSON: look at {}."),
    N_("There is no day {} in the calendar."),
    N_("{} is not a date written as {}."),
    N_("{}: one person has {} {} at most."),
    N_("{}: one person claims {} a day at most."),
    N_("{}: who had it before can have it again from {}."),
    N_("{}: the heading {} stands twice."),
    N_("{}: row {} has no headings."),
    N_("{}: files of the form {} cannot be imported."),
    N_("{}: its text is not in the encoding {}; save it as UTF-8."),
    N_("{}: it unpacks to far more than a workbook should."),
    N_("{}: it is damaged; open it and save it again as xlsx."),
    N_("{}: it has more than {} rows; split it."),
    N_("{}: It went over the limits."),
    N_("{}: It took too long to read."),
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
        "not_offered": _("This record is not one of those that can be chosen here."),
        "choice_of_type": _("This choice is not offered here."),
        "choice_of_parent": _("This choice is not offered here."),
        "choice_not_offered": _("This choice is not offered here."),
        "duplicate": _("Another record has this already."),
        "duplicate_record": _("There is already a record like this."),
        "possible_duplicate": _("There may already be a record like this."),
        "lookup_missing": _("There is no such record."),
        "lookup_ambiguous": _("Several records are called this."),
        "circle": _("The rows that this one names lead back to it."),
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
