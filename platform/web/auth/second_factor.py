"""The second factor: one-time codes of an app (RFC 6238) and recovery codes; statements and checks, no pages.

The shared secret is sealed with a key of the site; of recovery codes a keyed hash is kept. Each code works once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, select, update

from formline.runtime.keyring import KeyRing
from formline.runtime.tables import account

STEP = 30
#: Codes of the step before and after are taken too: clocks differ.
TOLERANCE = 1
RECOVERY_CODES = 10
#: How long a form in which something secret waits may lie open, in seconds.
PENDING_SECONDS = 900
_CODE = re.compile(r"[0-9]{6}")


def seal(keys: KeyRing, purpose: str, value: dict[str, Any]) -> str:
    """Return a value as text that only this site can read, for a form to bring back."""
    return _fernet(keys, purpose).encrypt(orjson.dumps(value)).decode()


def unseal(keys: KeyRing, purpose: str, text: str) -> dict[str, Any] | None:
    """Return a sealed value; None where it is too old or not ours."""
    try:
        found: dict[str, Any] = orjson.loads(_fernet(keys, purpose).decrypt(text.encode(), ttl=PENDING_SECONDS))
    except (InvalidToken, UnicodeEncodeError):
        return None
    return found


def _fernet(keys: KeyRing, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.key(f"second-factor/{purpose}")))


def new_secret() -> str:
    """Return a shared secret: 160 bits in base 32."""
    return pyotp.random_base32()


def address(secret: str, login: str, issuer: str) -> str:
    """Return the ``otpauth:`` address that apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def picture(text: str) -> str:
    """Return a QR code as a ``data:`` address for an image."""
    found: str = segno.make(text, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    return found


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step a code belongs to, within the tolerance; None for a wrong code."""
    if not _CODE.fullmatch(code):
        return None
    current = int(now.timestamp()) // STEP
    app = pyotp.TOTP(secret)
    for step in range(current - TOLERANCE, current + TOLERANCE + 1):
        if hmac.compare_digest(app.at(step * STEP), code):
            return step
    return None


def enrol(connection: Connection, keys: KeyRing, user_id: UUID, secret: str, step: int) -> list[str]:
    """Keep a person's secret, with the step of the code just shown, and return new recovery codes."""
    sealed = _fernet(keys, "secret").encrypt(secret.encode())
    connection.execute(
        update(account).where(account.c.user_id == user_id).values(totp_secret=sealed, totp_last_step=step)
    )
    return renew_recovery_codes(connection, keys, user_id)


def renew_recovery_codes(connection: Connection, keys: KeyRing, user_id: UUID) -> list[str]:
    """Replace the recovery codes and return the new ones, which cannot be read again."""
    codes = [base64.b32encode(secrets.token_bytes(7)).decode()[:10].lower() for _ in range(RECOVERY_CODES)]
    hashes = [_hash(keys, code) for code in codes]
    connection.execute(update(account).where(account.c.user_id == user_id).values(recovery_codes=hashes))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def remove(connection: Connection, user_id: UUID) -> None:
    """Let a person sign in with the password alone again."""
    nothing = {"totp_secret": None, "totp_last_step": None, "recovery_codes": None}
    connection.execute(update(account).where(account.c.user_id == user_id).values(nothing))


def enrolled(connection: Connection, user_id: UUID) -> bool:
    """Whether a person has a second factor."""
    found = connection.execute(select(account.c.totp_secret.is_not(None)).where(account.c.user_id == user_id)).scalar()
    return bool(found)


def codes_left(connection: Connection, user_id: UUID) -> int:
    """Return how many recovery codes a person has not used."""
    found = connection.execute(select(account.c.recovery_codes).where(account.c.user_id == user_id)).scalar()
    return len(found or ())


def accept(writing: Connection, keys: KeyRing, user_id: UUID, code: str, now: datetime) -> bool:
    """Take a code of the app or a recovery code; each is taken once, whoever sends it twice at the same time."""
    columns = (account.c.totp_secret, account.c.totp_last_step, account.c.recovery_codes)
    row = writing.execute(select(*columns).where(account.c.user_id == user_id).with_for_update()).first()
    if row is None or row.totp_secret is None:
        return False
    plain = code.replace(" ", "").replace("-", "").lower()
    step = step_of(_fernet(keys, "secret").decrypt(bytes(row.totp_secret)).decode(), plain, now)
    if step is not None and step > (row.totp_last_step or 0):
        writing.execute(update(account).where(account.c.user_id == user_id).values(totp_last_step=step))
        return True
    wanted = _hash(keys, plain)
    left = [kept for kept in row.recovery_codes or () if not hmac.compare_digest(kept, wanted)]
    if len(left) == len(row.recovery_codes or ()):
        return False
    writing.execute(update(account).where(account.c.user_id == user_id).values(recovery_codes=left))
    return True


def _hash(keys: KeyRing, code: str) -> str:
    return hmac.new(keys.key("second-factor/recovery"), code.encode(), hashlib.sha256).hexdigest()
