"""Tables of home pages: how a person has arranged a dashboard."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from formline.expressions.storage_types import Instant, Key, Words
from formline.runtime.tables.base import METADATA, Json

dashboard_layout = Table(
    "formline_dashboard_layout",
    METADATA,
    Column("user_id", Key, nullable=False),
    Column("dashboard", Words, nullable=False),
    Column("widgets", Json, nullable=False),  # [["sales_home.funnel", x, y, width, height], ...]
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("user_id", "dashboard"),
)
