"""Text messages to mobile phones: enqueued in the transaction that causes them, sent by a plug-in; no text lives here.

Without such a plug-in a message goes to the log, but not in production, so that a development site can be tried.
"""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.fernet import Fernet

from formline.errors import FormlineError
from formline.runtime import jobs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.jobs import Running
    from formline.runtime.keyring import KeyRing
    from formline.runtime.site import Site

KIND = "send_sms"
_log = logging.getLogger("formline.sms")


class NoGatewayError(FormlineError):
    """No plug-in sends text messages."""

    code = "sms_gateway"


def send(of: Site, connection: Connection, number: str, text: str) -> UUID:
    """Enqueue a message in the caller's transaction and return the job's id; it is sealed while it waits."""
    return jobs.enqueue(connection, KIND, {"sealed": _seal(of.keys).encrypt(f"{number}\n{text}".encode()).decode()})


def _seal(keys: KeyRing) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.key("sms/sending")))


@jobs.handler(KIND)
def run(running: Running) -> None:
    """Have a plug-in send the message.

    Raises:
        NoGatewayError: none does, in production.
    """
    of = running.site
    number, _newline, text = _seal(of.keys).decrypt(str(running.job.args["sealed"]).encode()).decode().partition("\n")
    if of.plugins is not None and of.plugins.hook.send_sms(site=of, to=number, text=text):
        return
    if of.settings.production:
        raise NoGatewayError("No plug-in sends text messages.", hint="name one in FORMLINE_PLUGINS")
    _log.warning("no plug-in sends text messages; to %s: %s", number, text)
