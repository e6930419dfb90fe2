"""What a message says: records as its account may read them at that moment, as JSON values and in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from formline.catalog.integrations import Integration
from formline.runtime.access.loading import load_actor
from formline.runtime.access.rights import Rights, rights
from formline.runtime.queries import Query, fetch
from formline.runtime.queries.paths import end_of
from formline.runtime.webhooks.connectors import Message

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.site import Site

#: Lines of one text for people.
MOST_LINES = 20


def message_of(
    site: Site, connection: Connection, told: Integration, row: Mapping[str, Any], user_id: UUID, now: datetime
) -> Message | None:
    """Return the message of a row of ``formline_sent``; None where its account may read none of the records.

    Raises:
        AccessDeniedError: the account was ended.
    """
    release = site.release
    actor = load_actor(connection, release, user_id)
    gone = row["event"] == "deleted"
    these = {"field": "id", "op": "in", "value": list(row["record_ids"])}
    wanted = ("id",) if gone else told.told and ("id", *told.told)
    query = Query(told.object, tuple(dict.fromkeys(wanted)), where=these, limit=500, deleted=gone)
    records = fetch(connection, release, actor, query).rows
    if not records:
        return None
    content: dict[str, Any] = {
        "type": f"{told.object}.{row['event']}",
        "timestamp": row["created_at"].isoformat(),
        "data": {"integration": told.name, "object": told.object, "records": records},
    }
    changed = _changed(release, actor, told, row["payload"])
    if changed:
        content["data"]["changed"] = changed
    if row["payload"].get("transition"):
        content["data"]["transition"] = row["payload"]["transition"]
    access = rights(release, actor)
    lines = (
        [_line(access, told, record, site.settings.base_currency) for record in records[:MOST_LINES]]
        if told.message and not gone
        else []
    )
    more = len(records) - len(lines)
    text = "\n".join([*lines, *([f"+ {more}"] if lines and more else [])])
    url = f"{site.settings.address}/o/{told.object}"
    url += f"/{records[0]['id']}" if len(records) == 1 else ""
    return Message(str(row["id"]), content, text, url, now)


def _changed(release: Release, actor: Actor, told: Integration, payload: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that changed, of those that the account may read and is told of."""
    names = release.model(told.object).field_names
    access = rights(release, actor).object(told.object)
    wanted = {path.partition(".")[0] for path in told.told}
    found = {names.get(number, "") for number in payload.get("fields") or ()} - {""}
    return sorted(name for name in found if (not wanted or name in wanted) and access.shown(name))


def _line(access: Rights, told: Integration, record: Mapping[str, Any], base: str) -> str:
    """Return the message of one record; every second piece is a path."""
    pieces = enumerate(told.message)
    parts = (_words(access, told.object, piece, record, base) if number % 2 else piece for number, piece in pieces)
    return "".join(parts)


def _words(access: Rights, object_name: str, path: str, record: Mapping[str, Any], base: str) -> str:
    """Return a value as people read it in a chat; what is not there, or not to be read, is a dash.

    ``base`` is the currency of amounts that name none.
    """
    value = record.get(path)
    if value is None:
        return "–"
    found = end_of(access, object_name, tuple(path.split(".")))
    choices = found[0].shown.choices if found is not None else {}
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    text = ", ".join(str(getattr(choices.get(each), "label", "") or _plain(each)) for each in values)
    if found is not None and found[0].shown.type.name == "money":
        return f"{record.get(f'{path}.currency') or base} {text}"
    return text


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return value.isoformat(" ", "minutes") if isinstance(value, datetime) else str(value)
