"""Mail: written into the transaction that causes it, sent by a job through the operator's server; no text lives here.

Without a server in the settings, mails become files in ``data_dir/mail``: so a development site shows what it would
send. What a mail says is sealed while it waits, since it may hold a link that signs somebody in.
"""

from __future__ import annotations

import base64
import logging
import os
import smtplib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection

from formline.errors import FormlineError
from formline.runtime import bounces, jobs

if TYPE_CHECKING:
    from formline.runtime.jobs import Running
    from formline.runtime.keyring import KeyRing
    from formline.runtime.site import Site
    from formline.settings import Settings

KIND = "send_mail"
SECONDS = 30
FOLDER = "mail"
_log = logging.getLogger("formline.mail")


class MailError(FormlineError):
    """A mail that no attempt will ever send: an address the server refuses, or none."""

    code = "mail"


class AddressRefusedError(MailError):
    """The mail server refuses the address for good; ``status`` is its answer."""

    def __init__(self, message: str, *, status: int) -> None:
        """Keep the answer's number."""
        super().__init__(message)
        self.status = status


def send(
    of: Site,
    connection: Connection,
    to: str,
    subject: str,
    text: str,
    *,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    created_by: UUID | None = None,
) -> UUID:
    """Enqueue a mail in the caller's transaction and return the job's id; it goes out after the commit.

    Raises:
        MailError: the address, the subject or a header has a line break, by which headers could be forged.
    """
    more = dict(headers or {})
    if any(character in to + subject + "".join(more.values()) for character in "\r\n") or "@" not in to:
        raise MailError("The address or the subject of a mail is not well-formed.")
    content = orjson.dumps({"to": to, "subject": subject, "text": text, "html": html, "headers": more})
    return jobs.enqueue(connection, KIND, {"sealed": _seal(of.keys).encrypt(content).decode()}, created_by=created_by)


def _seal(keys: KeyRing) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.key("mail")))


@jobs.handler(KIND)
def run(running: Running) -> None:
    """Send one mail. What the server refuses for now is tried again, what it refuses for good is not."""
    site = running.site
    content = orjson.loads(_seal(site.keys).decrypt(str(running.job.args["sealed"]).encode()))
    # The same id at every attempt: a server that took the first one recognises the second.
    message = compose(site.settings, **content, identity=str(running.job.id))
    if site.settings.smtp_host:
        try:
            deliver(site.settings, message)
        except AddressRefusedError as error:
            if error.status in bounces.HARD:
                with site.writing() as connection:
                    bounces.mark(connection, site.keys, content["to"], str(error.status), datetime.now(UTC))
            raise
    else:
        _keep(site.settings, message, str(running.job.id))


def address_of(keys: KeyRing, sealed: str) -> str:
    """Return the address of a waiting or sent mail, in lower case; "" where it does not open any more."""
    try:
        return str(orjson.loads(_seal(keys).decrypt(sealed.encode()))["to"]).lower()
    except InvalidToken:
        return ""


def compose(
    settings: Settings,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    identity: str = "",
) -> EmailMessage:
    """Return the message with its headers; with ``html`` it has both forms."""
    domain = urlsplit(settings.address).hostname or "localhost"
    message = EmailMessage()
    message["From"] = settings.mail_from or f"formline@{domain}"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{identity}@{domain}>" if identity else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def deliver(settings: Settings, message: EmailMessage) -> None:
    """Hand a message to the operator's server.

    Raises:
        MailError: the server refuses it for good.
        OSError: the server cannot be reached or refuses it for now.
    """
    context = ssl.create_default_context()
    try:
        if settings.smtp_security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=SECONDS, context=context
            )
        else:
            client = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SECONDS)
        with client:
            if settings.smtp_security == "starttls":
                client.starttls(context=context)
            if settings.smtp_user:
                client.login(settings.smtp_user, settings.smtp_password)
            client.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _reason in error.recipients.values()]
        if all(code >= 500 for code in codes):
            raise AddressRefusedError("The mail server refuses the address.", status=codes[0]) from error
        raise


def _keep(settings: Settings, message: EmailMessage, name: str) -> None:
    folder = settings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{name}.eml"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(message.as_bytes())
    _log.info("no smtp_host is set: the mail is in %s", file)
