"""How another system is spoken to: a connector makes a request of a message; the plain one is here, plug-ins add more.

A connector sends nothing itself: every request goes through ``outbound.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from formline.catalog.integrations import WEBHOOK
from formline.runtime.outbound import Answer
from formline.runtime.webhooks import signing

if TYPE_CHECKING:
    from formline.runtime.site import Site


@dataclass(frozen=True, slots=True)
class Message:
    """One message: ``content`` is JSON values, ``text`` the same in words for people, "" where nobody wrote any.

    ``url`` leads to what it tells of. ``id`` is the same at every attempt.
    """

    id: str
    content: Mapping[str, Any]
    text: str
    url: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes, and the secrets that count, newest first."""

    address: str
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connector:
    """One way to speak. ``prepare`` makes the request; ``accepted`` says whether an answer means that it was taken.

    ``label`` and ``help`` are what the page of integrations says of it, in the definitions' language.
    """

    name: str
    label: str
    prepare: Callable[[Message, Target], Request]
    accepted: Callable[[Answer], bool] = lambda answer: 200 <= answer.status < 300
    help: str = ""
    #: Whether the page makes a secret; else a person enters the one the other system made.
    makes_secret: bool = False


def plain(message: Message, target: Target) -> Request:
    """Make the request of a plain webhook: JSON, signed as Standard Webhooks says."""
    body = orjson.dumps(message.content, default=str)
    signed = signing.headers(target.secrets, message.id, message.now, body)
    return Request(target.address, body, {"Content-Type": "application/json", **signed})


OWN = Connector(
    WEBHOOK,
    "Webhook",
    plain,
    help="Posts JSON, signed as Standard Webhooks says.",
    makes_secret=True,
)


def connectors_of(site: Site) -> dict[str, Connector]:
    """Return the connectors of a site by name: the platform's own and those of its plug-ins."""
    found = {OWN.name: OWN}
    if site.plugins is not None:
        found |= {one.name: one for given in site.plugins.hook.connectors(site=site) for one in given}
    return found
