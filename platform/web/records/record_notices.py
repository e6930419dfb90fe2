"""What stands at the head of a record before anything else: that it is locked, and why. Other parts add theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select

from formline.catalog.objects import Object
from formline.runtime.tables import approval_task
from formline.web.i18n import gettext as _
from formline.web.records.targets import titles_of
from formline.web.visit import Visit
from formline.workflow.approvals import storage
from formline.workflow.approvals.guarding import guards_of


@dataclass(frozen=True, slots=True)
class RecordNotice:
    """One line at the head of a record; ``href`` is where to read on, or ""."""

    text: str
    icon: str = "lock"
    tone: str = "orange"
    href: str = ""


Provider = Callable[[Visit, Object, Mapping[str, Any]], Iterable[RecordNotice]]
PROVIDERS: list[Provider] = []


def notices_of(visit: Visit, obj: Object, record: Mapping[str, Any]) -> list[RecordNotice]:
    """Return the notices of a record."""
    return [notice for provider in PROVIDERS for notice in provider(visit, obj, record)]


def approvals(visit: Visit, obj: Object, record: Mapping[str, Any]) -> Iterator[RecordNotice]:
    """Yield with whom a running approval of the record is, and since when."""
    if not guards_of(visit.release, obj.name):
        return
    object_id = visit.release.physical[obj.name].id
    running = storage.running_on(visit.connection, object_id, [record["id"]]).get(record["id"], [])
    people = _holders(visit, [row.id for row in running])
    names = titles_of(visit, {"user": {key for keys in people.values() for key in keys}})
    for row in running:
        since = visit.formats.moment(row.submitted_at, visit.now)
        with_whom = "、".join(names[key] for key in people.get(row.id, ()) if key in names)
        href = url_for("inbox.decision", approval_id=row.id)
        if row.status == "returned":
            text = _("Returned for changes in approval, submitted {since}.").format(since=since)
            yield RecordNotice(text, href=href)
        elif with_whom:
            text = _("In approval with {people} since {since}.").format(people=with_whom, since=since)
            yield RecordNotice(text, href=href)
        else:
            yield RecordNotice(_("In approval since {since}.").format(since=since), href=href)


def _holders(visit: Visit, ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Return who has an open task of each running approval."""
    if not ids:
        return {}
    task = approval_task.c
    statement = select(task.approval_id, task.person_id).where(task.approval_id.in_(ids), task.state == "open")
    found: dict[UUID, list[UUID]] = {}
    for key, person in visit.connection.execute(statement):
        found.setdefault(key, []).append(person)
    return found


PROVIDERS.append(approvals)
