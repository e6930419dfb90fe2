"""Putting a record back into its pool, from its own page; the button says until when its owner has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime.unit import run_unit
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.i18n import gettext as _
from formline.web.pools.blueprint import blueprint
from formline.web.pools.routes import label_of
from formline.web.records.actions import PROVIDERS, Action
from formline.web.visit import Visit, visit
from formline.workflow.pools import moving
from formline.workflow.pools.definition import Pool, pools_of
from formline.workflow.pools.people import is_administrator
from formline.workflow.pools.survey import Held, deadlines, homes


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way into the pool for the owner of a record and for administrators of its pool."""
    pool = _pool(here, obj.name, record)
    if pool is not None:
        held = _held(here, pool, record["id"])
        day = here.formats.date(held.deadline.at.astimezone(here.locale.zone).date()) if held else ""
        label = _("Put back (due %(day)s)") % {"day": day} if day else _("Put back")
        address = url_for("pools.put_back_form", object_name=obj.name, record_id=record["id"])
        yield Action(label, address, "arrow-back-up", dialog=True)


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/put-back")
def put_back_form(object_name: str, record_id: UUID) -> str:
    """Ask before a record goes back, and say when it would by itself."""
    here = visit()
    obj, record = answers.target(here, object_name, record_id)
    pool = _pool(here, obj.name, record)
    if pool is None:
        raise NotFoundError
    held = _held(here, pool, record_id)
    values = {
        "object": obj,
        "record_id": record_id,
        "label": label_of(here, pool),
        "due": here.formats.datetime(held.deadline.at) if held else "",
        "rule": held.deadline.rule.label if held else "",
    }
    return fragments.dialog("pools/put_back.html", _("Put back"), **values)


@blueprint.post("/o/<object_name>/<uuid:record_id>/put-back")
def put_back(object_name: str, record_id: UUID) -> Response:
    """Put a record back into its pool."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    reason = request.form.get("reason", "").strip()[:500]
    run_unit(
        here.site,
        here.actor,
        lambda unit: moving.put_back(unit, obj.name, [record_id], reason),
        source="form",
        confirm=True,
    )
    return answers.go(f"{addresses.list_of(obj.name)}?saved=1")


def _pool(here: Visit, object_name: str, record: Mapping[str, Any]) -> Pool | None:
    """Return the pool this person may put a record into."""
    if not pools_of(here.release, object_name) or record.get("owner") is None:
        return None
    home = homes(here.connection, here.release, object_name, [record["id"]]).get(record["id"])
    if home is None:
        return None
    mine = record["owner"] == here.actor.user_id
    allowed = mine or is_administrator(here.connection, here.release, here.actor, home.pool)
    return home.pool if allowed else None


def _held(here: Visit, pool: Pool, record_id: UUID) -> Held | None:
    if not pool.rules:
        return None
    return deadlines(here.connection, here.release, pool, [record_id]).get(record_id)
