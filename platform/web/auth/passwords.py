"""Password hashing with argon2id and the rules for new passwords; no database and no request here."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from formline.web.i18n import N_

MIN_LENGTH = 10
MAX_LENGTH = 256
#: Letters that cannot be mistaken for one another when read aloud or copied by hand.
ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_hasher = PasswordHasher()
_hasher_of_made = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Return the argon2id hash with its parameters and salt."""
    return _hasher.hash(password)


def hash_made(password: str) -> str:
    """Return the hash of a password of :func:`new_password`, at the least cost that counts as safe.

    Nobody guesses such a password, whatever a try costs; when its owner first signs in, it is hashed as all others.
    """
    return _hasher_of_made.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Return whether the password belongs to the hash; without a hash the same time is spent and the answer is no."""
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Return whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def new_password() -> str:
    """Return a random password for a person to change: 16 letters and digits, 92 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


def weakness(password: str, login: str = "") -> str | None:
    """Return why a new password is refused, as an English message to translate, or None."""
    if len(password) < MIN_LENGTH:
        return N_("The password needs at least 10 characters.")
    if len(password) > MAX_LENGTH:
        return N_("The password may have at most 256 characters.")
    if login and login.casefold() in password.casefold():
        return N_("The password must not contain the sign-in name.")
    if len(set(password)) < 4:
        return N_("The password repeats the same few characters.")
    return None


@cache
def _nobody() -> str:
    """Return the hash of a password nobody has."""
    return _hasher.hash(secrets.token_urlsafe(32))
