"""Ending a person's sign-in: the page asks who takes over what they own; the records follow by a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime.access import transfer
from formline.runtime.queries import get
from formline.runtime.unit import run_unit
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.access.blueprint import blueprint
from formline.web.auth import login
from formline.web.i18n import gettext as _
from formline.web.records.actions import PROVIDERS, Action
from formline.web.visit import Visit, visit

RIGHT = "manage_users"
USER = "user"


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield what administrators find on a person's page beside the buttons of their account."""
    if obj.name != USER or record["id"] == here.actor.user_id or record.get("active") is False:
        return
    if here.rights.may("manage_access"):
        yield Action(_("View as"), url_for("access.view_as_form", user_id=record["id"]), "eye", dialog=True)
    if here.rights.may(RIGHT):
        yield Action(_("End sign-in"), url_for("access.leave_form", user_id=record["id"]), "lock", dialog=True)


PROVIDERS.append(actions)


@blueprint.get("/people/<uuid:user_id>/leave")
def leave_form(user_id: UUID) -> str:
    """Ask who takes over what a person owns."""
    return _dialog(visit(), user_id, [])


@blueprint.post("/people/<uuid:user_id>/leave")
def leave(user_id: UUID) -> Response | tuple[str, int]:
    """End the sign-in and its sessions now, and have the records given to the other by a job."""
    login.require_admin(RIGHT)
    here = visit()
    try:
        to = answers.chosen_id("to") if request.form.get("to") else None
        run_unit(here.site, here.actor, lambda unit: transfer.deactivate(unit, user_id, to), source="form")
    except ValidationError as error:
        return _dialog(here, user_id, answers.messages(error)), 422
    return answers.go(f"{addresses.record(USER, user_id)}?saved=1")


def _dialog(here: Visit, user_id: UUID, findings: list[str]) -> str:
    login.require_admin(RIGHT)
    if user_id == here.actor.user_id:
        raise AccessDeniedError(_("Nobody ends their own sign-in."))
    person = get(here.connection, here.release, here.actor, USER, user_id, ("name",))
    if not person:
        raise NotFoundError
    owned = transfer.owned_counts(here.connection, here.release, user_id)
    labels = here.labels
    shown = [(labels.plural(here.release.catalog.object(name)), number) for name, number in owned.items()]
    return fragments.dialog(
        "access/leave.html",
        _("End sign-in"),
        user_id=user_id,
        name=person["name"],
        owned=shown,
        general=findings,
        warnings=(),
    )
