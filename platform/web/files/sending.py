"""Sending a stored file: whole or a range of it, in a shell of headers that lets a browser do nothing with it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import parse_range_header

from formline.fields.files import ACCEPTED
from formline.runtime.files import reading
from formline.web.rsgi import FileBody
from formline.web.visit import site

if TYPE_CHECKING:
    from formline.runtime.files.reading import StoredFile

#: Whatever a file holds, a browser that opens it runs nothing and loads nothing.
SANDBOX = "default-src 'none'; img-src 'self'; sandbox"
#: Media types by which a browser would take a file for a page: such files go out as bytes without a meaning.
MARKUP = ACCEPTED["html"] | ACCEPTED["xml"] | ACCEPTED["svg"]
PLAIN = "application/octet-stream"


def send(found: StoredFile, *, small: bool = False, inline: bool = False) -> Response:
    """Answer with a file the person may read; ``inline`` only for pictures that were made by us.

    The right to read it was asked for this request, so a browser may keep the bytes but must ask again.
    """
    path = reading.on_disk(site(), found, small=small)
    size = path.stat().st_size
    etag = f'"{found.id}{"-small" if small else ""}"'
    media_type = "image/png" if small else PLAIN if found.media_type in MARKUP else found.media_type
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": disposition("inline" if inline else "attachment", found.name),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "ETag": etag,
        "Accept-Ranges": "bytes",
    }
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers)
    span = _span(size, etag)
    if span == ():
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = span or (0, size)
    headers["Content-Length"] = str(end - start)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        return Response(status=206 if span else 200, headers=headers)
    body = FileBody(open(str(path), "rb"), span=span or None)  # noqa: SIM115 - the bridge wants a name; it closes it
    return Response(body, status=206 if span else 200, headers=headers, direct_passthrough=True)


def _span(size: int, etag: str) -> tuple[int, int] | tuple[()] | None:
    """Return the one range asked for, None for the whole file, () for a range that the file does not have."""
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    return asked.range_for_length(size) or ()


def disposition(word: str, name: str) -> str:
    """Return the header with the name twice: in ASCII for the old, in UTF-8 for everybody else."""
    ascii_name = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\' else "_" for sign in name)
    return f"{word}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
