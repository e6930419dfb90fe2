"""Since when records are in states with a limit, from their history: for records that had it before the limit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from formline.runtime.unit.state_times import entered
from formline.workflow.sla.definition import clocks_of

if TYPE_CHECKING:
    from formline.runtime.release import Release


def begun(connection: Connection, release: Release, object_name: str, ids: Collection[UUID]) -> dict[str, datetime]:
    """Return when records entered states with a limit, by ``clock record``; one statement."""
    limits = [one for one in clocks_of(release, object_name) if one.state is not None]
    model = release.model(object_name)
    if not limits or not ids or not model.object.history:
        return {}
    fields = {one.state[0]: str(model.field_ids[one.state[0]]) for one in limits if one.state}
    found = entered(connection, release.dialect, model.object_id, set(ids), set(fields.values()))
    return {
        f"{one.name} {key}": found[key, fields[one.state[0]]][0]
        for one in limits
        if one.state
        for key in ids
        if found.get((key, fields[one.state[0]]), (None, None))[1] == one.state[1]
    }
