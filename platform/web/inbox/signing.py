"""Signatures under decisions: strokes as one line of SVG, or a typed name; kept in the log as text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup

from formline.web.i18n import gettext as _

#: Moves and lines on a field of 600 by 180.
_STROKES = re.compile(r"(?:[ML]\d{1,3} \d{1,3} ?){2,}")
_LONGEST = 20_000
NAME = "name:"


def given(form: Mapping[str, str]) -> str:
    """Return the signature of a form: strokes, ``name:`` with what was typed, or "" for none."""
    drawn, typed = form.get("drawn", "").strip(), form.get("typed", "").strip()[:60]
    if drawn and len(drawn) <= _LONGEST and _STROKES.fullmatch(drawn):
        return drawn
    return f"{NAME}{typed}" if typed else ""


def markup(signature: str) -> Markup:
    """Return a signature as a picture, or as the name that was typed."""
    if signature.startswith(NAME):
        return Markup('<div class="signed">{}</div>').format(signature.removeprefix(NAME))
    if not _STROKES.fullmatch(signature):
        return Markup("")
    picture = '<svg class="signed" viewBox="0 0 600 180" role="img" aria-label="{}"><path d="{}"/></svg>'
    return Markup(picture).format(_("Signature"), signature)  # noqa: S704 - a constant; what is filled in is escaped
