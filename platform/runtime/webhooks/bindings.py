"""Where an integration is, its secrets, whose rights it has, whether it works: a site's own, sealed in one row each."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from cryptography.fernet import Fernet
from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime.tables import integration
from formline.runtime.webhooks import signing

if TYPE_CHECKING:
    from formline.runtime.keyring import KeyRing

ACTIVE, PAUSED = "active", "paused"
#: How long the secret before the newest still counts.
OVERLAP = timedelta(days=7)
_columns = integration.c


@dataclass(frozen=True, slots=True)
class Secret:
    """One shared secret; ``until``: a newer one took its place, None for the newest."""

    text: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """What a site adds to one integration.

    ``address`` is where messages go; ``secrets`` newest first, at most two; ``key`` is the last part of the path
    where messages arrive.
    """

    name: str
    user_id: UUID
    address: str = ""
    secrets: tuple[Secret, ...] = ()
    key: str = ""
    state: str = ACTIVE
    reason: str | None = None
    failures: int = 0
    failing_since: datetime | None = None
    changed_by: UUID | None = None

    @property
    def active(self) -> bool:
        """Whether messages leave and are taken."""
        return self.state == ACTIVE

    def live(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that count now, newest first."""
        return tuple(one.text for one in self.secrets if one.until is None or one.until > now)

    def with_new_secret(self, now: datetime, text: str = "") -> Binding:
        """Return it with a newer secret, made where none is given; the one before counts for a week more."""
        older = tuple(Secret(one.text, now + OVERLAP) for one in self.secrets[:1])
        return replace(self, secrets=(Secret(text or signing.new_secret()), *older))

    def with_new_key(self) -> Binding:
        """Return it with another path; messages to the one before find nothing."""
        return replace(self, key=secrets.token_urlsafe(24))

    def opens(self, key: str) -> bool:
        """Return whether a path ends in the key, taking the same time for every wrong one."""
        return bool(self.key) and hmac.compare_digest(self.key.encode(), key.encode())


def _seal(keys: KeyRing) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.key("integrations")))


def find(connection: Connection, keys: KeyRing, name: str) -> Binding | None:
    """Return what the site added to an integration; None where nobody has yet."""
    row = connection.execute(select(integration).where(_columns.name == name)).mappings().first()
    return _opened(keys, row) if row else None


def all_of(connection: Connection, keys: KeyRing) -> dict[str, Binding]:
    """Return all of them by name."""
    return {row["name"]: _opened(keys, row) for row in connection.execute(select(integration)).mappings()}


def states(connection: Connection, names: list[str]) -> dict[str, str]:
    """Return the states of those of the names that are set up, without opening what is sealed."""
    found = connection.execute(select(_columns.name, _columns.state).where(_columns.name.in_(names)))
    return {row.name: row.state for row in found}


def _opened(keys: KeyRing, row: RowMapping) -> Binding:
    held = orjson.loads(_seal(keys).decrypt(row["sealed"].encode()))
    own = tuple(
        Secret(each["text"], datetime.fromisoformat(each["until"]) if each["until"] else None)
        for each in held["secrets"]
    )
    names = ("name", "user_id", "state", "reason", "failures", "failing_since", "changed_by")
    return Binding(address=held["address"], secrets=own, key=held["key"], **{name: row[name] for name in names})


def save(connection: Connection, keys: KeyRing, binding: Binding, now: datetime, by: UUID | None) -> None:
    """Keep what a person set; the counting of failures begins anew."""
    held = {
        "address": binding.address,
        "secrets": [{"text": one.text, "until": one.until} for one in binding.secrets],
        "key": binding.key,
    }
    values: dict[str, Any] = {
        "user_id": binding.user_id,
        "state": binding.state,
        "reason": binding.reason,
        "sealed": _seal(keys).encrypt(orjson.dumps(held)).decode(),
        "failures": 0,
        "failing_since": None,
        "changed_at": now,
        "changed_by": by,
    }
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"name": binding.name, **values}
    connection.execute(insert(integration).values(row).on_conflict_do_update(index_elements=["name"], set_=values))


def note_success(connection: Connection, name: str) -> None:
    """Begin the counting of failures anew."""
    failing = update(integration).where(_columns.name == name, _columns.failures > 0)
    connection.execute(failing.values(failures=0, failing_since=None))


def note_failure(connection: Connection, name: str, now: datetime, reason: str) -> None:
    """Count a failed attempt; with a ``reason`` the integration pauses until a person resumes it."""
    values: dict[str, Any] = {"failures": _columns.failures + 1}
    connection.execute(update(integration).where(_columns.name == name).values(values))
    first = update(integration).where(_columns.name == name, _columns.failing_since.is_(None))
    connection.execute(first.values(failing_since=now))
    if reason:
        active = update(integration).where(_columns.name == name, _columns.state == ACTIVE)
        connection.execute(active.values(state=PAUSED, reason=reason))
