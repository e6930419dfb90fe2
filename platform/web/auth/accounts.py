"""Accounts: who may sign in with what password and from where they did, the one-time set-up secret.

A person is a record of the object ``user``; the account beside it holds what no page and no API may show.
Functions take the connection of an open transaction; hashing is done by the caller, outside of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, exists, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from formline.runtime.audit import events
from formline.runtime.preparing import BOOTSTRAP, bootstrap_hash
from formline.runtime.release import Release
from formline.runtime.tables import account, login_attempt, session, token

USER = "user"
#: Kind of account that calls the API with tokens and never signs in.
INTEGRATION = "integration"
#: What the password step seals for the step of the second factor.
SECOND_STEP = "sign-in"
#: How long a place where somebody signed in counts as theirs.
KNOWN_PLACE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in needs to know of a person; ``password_hash`` is None where none was set."""

    user_id: UUID
    login: str
    active: bool
    password_hash: str | None
    must_change: bool
    language: str | None
    second_factor: bool
    epoch: int


def find(connection: Connection, release: Release, login: str) -> Account | None:
    """Return the account of the person who signs in with this name, in any case of letters."""
    user = release.model(USER)
    return _one(connection, release, func.lower(user.column("login")) == login.strip().lower())


def find_by_mail(connection: Connection, release: Release, address: str) -> Account | None:
    """Return the account of the person with this e-mail address; only where users have such a field."""
    return _one(connection, release, func.lower(release.model(USER).column("email")) == address)


def by_id(connection: Connection, release: Release, user_id: UUID) -> Account | None:
    """Return the account of a user record, also where no password was ever set."""
    return _one(connection, release, release.model(USER).column("id") == user_id)


def with_mobile(connection: Connection, release: Release, number: str) -> list[Account]:
    """Return the accounts of people with a mobile number, two at most."""
    return _some(connection, release, release.model(USER).column("mobile") == number, 2)


def _one(connection: Connection, release: Release, condition: Any) -> Account | None:
    found = _some(connection, release, condition, 1)
    return found[0] if found else None


def _some(connection: Connection, release: Release, condition: Any, most: int) -> list[Account]:
    user = release.model(USER)
    columns = [user.column(name).label(name) for name in ("id", "login", "active", "language")]
    statement = (
        select(
            *columns,
            account.c.password_hash,
            account.c.must_change,
            account.c.totp_secret.is_not(None).label("second_factor"),
            account.c.epoch,
            account.c.active.label("open"),
            account.c.kind,
        )
        .select_from(user.table.outerjoin(account, account.c.user_id == user.column("id")))
        .where(condition, user.table.c.deleted_at.is_(None))
        .limit(most)
    )
    return [_account(row) for row in connection.execute(statement).mappings()]


def _account(row: RowMapping) -> Account:
    return Account(
        row["id"],
        row["login"],
        bool(row["active"]) and row["open"] is not False and row["kind"] != INTEGRATION,
        row["password_hash"],
        bool(row["must_change"]),
        row["language"],
        bool(row["second_factor"]),
        row["epoch"] or 0,
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
    """Set a person's password and end every session the person has."""
    moment = now or datetime.now(UTC)
    values = {
        "login": login.strip().lower(),
        "password_hash": password_hash,
        "must_change": must_change,
        "password_changed_at": moment,
    }
    moved = {"epoch": account.c.epoch + 1}  # ends every session and every cached right of the account
    changed = connection.execute(update(account).where(account.c.user_id == user_id).values(values | moved))
    if not changed.rowcount:
        fixed = {"kind": "user", "is_admin": is_admin, "demo": demo, "created_at": moment, "user_id": user_id}
        connection.execute(insert(account).values(values | fixed))
    end_sessions(connection, user_id)


def ensure(connection: Connection, found: Account, now: datetime) -> None:
    """Make the account of a person who has no password here: sessions need one."""
    if connection.execute(select(account.c.user_id).where(account.c.user_id == found.user_id)).first() is None:
        row = {"user_id": found.user_id, "login": found.login.strip().lower(), "kind": "user", "created_at": now}
        connection.execute(insert(account).values(row))


def save_hash(connection: Connection, user_id: UUID, password_hash: str) -> None:
    """Replace the hash of the same password by a stronger one; sessions go on."""
    connection.execute(update(account).where(account.c.user_id == user_id).values(password_hash=password_hash))


def end_sessions(connection: Connection, user_id: UUID, *, but: str | None = None) -> None:
    """Sign a person out everywhere; ``but`` is the id of a session that stays."""
    statement = delete(session).where(session.c.user_id == user_id)
    connection.execute(statement if but is None else statement.where(session.c.id != but))


def record_success(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Note when somebody signed in last."""
    connection.execute(update(account).where(account.c.user_id == user_id).values(last_login_at=now))


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


def places(connection: Connection, login: str, now: datetime) -> frozenset[str]:
    """Return the addresses from which this name signed in lately; ``login`` is in lower case."""
    statement = (
        select(login_attempt.c.address)
        .where(login_attempt.c.login == login, login_attempt.c.at > now - KNOWN_PLACE, login_attempt.c.succeeded)
        .distinct()
        .limit(200)
    )
    return frozenset(connection.execute(statement).scalars())


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
    events.note(connection, actor_id, event, detail, datetime.now(UTC))
