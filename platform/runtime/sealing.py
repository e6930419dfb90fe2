"""Sealed values: AES-GCM with keys of the database, which the master key wraps; who may open one is asked elsewhere.

A sealed value is ``s1.<number of the key>.<nonce and cipher text>``. It is bound to its field and record: copied to
another place it does not open.
"""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, func, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from formline.errors import FormlineError
from formline.runtime import jobs
from formline.runtime.keyring import KeyRing
from formline.runtime.tables.sealing import field_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formline.runtime.release import ObjectModel, Release
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

KIND = "reseal"
BATCH = 200
_VERSION = "s1"
_NONCE = 12
_PURPOSE = "field-keys"


class SealError(FormlineError):
    """A sealed value cannot be opened: its key is gone, the master key is another one, or it was tampered with."""

    code = "sealed"


def place_of(model: ObjectModel, field: str, record: UUID) -> bytes:
    """Return what a value is bound to."""
    return f"{model.object_id}/{model.field_ids[field]}/{record}".encode()


class Vault:
    """The keys of one transaction; the first value ever sealed makes the first key."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        """Unwrap the keys."""
        self._connection = connection
        self._wrapper = AESGCM(ring.key(_PURPOSE))
        self._keys = self._read()

    def _read(self) -> dict[int, AESGCM]:
        rows = self._connection.execute(select(field_key.c.id, field_key.c.wrapped).order_by(field_key.c.id))
        return {number: AESGCM(self._open(self._wrapper, wrapped, str(number).encode())) for number, wrapped in rows}

    @staticmethod
    def _open(key: AESGCM, text: str, place: bytes) -> bytes:
        raw = base64.b64decode(text)
        try:
            return key.decrypt(raw[:_NONCE], raw[_NONCE:], place)
        except InvalidTag:
            raise SealError(
                "A sealed value does not open.", hint="the master key must be the one it was sealed under"
            ) from None

    @staticmethod
    def _seal(key: AESGCM, value: bytes, place: bytes) -> str:
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + key.encrypt(nonce, value, place)).decode()

    @property
    def newest(self) -> int:
        """The number of the key that seals; 0 where there is none yet."""
        return max(self._keys, default=0)

    def add_key(self) -> int:
        """Make a new key, which seals from now on, and return its number; who makes it twice gets the same."""
        number = self.newest + 1
        wrapped = self._seal(self._wrapper, AESGCM.generate_key(256), str(number).encode())
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        row = {"id": number, "wrapped": wrapped, "created_at": datetime.now(UTC)}
        self._connection.execute(dialect.insert(field_key).values(row).on_conflict_do_nothing())
        self._keys = self._read()
        return number

    def seal(self, text: str, place: bytes) -> str:
        """Return the sealed form of a text at a place."""
        if not self._keys:
            self.add_key()
        return f"{_VERSION}.{self.newest}.{self._seal(self._keys[self.newest], text.encode(), place)}"

    def open(self, sealed: str, place: bytes) -> str:
        """Return the text.

        Raises:
            SealError: the value was not sealed here, for this place, with a key that is still there.
        """
        version, _, rest = sealed.partition(".")
        number, _, body = rest.partition(".")
        key = self._keys.get(int(number)) if number.isdigit() else None
        if version != _VERSION or key is None:
            raise SealError("A sealed value does not open.", hint="its key is gone, or it was never sealed")
        return self._open(key, body, place).decode()


def seal_values(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Seal what was written into sealed fields; a text that is the stored one stays as it is stored."""
    vault: Vault | None = None
    for field in plan.sealed:
        for draft in drafts:
            value, old = draft.record.get(field.name), (draft.old or {}).get(field.name)
            if value is None or value == old:
                continue
            vault = vault or Vault(unit.connection, unit.site.keys)
            place = place_of(plan.model, field.name, draft.id)
            unchanged = old is not None and vault.open(old, place) == value
            draft.record[field.name] = old if unchanged else vault.seal(value, place)


def sealed_columns(release: Release) -> Iterator[tuple[ObjectModel, str]]:
    """Yield the model and name of every sealed field of a release."""
    for name, described in release.catalog.objects.items():
        for field in described.declared:
            if field.type.sealed:
                yield release.model(name), field.name


@jobs.handler(KIND, long=True)
def reseal(running: jobs.Running) -> dict[str, int]:
    """Seal every value with the newest key; started again it goes on with those that are still under an older one."""
    done = 0
    for model, field in sealed_columns(running.site.release):
        while True:
            with running.site.writing() as connection:
                moved = _reseal_some(connection, Vault(connection, running.site.keys), model, field)
                done += moved
                running.checkpoint(connection, progress=done)
            if not moved:
                break
    return {"resealed": done}


def _reseal_some(connection: Connection, vault: Vault, model: ObjectModel, field: str) -> int:
    """Seal some values anew; a value that a person changes meanwhile is under the newest key already."""
    column = model.column(field)
    current = f"{_VERSION}.{vault.newest}."
    behind = not_(func.substr(column, 1, len(current)) == current)
    rows = connection.execute(select(model.id, column).where(column.is_not(None), behind).limit(BATCH)).all()
    for key, sealed in rows:
        place = place_of(model, field, key)
        again = vault.seal(vault.open(sealed, place), place)
        connection.execute(update(model.table).where(model.id == key, column == sealed).values({column.name: again}))
    return len(rows)
