"""Where a page ended, as an encrypted text bound to the reader and the query; no SQL here.

A cursor holds values of the last row, which the reader's rights may hide tomorrow, so it is never readable.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from formline.errors import FormlineError

_NONCE = 12


class CursorError(FormlineError):
    """A cursor of another reader, of another query, or no cursor at all."""

    code = "cursor"
    status = 400

    def __init__(self) -> None:
        """Use one text for all: a cursor tells nothing."""
        super().__init__("This page marker does not belong to this list.", hint="Start again from the first page.")


@dataclass(frozen=True, slots=True)
class Position:
    """The sort values and id of a row; ``None`` is an empty value (its null flag).

    ``backward``: the page before this row is wanted, not the one after.
    """

    values: tuple[Any, ...]
    backward: bool = False


class CursorBox:
    """Seals positions for one reader and one query; ``secret`` is 32 bytes of the site."""

    def __init__(self, secret: bytes, reader: str, query: str) -> None:
        """Bind to the reader (actor id) and the query's canonical text."""
        self._cipher = AESGCM(secret)
        self._context = hashlib.sha256(f"{reader}\n{query}".encode()).digest()

    def seal(self, position: Position) -> str:
        """Return the position as URL-safe text."""
        plain = orjson.dumps([position.backward, [_encode(value) for value in position.values]])
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, plain, self._context)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, text: str) -> Position:
        """Return the position sealed in ``text``; :class:`CursorError` where it is not ours."""
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._context)
        except (binascii.Error, InvalidTag, ValueError):
            raise CursorError from None
        backward, values = orjson.loads(plain)
        return Position(tuple(_decode(value) for value in values), backward)


_ENCODERS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (bool, "b", bool),
    (int, "i", str),  # JSON readers elsewhere may cut large numbers; ours is text
    (str, "s", str),
    (Decimal, "n", str),
    (datetime, "t", datetime.isoformat),
    (date, "d", date.isoformat),
    (UUID, "u", str),
)
_DECODERS: dict[str, Callable[[Any], Any]] = {
    "b": bool,
    "i": int,
    "s": str,
    "n": Decimal,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
}


def _encode(value: Any) -> list[Any] | None:
    if value is None:
        return None
    for kind, tag, encode in _ENCODERS:
        if isinstance(value, kind):
            return [tag, encode(value)]
    raise TypeError(f"{type(value).__name__} cannot be sorted by")


def _decode(pair: list[Any] | None) -> Any:
    return None if pair is None else _DECODERS[pair[0]](pair[1])
