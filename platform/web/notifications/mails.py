"""Notices by mail: worded in the reader's language, cut to what they may read now, one each or many together.

Each mail is enqueued in the transaction that marks its notices as mailed: a worker killed in between loses and doubles
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.errors import AccessDeniedError
from formline.runtime import bounces, mail_rhythm, mailing, notifications
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.queries import titles
from formline.runtime.release import Release
from formline.runtime.site import Site
from formline.runtime.tables import account
from formline.web import addresses, decision_links, i18n, one_click
from formline.web.i18n import gettext as _
from formline.web.i18n import ngettext
from formline.web.labels import labels
from formline.web.notifications.wording import worded

#: Notices of one round, and of one mail.
MOST, MOST_IN_MAIL = 500, 50
LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as its reader may see it."""

    text: str
    body: str
    link: str


def send_due(site: Site, now: datetime) -> int:
    """Enqueue the mails that are due; return how many."""
    release = site.refresh()
    with site.writing() as connection:
        notifications.drop_read(connection, now)
    count = 0
    with site.reading(patient=True) as connection:
        rows = notifications.mails_due(connection, now, MOST)
        chosen = _preferences(connection, {row["user_id"] for row in rows})
    for user_id, group in groupby(rows, key=lambda row: row["user_id"]):
        mine = list(group)
        together = mail_rhythm.rhythm_of(chosen.get(user_id, {})) in (mail_rhythm.HOURLY, mail_rhythm.DAILY)
        size = MOST_IN_MAIL if together else 1
        parts = [mine[start : start + size] for start in range(0, len(mine), size)]
        count += _to_person(site, release, user_id, parts)
    return count


def _preferences(connection: Connection, users: set[UUID]) -> dict[UUID, Mapping[str, Any]]:
    statement = select(account.c.user_id, account.c.preferences).where(account.c.user_id.in_(sorted(users)))
    return {row.user_id: row.preferences or {} for row in connection.execute(statement)}


def _to_person(site: Site, release: Release, user_id: UUID, parts: Sequence[Sequence[Mapping[str, Any]]]) -> int:
    """Enqueue one mail for each part; none where the person has no address that takes mails."""
    with site.reading() as connection:
        try:
            actor = load_actor(connection, release, user_id)
        except AccessDeniedError:
            actor = None
        to = str(actor.user.get("email") or "") if actor is not None else ""
        if actor is None or "@" not in to or bounces.marked(connection, site.keys, [to]):
            to, mails = "", []
        else:
            with i18n.speaking(str(actor.user.get("language") or site.settings.base_language)):
                mails = [_mail(site, connection, release, actor, rows) for rows in parts]
    ids = [row["id"] for rows in parts for row in rows]
    with site.writing() as connection:
        taken = notifications.take_for_mail(connection, ids)
        headers = one_click.headers(site, user_id)
        told = [mail for mail, rows in zip(mails, parts, strict=False) if mail and taken >= {row["id"] for row in rows}]
        for subject, text in told:
            mailing.send(site, connection, to, subject, text, headers=headers)
    return len(told)


def _mail(
    site: Site, connection: Connection, release: Release, actor: Actor, rows: Sequence[Mapping[str, Any]]
) -> tuple[str, str] | None:
    """Return subject and text of a mail; None where the person may read nothing of it any more."""
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        name = release.object_named(row["object_id"]) if row["object_id"] else None
        if name and row["record_id"]:
            wanted.setdefault(name, set()).add(row["record_id"])
    known = titles(connection, release, actor, wanted)
    lines = [line for row in rows if (line := _line(site, connection, release, row, known)) is not None]
    if not lines:
        return None
    subject = lines[0].text
    if len(lines) > 1:
        subject = ngettext("%(num)d notification", "%(num)d notifications", len(lines)) % {"num": len(lines)}
    subject = " ".join(subject.split())[:LONGEST_SUBJECT]
    return subject, _text(site, actor.user_id, lines)


def _line(
    site: Site, connection: Connection, release: Release, row: Mapping[str, Any], known: Mapping[UUID, str]
) -> Line | None:
    """Return a notice in words; None where it tells of a record that its reader may not read any more."""
    name = release.object_named(row["object_id"]) if row["object_id"] else None
    key = row["record_id"]
    if key is not None and key not in known:
        return None
    words = labels(release, i18n.language())
    label = words.object(release.catalog.object(name)) if name else ""
    approval = (row["values"] or {}).get("approval")
    path = row["url"] or (_approval(site, connection, row, UUID(approval)) if approval else "")
    if not path and name:
        path = addresses.record(name, key) if key is not None else addresses.list_of(name)
    link = site.settings.address + (path or "/notifications")
    return Line(*worded(row, known.get(key, "") if key else "", label, words), link)


def _approval(site: Site, connection: Connection, row: Mapping[str, Any], approval_id: UUID) -> str:
    """Return the path of an approval; of a task the signed one that opens it without signing in."""
    if row["kind"] in decision_links.KINDS:
        return decision_links.path(site, connection, row["user_id"], approval_id)
    return addresses.approval(approval_id)


def _text(site: Site, user_id: UUID | None, lines: Sequence[Line]) -> str:
    told = "\n\n".join("\n".join(filter(None, (line.text, line.body, line.link))) for line in lines)
    profile = site.settings.address + "/profile"
    choose = _("Which mails you get is yours to choose: %(link)s") % {"link": profile}
    leave = _("No more such mails: %(link)s") % {"link": one_click.link(site, user_id)}
    return f"{told}\n\n-- \n{choose}\n{leave}\n"
