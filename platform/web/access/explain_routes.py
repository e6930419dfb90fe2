"""Who can see a record, and why somebody may or may not do something with it; for holders of ``manage_access``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template, request

from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, NotFoundError
from formline.runtime.access import load_actor
from formline.runtime.access.actor import Actor
from formline.runtime.access.explain import Explanation, Ground, explain, who_may
from formline.runtime.access.levels import SCOPED_RIGHTS
from formline.runtime.queries import get
from formline.web import addresses
from formline.web.access.blueprint import blueprint
from formline.web.access.rule_words import change_in_words, rule_in_words
from formline.web.auth import login
from formline.web.auth.roles import right_words
from formline.web.i18n import gettext as _
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import title_text
from formline.web.visit import Visit, visit

RIGHT = "manage_access"
ASKED = 200  # people per page


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has the right; ``ask`` is the address that explains it in full."""

    name: str
    because: tuple[str, ...]
    ask: str


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to this page for administrators of access."""
    if here.rights.may(RIGHT):
        yield Action(_("Who can see this?"), f"{addresses.record(obj.name, record['id'])}/access", "eye")


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/access")
def who(object_name: str, record_id: UUID) -> str:
    """Show who has a right on a record, and with ``user`` why that person has it or has not.

    The record itself must be readable: administering access is no right to see everything.
    """
    login.require_admin(RIGHT)
    here = visit()
    if not here.release.catalog.has("object", object_name):
        raise NotFoundError
    obj = here.release.catalog.object(object_name)
    record = get(here.connection, here.release, here.actor, obj.name, record_id, (obj.title,))
    right = request.args.get("right", "read")
    right = right if right in SCOPED_RIGHTS else "read"
    people, more = who_may(here.connection, here.release, obj.name, record_id, right, after=_after(), limit=ASKED)
    address = f"{addresses.record(obj.name, record_id)}/access?right={right}"
    return render_template(
        "access/who.html",
        object=obj,
        record_id=record_id,
        title=title_text(obj, record),
        right=right,
        rights=right_words(),
        people=[
            Person(
                each.name, tuple(rule_in_words(here, rule) for rule in each.because), f"{address}&user={each.user_id}"
            )
            for each in people
        ],
        words=lambda rule: rule_in_words(here, rule),
        change_words=lambda smallest: change_in_words(here, smallest),
        more=f"{address}&after={more}" if more else "",
        answer=_answer(here, obj.name, record_id, right),
    )


def _after() -> UUID | None:
    try:
        return UUID(request.args["after"]) if request.args.get("after") else None
    except ValueError:
        raise NotFoundError from None


def _answer(here: Visit, object_name: str, record_id: UUID, right: str) -> tuple[str, Explanation] | None:
    """Return name and explanation of the person asked about."""
    text = request.args.get("user", "")
    if not text:
        return None
    try:
        user_id = UUID(text)
        asked = load_actor(here.connection, here.release, user_id)
    except AccessDeniedError:
        return text, Explanation(False, (Ground(_("The person does not sign in."), False),))
    except ValueError:
        raise NotFoundError from None
    name = get(here.connection, here.release, Actor.system(), "user", user_id, ("name",))["name"]
    return str(name), explain(here.connection, here.release, asked, object_name, record_id, right)
