"""Signed links of mails that lead to one task: bound to the ballot, the revision and the person, for some days.

They are built from the site's own address, never a request's. What they open is in ``inbox/link_routes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection, select

from formline.runtime.tables import approval, approval_task
from formline.web import addresses

if TYPE_CHECKING:
    from formline.runtime.site import Site

PATH = "/decide/"
#: Kinds of notices whose mails carry such a link.
KINDS = frozenset({"approval_task", "approval_remind"})
LIFETIME = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link stands for."""

    approval_id: UUID
    ballot: str
    revision: int
    user_id: UUID


def _signer(site: Site) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site.keys.key("decision links"))


def path(site: Site, connection: Connection, user_id: UUID, approval_id: UUID) -> str:
    """Return the path of a link to a person's open task; that of the approval where they have none."""
    t, a = approval_task.c, approval.c
    wanted = select(t.ballot, a.revision).join(approval, a.id == t.approval_id)
    wanted = wanted.where(t.approval_id == approval_id, t.person_id == user_id, t.state == "open")
    found = connection.execute(wanted.order_by(t.opened_at.desc()).limit(1)).first()
    if found is None:
        return addresses.approval(approval_id)
    return PATH + token(site, Invitation(approval_id, found.ballot, found.revision, user_id))


def token(site: Site, one: Invitation) -> str:
    """Return an invitation as a signed text."""
    return _signer(site).dumps([str(one.approval_id), one.ballot, one.revision, str(one.user_id)])


def invitation(site: Site, text: str) -> Invitation | None:
    """Return what a link stands for; None where it is not ours or too old."""
    try:
        approval_id, ballot, revision, user_id = _signer(site).loads(text, max_age=LIFETIME)
        return Invitation(UUID(approval_id), str(ballot), int(revision), UUID(user_id))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None
