"""Verifying: the chain is computed again from the rows, and compared with the seals stored and published."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from formline.runtime.audit.sealing import SEALED, chain, digest
from formline.runtime.tables import seal, sealed_erasure

#: Rows unsealed for longer tell that nobody seals.
PATIENCE = timedelta(hours=1)
Digests = Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed; ``seal`` is None for what concerns the whole chain."""

    seal: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification looked at and found."""

    seals: int
    rows: int
    erased: int
    findings: tuple[Finding, ...]


def verify(connection: Connection, key: bytes, now: datetime, published: Iterable[str] = ()) -> Report:
    """Compute every seal again; ``published`` are the lines of published seals, oldest first."""
    erased = _erased(connection)
    findings: list[Finding] = []
    previous, expected, rows = "", 1, 0
    stored: dict[int, str] = {}
    for link in connection.execute(select(seal).order_by(seal.c.number)).mappings():
        if link["number"] != expected:
            findings.append(Finding(expected, f"Seals {expected} to {link['number'] - 1} are missing."))
        findings += _check(connection, key, dict(link), previous, erased)
        previous, expected = link["hash"], link["number"] + 1
        rows += sum(link["counts"].values())
        stored[link["number"]] = link["hash"]
    findings += _against_published(stored, published)
    findings += _unsealed(connection, now)
    return Report(len(stored), rows, len(erased), tuple(findings))


def _erased(connection: Connection) -> dict[tuple[str, int], str]:
    rows = connection.execute(select(sealed_erasure)).mappings()
    return {(row["table_name"], row["row_id"]): row["digest"] for row in rows}


def _check(
    connection: Connection, key: bytes, link: Mapping[str, Any], previous: str, erased: Digests
) -> Iterator[Finding]:
    number = link["number"]
    if link["previous"] != previous:
        yield Finding(number, "The seal does not follow the one before it.")
    digests: list[str] = []
    for name, table in SEALED.items():
        rows = connection.execute(select(table).where(table.c.seal == number).order_by(table.c.id)).mappings().all()
        expected = link["counts"].get(name, 0)
        if len(rows) != expected:
            yield Finding(number, f"{name}: {len(rows)} rows where {expected} were sealed.")
        digests += [erased.get((name, row["id"])) or digest(name, dict(row)) for row in rows]
    again = chain(key, number, link["at"], link["counts"], link["previous"], digests)
    if not hmac.compare_digest(again, link["hash"]):
        yield Finding(number, "A row under this seal, or the seal itself, was changed.")


def _against_published(stored: Mapping[int, str], published: Iterable[str]) -> Iterator[Finding]:
    for line in published:
        if not line.strip():
            continue
        told = json.loads(line)
        number = int(told["seal"])
        if number not in stored:
            yield Finding(number, "The seal was published, but is not in the database: the chain was cut.")
        elif stored[number] != told["hash"]:
            yield Finding(number, "The seal in the database is not the published one.")


def _unsealed(connection: Connection, now: datetime) -> Iterator[Finding]:
    for name, table in SEALED.items():
        old = select(func.count()).where(table.c.seal.is_(None), table.c.at < now - PATIENCE)
        count = connection.execute(old).scalar_one()
        if count:
            yield Finding(None, f"{name}: {count} rows are older than an hour and not sealed; is a worker running?")
