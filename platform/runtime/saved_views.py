"""Lists as people keep them: personal ones, and shared ones; what a kept list means is the pages' affair.

A definition is JSON whose paths are permanent field ids (``12.40`` for a field reached through a lookup), so renaming a
field changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from formline.runtime.driver import DriverQuery
from formline.runtime.keys import uuid7
from formline.runtime.release import Release
from formline.runtime.tables import saved_view

EVERYONE = "everyone"
MOST = 50


@dataclass(frozen=True, slots=True)
class SavedView:
    """One kept list. ``roles`` are those it is shared with, ``everyone`` among them for all; default for its owner."""

    id: UUID
    owner_id: UUID | None
    name: str
    roles: tuple[str, ...]
    definition: Mapping[str, Any]
    is_default: bool


def readable(
    connection: Connection, release: Release, object_id: int, user_id: UUID | None, roles: Collection[str]
) -> list[SavedView]:
    """Return a person's own views of an object, then those shared with them, in their order."""
    query = release.memo("saved views", lambda: DriverQuery(_READABLE))
    rows = query.rows(connection, {"object": object_id, "person": user_id})
    found = [_view(dict(zip(_NAMES, row, strict=True))) for row in rows]
    mine = [view for view in found if view.owner_id == user_id]
    shared = [view for view in found if view.owner_id != user_id and _reaches(view, roles)]
    return [*mine, *shared][:MOST]


def named(
    connection: Connection, ids: Collection[UUID], user_id: UUID | None, roles: Collection[str]
) -> dict[UUID, SavedView]:
    """Return those of some views, of any objects, that are a person's own or shared with them, by id."""
    rows = connection.execute(select(saved_view).where(saved_view.c.id.in_(ids))).mappings() if ids else ()
    found = (_view(dict(row)) for row in rows)
    return {view.id: view for view in found if view.owner_id == user_id or _reaches(view, roles)}


_NAMES = tuple(saved_view.c.keys())
_READABLE = (
    select(saved_view)
    .where(
        saved_view.c.object_id == bindparam("object"),
        or_(saved_view.c.owner_id == bindparam("person"), saved_view.c.shared_with.is_not(None)),
    )
    .order_by(saved_view.c.position, saved_view.c.created_at, saved_view.c.id)
)


def _reaches(view: SavedView, roles: Collection[str]) -> bool:
    return EVERYONE in view.roles or any(role in roles for role in view.roles)


def create(
    connection: Connection, object_id: int, owner_id: UUID, name: str, definition: Mapping[str, Any], now: datetime
) -> UUID:
    """Keep a list and return its id."""
    key = uuid7()
    values = {"id": key, "object_id": object_id, "owner_id": owner_id, "name": name, "definition": dict(definition)}
    connection.execute(insert(saved_view).values(**values, created_at=now, updated_at=now))
    return key


def change(connection: Connection, view: SavedView, **values: Any) -> None:
    """Write ``name``, ``definition`` or ``roles`` of a view."""
    if "roles" in values:
        roles = values.pop("roles")
        values["shared_with"] = {"roles": list(roles)} if roles else None
    statement = update(saved_view).where(saved_view.c.id == view.id)
    connection.execute(statement.values(**values, updated_at=datetime.now(UTC)))


def make_default(connection: Connection, object_id: int, owner_id: UUID, view_id: UUID | None) -> None:
    """Make one of a person's own views the one their list starts with; none where ``view_id`` is None."""
    own = (saved_view.c.object_id == object_id, saved_view.c.owner_id == owner_id)
    connection.execute(update(saved_view).where(*own).values(is_default=False))
    if view_id is not None:
        connection.execute(update(saved_view).where(*own, saved_view.c.id == view_id).values(is_default=True))


def remove(connection: Connection, view: SavedView) -> None:
    """Delete a view."""
    connection.execute(delete(saved_view).where(saved_view.c.id == view.id))


def _view(row: Mapping[str, Any]) -> SavedView:
    shared = row["shared_with"] or {}
    return SavedView(
        row["id"],
        row["owner_id"],
        row["name"],
        tuple(shared.get("roles") or ()),
        row["definition"],
        bool(row["is_default"]),
    )


# --- paths as permanent ids ------------------------------------------------------------------------------------------


def ids_of(release: Release, object_name: str, path: str) -> str | None:
    """Return a path with ids in place of names; None where it leads nowhere."""
    found = []
    for step in path.split("."):
        model = release.model(object_name)
        if step not in model.field_ids:
            return None
        found.append(str(model.field_ids[step]))
        targets = model.object.fields[step].to
        object_name = targets[0] if targets else object_name
    return ".".join(found)


def names_of(release: Release, object_name: str, ids: str) -> str | None:
    """Return a path of ids with today's names; None where a field is gone."""
    found = []
    for step in ids.split("."):
        model = release.model(object_name)
        name = model.field_names.get(int(step)) if step.isdigit() else None
        if name is None or name not in model.object.fields:
            return None
        found.append(name)
        targets = model.object.fields[name].to
        object_name = targets[0] if targets else object_name
    return ".".join(found)
