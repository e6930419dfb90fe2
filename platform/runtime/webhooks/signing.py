"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and raw body; which secrets count is said elsewhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

PREFIX = "whsec_"
VERSION = "v1"
#: A message older or younger than this is a replay, or of a clock that is wrong.
TOLERANCE = timedelta(minutes=5)
ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def new_secret() -> str:
    """Return a new secret: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key a secret stands for: decoded where it has the standard's prefix, else its own bytes."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def sign(secret: str, identifier: str, seconds: int, body: bytes) -> str:
    """Return the signature of one message; ``seconds`` is its time since 1970."""
    content = f"{identifier}.{seconds}.".encode() + body
    return f"{VERSION},{base64.b64encode(hmac.digest(key_of(secret), content, hashlib.sha256)).decode()}"


def headers(live: Iterable[str], identifier: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a message signed with every live secret, so that a receiver may change its own in peace."""
    seconds = int(now.timestamp())
    signatures = " ".join(sign(secret, identifier, seconds, body) for secret in live)
    return {ID: identifier, TIME: str(seconds), SIGNATURE: signatures}


def verify(live: Iterable[str], identifier: str, time: str, given: str, body: bytes, now: datetime) -> bool:
    """Return whether one of the given signatures is that of a live secret, and the time is about now."""
    if not identifier or not time.isascii() or not time.isdigit() or len(time) > 12:
        return False
    if abs(now.timestamp() - int(time)) > TOLERANCE.total_seconds():
        return False
    wanted = [sign(secret, identifier, int(time), body).encode() for secret in live]
    offered = [each.encode() for each in given.split()[:10]]
    # Every pair is compared, so that the time it takes tells nothing.
    equal = [hmac.compare_digest(each, other) for each in wanted for other in offered]
    return any(equal)
