"""Secret keys of a site: one master secret, a key derived per purpose; what keys are used for lives elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from formline.errors import FormlineError
from formline.settings import Settings

FILE = "secret.key"
_SHORTEST = 32


class SecretKeyError(FormlineError):
    """The master key is missing or too weak; the message names the command or setting."""

    code = "secret_key"


class KeyRing:
    """Keys by purpose (``session``, ``cursor``, ``secrets``); each is 32 bytes and tells nothing about the others."""

    def __init__(self, master: bytes) -> None:
        """Keep the master secret, at least 32 bytes."""
        if len(master) < _SHORTEST:
            raise SecretKeyError("The master key is shorter than 32 characters.", hint="run `formline init`")
        self._master = master

    def key(self, purpose: str) -> bytes:
        """Return the 32-byte key of a purpose."""
        return hmac.new(self._master, b"formline/" + purpose.encode(), hashlib.sha256).digest()


def key_file(settings: Settings) -> Path:
    """Return where ``init`` keeps the master key."""
    return settings.data_dir / FILE


def make_key(settings: Settings) -> bool:
    """Write a new master key, readable by its owner only, unless there is one; return whether it was made."""
    file = key_file(settings)
    if settings.secret_key or file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(48))
    return True


def load_keys(settings: Settings) -> KeyRing:
    """Return the site's keys.

    Raises:
        SecretKeyError: no key yet, or a file that others can read in production.
    """
    if settings.secret_key:
        return KeyRing(settings.secret_key.encode())
    file = key_file(settings)
    if not file.exists():
        raise SecretKeyError(f"There is no {file}.", hint="run `formline init`, or set FORMLINE_SECRET_KEY")
    if settings.production and file.stat().st_mode & 0o077:
        raise SecretKeyError(f"{file} can be read by others.", hint=f"chmod 600 {file}")
    return KeyRing(file.read_bytes().strip())
