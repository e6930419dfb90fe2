"""Dashboards as people arrange them: which widgets stand where; what a widget is, is the definitions' affair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select

from formline.runtime.driver import DriverQuery
from formline.runtime.release import Release
from formline.runtime.tables import dashboard_layout

MOST_WIDGETS = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where a widget stands: ``widget`` is ``dashboard.name``; columns of twelve and rows, counted from 0."""

    widget: str
    x: int
    y: int
    width: int
    height: int


_KEPT = select(dashboard_layout.c.widgets).where(
    dashboard_layout.c.user_id == bindparam("person"), dashboard_layout.c.dashboard == bindparam("dashboard")
)


def load(connection: Connection, release: Release, user_id: UUID | None, dashboard: str) -> tuple[Place, ...] | None:
    """Return how a person has arranged a dashboard; None where they left it as it is defined."""
    query = release.memo("dashboard layout", lambda: DriverQuery(_KEPT))
    rows = query.rows(connection, {"person": user_id, "dashboard": dashboard})
    return tuple(Place(*each) for each in rows[0][0]) if rows else None


def save(connection: Connection, user_id: UUID, dashboard: str, places: Sequence[Place]) -> None:
    """Keep an arrangement in place of the one before."""
    reset(connection, user_id, dashboard)
    kept: list[list[Any]] = [[one.widget, one.x, one.y, one.width, one.height] for one in places[:MOST_WIDGETS]]
    values = {"user_id": user_id, "dashboard": dashboard, "widgets": kept, "updated_at": datetime.now(UTC)}
    connection.execute(insert(dashboard_layout).values(**values))


def reset(connection: Connection, user_id: UUID, dashboard: str) -> None:
    """Forget an arrangement: the dashboard is as defined again."""
    own = (dashboard_layout.c.user_id == user_id, dashboard_layout.c.dashboard == dashboard)
    connection.execute(delete(dashboard_layout).where(*own))
