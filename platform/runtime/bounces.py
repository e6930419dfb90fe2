"""Addresses whose mails came back: marked by a keyed hash, so that no notice goes there; which mails go is elsewhere.

A mail server says so at once (SMTP), or later by a message of its own (RFC 3464), which ``formline bounce`` reads.
"""

from __future__ import annotations

import email
import email.policy
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.message import Message
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime.tables import job, mail_address

if TYPE_CHECKING:
    from formline.runtime.keyring import KeyRing
    from formline.runtime.site import Site

#: Answers of a server that mean the address, not the message or the moment.
HARD = frozenset({550, 551, 553, 556})
_HEADERS = frozenset({"text/rfc822-headers", "message/rfc822", "message/rfc822-headers"})
#: A report of this size is none.
MOST_BYTES = 1 << 20


def digest(keys: KeyRing, address: str) -> str:
    """Return what is kept of an address: a changed address is another one, and nobody can read it back."""
    return hmac.digest(keys.key("mail/addresses"), address.strip().lower().encode(), "sha256").hex()


def mark(connection: Connection, keys: KeyRing, address: str, reason: str, now: datetime) -> None:
    """Note that mails to an address come back; ``reason`` is the status code."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"digest": digest(keys, address), "at": now, "reason": reason[:40]}
    connection.execute(insert(mail_address).values(row).on_conflict_do_nothing())


def clear(connection: Connection, keys: KeyRing, address: str) -> None:
    """Let mails go to an address again."""
    connection.execute(delete(mail_address).where(mail_address.c.digest == digest(keys, address)))


def marked(connection: Connection, keys: KeyRing, addresses: Iterable[str]) -> set[str]:
    """Return those of the addresses whose mails come back: one statement."""
    by_digest = {digest(keys, each): each for each in addresses}
    if not by_digest:
        return set()
    found = select(mail_address.c.digest).where(mail_address.c.digest.in_(list(by_digest)))
    return {by_digest[each] for each in connection.execute(found).scalars()}


def report(site: Site, raw: bytes, now: datetime) -> int:
    """Mark the addresses that a delivery report says failed for good; return how many.

    Only addresses of mails that this site sent count: anybody can write a report.
    """
    message = email.message_from_bytes(raw[:MOST_BYTES], policy=email.policy.compat32)
    sent_to = _sent_to(site, set(_identities(message)))
    failed = {address: status for address, status in _failed(message) if address in sent_to}
    if failed:
        with site.writing() as connection:
            for address, status in sorted(failed.items()):
                mark(connection, site.keys, address, status, now)
    return len(failed)


def _failed(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the addresses of a report's failed recipients, in lower case, with the status."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for group in part.get_payload() if part.is_multipart() else ():
            fields = group if isinstance(group, Message) else Message()
            _kind, _semicolon, address = str(fields.get("Final-Recipient", "")).partition(";")
            status = str(fields.get("Status", "")).strip()
            if str(fields.get("Action", "")).strip().lower() == "failed" and status.startswith("5") and address:
                yield address.strip().lower(), status


def _identities(message: Message) -> Iterator[UUID]:
    """Yield the ids of the jobs that sent what a report returns."""
    for part in message.walk():
        if part.get_content_type() not in _HEADERS:
            continue
        inner = part.get_payload(0) if part.is_multipart() else email.message_from_string(str(part.get_payload()))
        name = str(inner.get("Message-ID", "")).strip(" <>").partition("@")[0] if isinstance(inner, Message) else ""
        try:
            yield UUID(name)
        except ValueError:
            continue


def _sent_to(site: Site, identities: set[UUID]) -> set[str]:
    """Return the addresses, in lower case, that mails of these jobs went to."""
    from formline.runtime import mailing

    with site.reading() as connection:
        mine = select(job.c.args).where(job.c.id.in_(sorted(identities)[:20]), job.c.kind == mailing.KIND)
        sealed = [args.get("sealed") for args in connection.execute(mine).scalars()]
    return {mailing.address_of(site.keys, str(each)) for each in sealed if each}
