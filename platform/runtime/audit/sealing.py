"""Sealing: once a minute one process gives every new row of history and security events its place in the chain.

Rows are written in the transactions of business and sealed after commit, whatever order they commit in. A seal is a
keyed hash over its rows and the seal before, so that only who holds the site's key can make one; each is published
outside the database as well, where cutting off the end of the chain shows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, update

from formline.runtime import periodic
from formline.runtime.tables import history, seal, security_event

if TYPE_CHECKING:
    from formline.runtime.jobs import Running
    from formline.settings import Settings

#: The sealed tables by the names that seals and erasures use.
SEALED: Mapping[str, Table] = {"history": history, "security_event": security_event}
PURPOSE = "audit"
BATCH = 1_000
MOST_SEALS = 100
FILE = "seals.log"

_log = logging.getLogger("formline.audit")


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain; ``counts`` are the rows of each table in it."""

    number: int
    at: datetime
    counts: Mapping[str, int]
    previous: str
    hash: str

    def line(self) -> str:
        """Return the seal as it is published: one line of JSON."""
        return json.dumps(
            {"seal": self.number, "at": self.at.isoformat(), "rows": sum(self.counts.values()), "hash": self.hash}
        )


def digest(table: str, row: Mapping[str, Any]) -> str:
    """Return the hash of a row's values as they are stored, without the number of its seal."""
    values = {name: _plain(value) for name, value in row.items() if name != "seal"}
    text = json.dumps([table, values], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, UUID) else value


def chain(
    key: bytes, number: int, at: datetime, counts: Mapping[str, int], previous: str, digests: Iterable[str]
) -> str:
    """Return the hash of a seal."""
    head = json.dumps([number, at.astimezone(UTC).isoformat(), dict(sorted(counts.items())), previous])
    return hmac.new(key, "\n".join((head, *digests)).encode(), hashlib.sha256).hexdigest()


def seal_next(connection: Connection, key: bytes, now: datetime) -> Seal | None:
    """Seal up to a batch of rows of each table in the caller's transaction; None where all are sealed."""
    digests: list[str] = []
    counts: dict[str, int] = {}
    found: dict[str, Sequence[Any]] = {}
    for name, table in SEALED.items():
        new = select(table).where(table.c.seal.is_(None)).order_by(table.c.id).limit(BATCH).with_for_update()
        rows = connection.execute(new).mappings().all()
        if rows:
            found[name], counts[name] = [row["id"] for row in rows], len(rows)
            digests += [digest(name, dict(row)) for row in rows]
    if not digests:
        return None
    last = connection.execute(select(seal.c.number, seal.c.hash).order_by(seal.c.number.desc()).limit(1)).first()
    number, previous = (last.number + 1, last.hash) if last else (1, "")
    made = Seal(number, now, counts, previous, chain(key, number, now, counts, previous, digests))
    # Its number is the key: of two processes that seal at once, one begins anew a minute later.
    connection.execute(insert(seal).values(number=number, at=now, counts=counts, previous=previous, hash=made.hash))
    for name, ids in found.items():
        table = SEALED[name]
        connection.execute(update(table).where(table.c.id.in_(ids)).values(seal=number))
    return made


@periodic.every("seal_audit", timedelta(minutes=1))
def seal_all(running: Running) -> int:
    """Seal what is new and publish the seals; return how many were made."""
    site = running.site
    key = site.keys.key(PURPOSE)
    for made in range(MOST_SEALS):
        with site.writing() as connection:
            found = seal_next(connection, key, datetime.now(UTC))
        if found is None:
            return made
        publish(site.settings, found)
    return MOST_SEALS


def publish(settings: Settings, found: Seal) -> None:
    """Write a seal where the database's administrator does not: a file beside it, and the log that is shipped away."""
    _log.info("audit seal %s", found.line())
    with published_in(settings).open("a", encoding="utf-8") as stream:
        stream.write(found.line() + "\n")


def published_in(settings: Settings) -> Path:
    """Return the file of published seals."""
    return settings.data_dir / FILE
