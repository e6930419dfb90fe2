"""Giving records to another owner or a queue, one or many, and taking one that waits in a queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for
from werkzeug.wrappers import Response

from formline.catalog.model import Link
from formline.catalog.objects import Object
from formline.errors import NotFoundError, ValidationError
from formline.runtime.access import grants, load_actor, transfer
from formline.runtime.access.permitted import permitted
from formline.runtime.access.transfer import OldOwner, Transfer
from formline.runtime.unit import run_unit
from formline.web import addresses, fragments
from formline.web.access import answers
from formline.web.access.blueprint import blueprint
from formline.web.access.sharing_routes import ACTIVE
from formline.web.i18n import gettext as _
from formline.web.i18n import ngettext
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import readable_object
from formline.web.visit import Visit, visit

#: As many are moved while the person waits; more by a job.
AT_ONCE = 100
_OLD_OWNER: tuple[OldOwner, ...] = ("out", "read", "read_write")


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to the dialog for who may transfer this record."""
    if "owner" not in obj.fields or not here.rights.object(obj.name).can("transfer"):
        return
    if permitted(here.connection, here.release, here.actor, obj.name, [record["id"]], "transfer"):
        address = url_for("access.transfer_form", object_name=obj.name, id=record["id"])
        yield Action(_("Transfer"), address, "switch-horizontal", dialog=True)


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/transfer")
def transfer_form(object_name: str) -> str:
    """Ask who gets the records named by ``id``, which children follow, and what the old owner keeps."""
    here = visit()
    obj = _transferable(here, object_name)
    return _dialog(here, obj, _ids(request.args.getlist("id")), [])


@blueprint.post("/o/<object_name>/transfer", endpoint="transfer")
def give_away(object_name: str) -> Response | tuple[str, int]:
    """Move records: some at once, many by a job; or put them into a queue."""
    here = visit()
    obj = _transferable(here, object_name)
    ids = _ids(request.form.getlist("id"))
    try:
        if queue := request.form.get("queue"):
            group = UUID(queue)
            run_unit(here.site, here.actor, lambda unit: grants.put_into_queue(unit, obj.name, ids[:500], group))
        else:
            _transfer(here, obj, ids)
    except ValidationError as error:
        return _dialog(here, obj, ids, answers.messages(error)), 422
    except ValueError:
        raise NotFoundError from None
    still = len(ids) == 1 and _still_reads(here, obj, ids[0])
    return answers.go(f"{addresses.record(obj.name, ids[0]) if still else addresses.list_of(obj.name)}?saved=1")


def _still_reads(here: Visit, obj: Object, record_id: UUID) -> bool:
    """Return whether the person can read the record they gave away: what they kept of it is new."""
    with here.site.reading() as connection:
        again = load_actor(connection, here.release, here.actor.user_id) if here.actor.user_id else here.actor
        return bool(permitted(connection, here.release, again, obj.name, [record_id], "read"))


def _transfer(here: Visit, obj: Object, ids: list[UUID]) -> Counter[str]:
    kept: OldOwner = next((each for each in _OLD_OWNER if each == request.form.get("old_owner")), "out")
    wanted = Transfer(obj.name, answers.chosen_id("to"), tuple(request.form.getlist("children")), kept)
    if len(ids) > AT_ONCE:
        run_unit(here.site, here.actor, lambda unit: transfer.enqueue(unit, wanted, ids))
        return Counter()
    return run_unit(
        here.site, here.actor, lambda unit: transfer.transfer(unit, wanted, ids), source="form", confirm=True
    )


@blueprint.post("/o/<object_name>/<uuid:record_id>/take")
def take(object_name: str, record_id: UUID) -> Response:
    """Become the owner of a record that waits in a queue of one's own."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    run_unit(here.site, here.actor, lambda unit: grants.take(unit, obj.name, [record_id]))
    return answers.done(obj, record_id)


def _transferable(here: Visit, object_name: str) -> Object:
    obj = readable_object(here, object_name)
    if "owner" not in obj.fields or not here.rights.object(obj.name).can("transfer"):
        raise NotFoundError
    return obj


def _ids(texts: list[str]) -> list[UUID]:
    try:
        ids = list(dict.fromkeys(UUID(text) for text in texts[: transfer.MOST + 1]))
    except ValueError:
        raise NotFoundError from None
    if not ids:
        raise NotFoundError
    return ids


def _dialog(here: Visit, obj: Object, ids: list[UUID], findings: list[str]) -> str:
    children = [
        (link.reverse, _label(here, obj, link))
        for link in transfer.children_of(here.release, obj.name)
        if here.rights.object(link.object).can("transfer")
    ]
    count = ngettext("{number} record", "{number} records", len(ids)).format(number=len(ids))
    return fragments.dialog(
        "access/transfer.html",
        _("Transfer"),
        object=obj,
        ids=ids,
        count=count,
        children=children,
        queues=_queues(here),
        chosen=request.form.getlist("children"),
        general=findings,
        warnings=(),
    )


def _label(here: Visit, obj: Object, link: Link) -> str:
    """Return what children are called; those of the same object with the lookup that makes them children."""
    child = here.release.catalog.object(link.object)
    plural = here.labels.plural(child)
    return plural if child.name != obj.name else f"{plural} · {here.labels.field(child.fields[link.field])}"


def _queues(here: Visit) -> list[tuple[UUID, str]]:
    return answers.titled(here, "group", {"and": [ACTIVE, {"field": "queue", "op": "eq", "value": True}]})
