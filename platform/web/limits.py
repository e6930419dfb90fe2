"""Rate limits shared by all processes: fixed windows counted in the platform's ``rate`` table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from formline.errors import FormlineError
from formline.runtime.tables import rate


class TooManyAttemptsError(FormlineError):
    """More attempts than a limit allows in its window."""

    code = "too_many_attempts"
    status = 429


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` attempts in ``seconds``, counted per key."""

    name: str
    count: int
    seconds: int


SIGN_IN_BY_LOGIN = Limit("sign-in/login", 10, 900)
SIGN_IN_BY_ADDRESS = Limit("sign-in/address", 60, 900)
SETUP = Limit("setup", 10, 900)
PASSWORD = Limit("password", 10, 900)


def hit(connection: Connection, limit: Limit, key: str, *, now: float | None = None) -> int:
    """Count one attempt and return how many there were in the window; the caller commits."""
    window = int((time.time() if now is None else now) // limit.seconds)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(rate)
        .values(name=f"{limit.name}:{key}", window=window, count=1)
        .on_conflict_do_update(index_elements=[rate.c.name, rate.c.window], set_={"count": rate.c.count + 1})
        .returning(rate.c.count)
    )
    return int(connection.execute(statement).scalar_one())


def network_of(address: str) -> str:
    """Return what an address is counted as: itself, or the /64 of IPv6, which one customer has whole."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def refuse(limit: Limit) -> TooManyAttemptsError:
    """Return the error that says when to try again."""
    return TooManyAttemptsError(
        f"At most {limit.count} attempts in {limit.seconds // 60 or 1} minutes.",
        hint="Wait until the time is over; an administrator can set a new password.",
    )
