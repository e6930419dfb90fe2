"""Accounts: who may sign in with what password, lock-out after failures, the one-time set-up secret.

A person is a record of the object ``user``; the account beside it holds what no page and no API may show.
Functions take the connection of an open transaction; hashing is done by the caller, outside of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from formline.runtime.preparing import BOOTSTRAP, bootstrap_hash
from formline.runtime.release import Release
from formline.runtime.tables import account, login_attempt, security_event, session, token

FAILURES_BEFORE_LOCK = 5
LOCK_TIME = timedelta(minutes=15)
USER = "user"


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in needs to know of a person; ``password_hash`` is None where none was set."""

    user_id: UUID
    login: str
    active: bool
    password_hash: str | None
    must_change: bool
    locked_until: datetime | None
    language: str | None

    def locked(self, now: datetime) -> bool:
        """Whether failures have closed the account for a while."""
        return self.locked_until is not None and self.locked_until > now


def find(connection: Connection, release: Release, login: str) -> Account | None:
    """Return the account of the person who signs in with this name, in any case of letters."""
    user = release.model(USER)
    return _one(connection, release, func.lower(user.column("login")) == login.strip().lower())


def by_id(connection: Connection, release: Release, user_id: UUID) -> Account | None:
    """Return the account of a user record, also where no password was ever set."""
    return _one(connection, release, release.model(USER).column("id") == user_id)


def _one(connection: Connection, release: Release, condition: Any) -> Account | None:
    user = release.model(USER)
    columns = [user.column(name).label(name) for name in ("id", "login", "active", "language")]
    statement = (
        select(
            *columns,
            account.c.password_hash,
            account.c.must_change,
            account.c.locked_until,
            account.c.active.label("open"),
        )
        .select_from(user.table.outerjoin(account, account.c.user_id == user.column("id")))
        .where(condition, user.table.c.deleted_at.is_(None))
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        return None
    return Account(
        row["id"],
        row["login"],
        bool(row["active"]) and row["open"] is not False,
        row["password_hash"],
        bool(row["must_change"]),
        row["locked_until"],
        row["language"],
    )


def save_password(
    connection: Connection,
    user_id: UUID,
    login: str,
    password_hash: str,
    *,
    must_change: bool = False,
    is_admin: bool = False,
    demo: bool = False,
    now: datetime | None = None,
) -> None:
    """Set a person's password, open the lock and end every session the person has."""
    moment = now or datetime.now(UTC)
    values = {
        "login": login.strip().lower(),
        "password_hash": password_hash,
        "must_change": must_change,
        "failed": 0,
        "locked_until": None,
        "password_changed_at": moment,
    }
    moved = {"epoch": account.c.epoch + 1}  # ends every session and every cached right of the account
    changed = connection.execute(update(account).where(account.c.user_id == user_id).values(values | moved))
    if not changed.rowcount:
        fixed = {"kind": "user", "is_admin": is_admin, "demo": demo, "created_at": moment, "user_id": user_id}
        connection.execute(insert(account).values(values | fixed))
    end_sessions(connection, user_id)


def save_hash(connection: Connection, user_id: UUID, password_hash: str) -> None:
    """Replace the hash of the same password by a stronger one; sessions go on."""
    connection.execute(update(account).where(account.c.user_id == user_id).values(password_hash=password_hash))


def end_sessions(connection: Connection, user_id: UUID, *, but: str | None = None) -> None:
    """Sign a person out everywhere; ``but`` is the id of a session that stays."""
    statement = delete(session).where(session.c.user_id == user_id)
    connection.execute(statement if but is None else statement.where(session.c.id != but))


def record_failure(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Count a wrong password; the fifth in a row locks the account for a quarter of an hour."""
    failed = connection.execute(
        update(account)
        .where(account.c.user_id == user_id)
        .values(failed=account.c.failed + 1)
        .returning(account.c.failed)
    ).scalar()
    if failed is not None and failed >= FAILURES_BEFORE_LOCK:
        connection.execute(
            update(account).where(account.c.user_id == user_id).values(failed=0, locked_until=now + LOCK_TIME)
        )


def record_success(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Forget earlier failures."""
    connection.execute(
        update(account).where(account.c.user_id == user_id).values(failed=0, locked_until=None, last_login_at=now)
    )


def record_attempt(connection: Connection, login: str, address: str, *, succeeded: bool, reason: str = "") -> None:
    """Keep who tried to sign in from where; never the password."""
    connection.execute(
        insert(login_attempt).values(
            login=login.strip().lower()[:80],
            address=address,
            at=datetime.now(UTC),
            succeeded=succeeded,
            reason=reason or None,
        )
    )


def save_preferences(connection: Connection, user_id: UUID, preferences: dict[str, Any]) -> None:
    """Keep what a person chose about the pages, such as the theme."""
    connection.execute(update(account).where(account.c.user_id == user_id).values(preferences=preferences))


def token_hash(secret: str) -> str:
    """Return what is stored of a random secret: it has so many bits that a plain hash suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


def needs_setup(connection: Connection) -> bool:
    """Whether nobody can sign in yet."""
    return not connection.execute(select(exists().where(account.c.password_hash.is_not(None)))).scalar()


def setup_token(connection: Connection, secret: str, now: datetime) -> UUID | None:
    """Return the id of the unused set-up token with this secret."""
    statement = select(token.c.id).where(
        token.c.hash == bootstrap_hash(secret.strip()),
        token.c.kind == BOOTSTRAP,
        token.c.used_at.is_(None),
        token.c.revoked_at.is_(None),
        or_(token.c.expires_at.is_(None), token.c.expires_at > now),
    )
    found: UUID | None = connection.execute(statement).scalar()
    return found


def use_setup_token(connection: Connection, token_id: UUID, now: datetime) -> bool:
    """Mark the token used; False where somebody else was first."""
    statement = update(token).where(token.c.id == token_id, token.c.used_at.is_(None)).values(used_at=now)
    return bool(connection.execute(statement).rowcount)


def record_event(connection: Connection, actor_id: UUID | None, event: str, detail: dict[str, Any]) -> None:
    """Keep who did what to an account; never a secret."""
    connection.execute(
        insert(security_event).values(at=datetime.now(UTC), actor_id=actor_id, event=event, detail=detail)
    )
