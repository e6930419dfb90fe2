"""A mail becomes what the form would make of it: a new record, or a reply to the one it answers; once each."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, func, select

from formline.errors import ConflictError, FormlineError, NotFoundError, ValidationError
from formline.fields.files import MEGABYTE, is_multiple
from formline.runtime.access.actor import Actor
from formline.runtime.files.staging import Target, UploadError, stage
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import submission
from formline.runtime.web_forms import mails, storage, submitting, suspicion
from formline.runtime.web_forms.storage import Sent

if TYPE_CHECKING:
    from formline.catalog.objects import Object
    from formline.catalog.web_forms import MailPart, WebForm
    from formline.fields.field import Field
    from formline.runtime.site import Site
    from formline.runtime.web_forms.mails import Mail

#: The largest mail taken, in bytes.
MOST_BYTES = 25 * MEGABYTE
#: More mails for one form in an hour, and the next ones wait for a person.
MOST_AN_HOUR = 300
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,39}")


class MailRefusedError(FormlineError):
    """A mail that becomes nothing: too large, or the form takes none."""

    code = "mail_refused"
    status = 422


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a mail; ``refused`` says why it is nothing to anybody, such as an automatic answer."""

    record: UUID | None = None
    answers: UUID | None = None
    held: bool = False
    refused: str = ""


def receive(site: Site, name: str, raw: bytes, now: datetime) -> Received:
    """Take one mail for a form.

    Raises:
        NotFoundError: there is no such form, or it is switched off. MailRefusedError: it takes no mails; too large.
    """
    release = site.refresh()
    catalog = release.catalog
    if not catalog.has("web_form", name):
        raise NotFoundError(f"There is no web form {name!r}.")
    form: WebForm = catalog.get("web_form", name)
    if form.mail is None:
        raise MailRefusedError(f"The web form {name} takes no mails.", hint="add mail: to its definition")
    if len(raw) > MOST_BYTES:
        raise MailRefusedError(f"The mail is larger than {MOST_BYTES // MEGABYTE} MB.")
    mail = mails.read(raw)
    if mail.automatic or not mail.address or mail.address in own_addresses(site):
        return Received(refused=mail.automatic or ("it has no sender" if not mail.address else "we sent it"))
    with site.reading() as connection:
        if storage.is_off(connection, name):
            raise NotFoundError(f"The web form {name} is switched off.")
        if storage.is_known(connection, name, mail.identity):
            return Received(refused="it came before")
        answers = _answered(site, connection, form, form.mail, mail)
        many = _in_the_last_hour(connection, name, now) >= MOST_AN_HOUR
    target = catalog.object(form.mail.replies.object if answers and form.mail.replies else form.object)
    row = _row(target, form.mail, mail, answers=answers is not None)
    row, files = _with_files(site, form, target, mail, row, answers=answers is not None)
    sent = Sent(name, mail.identity, row, files=files, mailed=True, answers=answers, confirmed=True)
    reasons = [*suspicion.signs_of_text(form, row)]
    reasons += [suspicion.SPAM] if mail.spam else []
    reasons += [suspicion.MANY] if many else []
    try:
        outcome = submitting.submit(site, form, sent, now, reasons)
    except (ValidationError, ConflictError):
        submitting.hold(site, form, sent, now, [*reasons, suspicion.INVALID])
        return Received(held=True)
    return Received(outcome.record, answers, outcome.held)


def own_addresses(site: Site) -> frozenset[str]:
    """Return the addresses this site sends from: what comes from them goes round in a circle."""
    host = urlsplit(site.settings.public_url).hostname or "localhost"
    named = re.findall(r"[^\s<>,;]+@[^\s<>,;]+", site.settings.mail_from or "")
    return frozenset(each.lower() for each in (*named, f"formline@{host}"))


def _answered(site: Site, connection: Connection, form: WebForm, part: MailPart, mail: Mail) -> UUID | None:
    """Return the record a mail answers: by the mails it names, or by a number that its sender's record has."""
    if part.replies is None:
        return None
    found = storage.record_of(connection, form.name, mail.references) if mail.references else None
    if found is not None and _record(site, connection, form, {"field": "id", "op": "eq", "value": found}):
        return found
    words = _NUMBER.findall(mail.subject.upper())[:20]
    if not part.number or not words:
        return None
    row = _record(site, connection, form, {"field": part.number, "op": "in", "value": words}, part.address)
    # Numbers can be guessed: only who wrote first goes on with a record.
    if row is None or str(row.get(part.address) or "").lower() != mail.address:
        return None
    key: UUID = row["id"]  # type: ignore[assignment]
    return key


def _record(
    site: Site, connection: Connection, form: WebForm, where: Mapping[str, object], *more: str
) -> Mapping[str, object] | None:
    query = Query(form.object, ("id", *more), where=where, limit=1)
    rows = fetch(connection, site.release, Actor.system(), query).rows
    return rows[0] if rows else None


def _in_the_last_hour(connection: Connection, name: str, now: datetime) -> int:
    recent = submission.c.created_at > now - timedelta(hours=1)
    found = select(func.count()).where(submission.c.form == name, submission.c.mailed, recent)
    return int(connection.execute(found).scalar_one())


def _row(target: Object, part: MailPart, mail: Mail, *, answers: bool) -> dict[str, object]:
    """Return the values of the record by field, cut to what the fields take."""
    replies = part.replies if answers else None
    names = (
        (replies.subject, replies.text, replies.address, "")
        if replies
        else (part.subject, part.text, part.address, part.person)
    )
    person = mail.person or mail.address.partition("@")[0]
    texts = (mail.subject or mail.text.partition("\n")[0] or mail.address, mail.text, mail.address, person)
    pairs = zip(names, texts, strict=True)
    return {name: _cut(target.fields[name], text) for name, text in pairs if name and text}


def _cut(field: Field, text: str) -> str:
    most = field.params.get("max_length")
    return text[:most] if isinstance(most, int) else text


def _with_files(
    site: Site, form: WebForm, target: Object, mail: Mail, row: dict[str, object], *, answers: bool
) -> tuple[dict[str, object], tuple[UUID, ...]]:
    """Keep what is attached, in its field or for the record as a whole; the text names what is not taken."""
    name = form.mail.files if form.mail is not None and not answers else ""
    field = target.fields[name] if name else None
    most = mails.MOST_FILES if field is None or is_multiple(field) else 1
    kept: list[UUID] = []
    lost: list[str] = []
    for number, one in enumerate(mail.files):
        if number >= most or (field is None and not target.attachments):
            lost.append(one.name)
            continue
        try:
            made = stage(site, Actor.sender(form.name), Target(target, field), one.name, io.BytesIO(one.content))
        except UploadError:
            lost.append(one.name)
        else:
            kept.append(made.id)
    if lost and form.mail is not None:
        text = form.mail.replies.text if answers and form.mail.replies else form.mail.text
        if text:
            told = f"\n\n[{', '.join(lost[: mails.MOST_FILES])}{', …' * (len(lost) > mails.MOST_FILES)}]"
            # What was written makes room for it, or the text would be longer than its field.
            room = len(_cut(target.fields[text], "x" * mails.LONGEST)) - len(told)
            row[text] = _cut(target.fields[text], f"{str(row.get(text, ''))[: max(room, 0)]}{told}".strip())
    if field is not None and kept:
        return {**row, name: [str(key) for key in kept]}, ()
    return row, tuple(kept)
