"""PDF of HTML, made in a limited child process whose fetcher knows nothing but what it is given."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import orjson

from formline.errors import FormlineError
from formline.runtime.limited import LimitedError, run_limited

_CHILD = "formline.runtime.printing.pdf_child"
#: Processor time and memory of one document.
SECONDS = 10
MEGABYTES = 1536


class PrintError(FormlineError):
    """A document that could not be made: the message says which limit, or what the machine lacks."""

    code = "print"
    status = 422


def make_pdf(html: str, styles: str, assets: Mapping[str, bytes]) -> bytes:
    """Return the PDF of a document; ``asset:NAME`` in it is the picture of that name and nothing else is loaded.

    Raises:
        PrintError: it took too long or too much memory, or the machine lacks Pango.
    """
    encoded = {name: base64.b64encode(content).decode() for name, content in assets.items()}
    given = orjson.dumps({"html": html, "styles": styles, "assets": encoded})
    try:
        return run_limited(_CHILD, [], data=given, megabytes=MEGABYTES, seconds=SECONDS)
    except LimitedError as error:
        raise PrintError(f"The document could not be made. {error.message}") from error
