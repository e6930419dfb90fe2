"""Compressing the text of answers on its way out; files on disk are sent as the build compressed them.

The length of a compressed page could tell, over many tries, a secret that stands in it beside what was sent. Session
cookies go with no request of another site but opening a page, and each answer here is longer by a random number of
bytes, so that one length says nothing.
"""

from __future__ import annotations

import secrets
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

Headers = Sequence[tuple[str, str]]

#: Bytes below which an answer fits into one packet anyway.
LEAST = 1_400
#: Media types that become small.
KINDS = frozenset({"text/html", "text/plain", "text/csv", "application/json", "application/problem+json"})
#: One third of the time of zlib's own choice, and a tenth more bytes.
LEVEL = 2
#: Random bytes at the most.
PADDING = 100
_MAGIC, _DEFLATE, _NAMED, _UNKNOWN = b"\x1f\x8b", 8, 8, 255


def compressed(environ: Mapping[str, Any], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Return an answer's headers and body, as gzip where the browser takes that and it is worth it.

    The names of ``headers`` are in small letters.
    """
    present = dict(headers)
    kind = present.get("content-type", "").partition(";")[0]
    if len(body) < LEAST or kind not in KINDS or "content-encoding" in present:
        return headers, body
    asked = [*headers, ("vary", "Accept-Encoding")]
    if "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return asked, body
    packed = gzipped(body)
    kept = [(name, value) for name, value in asked if name != "content-length"]
    return [*kept, ("content-encoding", "gzip"), ("content-length", str(len(packed)))], packed


def gzipped(body: bytes) -> bytes:
    """Return a gzip file whose name, which nobody reads, has a random length."""
    head = struct.pack("<2sBBLBB", _MAGIC, _DEFLATE, _NAMED, 0, 0, _UNKNOWN)
    name = b"x" * secrets.randbelow(PADDING + 1)
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(body) + packer.flush()
    return b"".join((head, name, b"\0", data, struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)))
