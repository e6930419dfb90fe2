"""The platform's own tables (prefix ``formline_``), one module per domain; objects' tables are compiled in release.py.

Object and field references are permanent ids, never names. ``schema.py`` creates and migrates these tables: a module
must be imported here to be created.
"""

from __future__ import annotations

from formline.runtime.tables.accounts import (
    account,
    closure,
    epoch,
    login_attempt,
    rate,
    security_event,
    session,
    share,
    token,
)
from formline.runtime.tables.after_commit import delivery, job, notification, outbox, schedule
from formline.runtime.tables.approvals import (
    approval,
    approval_copy,
    approval_event,
    approval_substitute,
    approval_task,
    approval_timer,
    approval_version,
)
from formline.runtime.tables.assignment import assignment_log, assignment_round, assignment_turn
from formline.runtime.tables.audit import seal, sealed_erasure
from formline.runtime.tables.automation import automation_run
from formline.runtime.tables.base import METADATA, Json, Serial
from formline.runtime.tables.clocks import checklist_tick, clock
from formline.runtime.tables.files import file
from formline.runtime.tables.home import dashboard_layout
from formline.runtime.tables.identities import identity
from formline.runtime.tables.importing import export, import_, import_unit
from formline.runtime.tables.matching import conversion, match_key, merge, merged
from formline.runtime.tables.messages import integration, mail_address, received, sent
from formline.runtime.tables.personal import draft, follower
from formline.runtime.tables.pools import pool_entry, pool_log, pool_ownership, pool_person
from formline.runtime.tables.public_links import public_link
from formline.runtime.tables.records import deletion, history, idempotency, saved_view, sequence
from formline.runtime.tables.releases import column, field, leader, lease, live, object_, release, setting, site_file
from formline.runtime.tables.scripts import script_run
from formline.runtime.tables.sealing import field_key
from formline.runtime.tables.search import search_document
from formline.runtime.tables.submissions import submission

__all__ = [
    "METADATA",
    "Json",
    "Serial",
    "account",
    "approval",
    "approval_copy",
    "approval_event",
    "approval_substitute",
    "approval_task",
    "approval_timer",
    "approval_version",
    "assignment_log",
    "assignment_round",
    "assignment_turn",
    "automation_run",
    "checklist_tick",
    "clock",
    "closure",
    "column",
    "conversion",
    "dashboard_layout",
    "deletion",
    "delivery",
    "draft",
    "epoch",
    "export",
    "field",
    "field_key",
    "file",
    "follower",
    "history",
    "idempotency",
    "identity",
    "import_",
    "import_unit",
    "integration",
    "job",
    "leader",
    "lease",
    "live",
    "login_attempt",
    "mail_address",
    "match_key",
    "merge",
    "merged",
    "notification",
    "object_",
    "outbox",
    "pool_entry",
    "pool_log",
    "pool_ownership",
    "pool_person",
    "public_link",
    "rate",
    "received",
    "release",
    "saved_view",
    "schedule",
    "script_run",
    "seal",
    "sealed_erasure",
    "search_document",
    "security_event",
    "sent",
    "sequence",
    "session",
    "setting",
    "share",
    "site_file",
    "submission",
    "token",
]
