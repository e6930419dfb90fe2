"""Imports every module of this layer that registers a kind, a hook, a consumer or a job: the entry point's one name."""

from formline.workflow import state_machines, state_rows
from formline.workflow.approvals import guarding, kind, leaving, pinned, rows, timers
from formline.workflow.assignment import assigning
from formline.workflow.automation import dates, listening, machines, retrying, schedules
from formline.workflow.automation import keeping as automating
from formline.workflow.automation import kind as automation_kind
from formline.workflow.pools import keeping, recycling
from formline.workflow.pools import kind as pool_kind
from formline.workflow.scores import keeping as rating
from formline.workflow.scripts import after_commit, definition, patching
from formline.workflow.scripts import sharing as script_shares
from formline.workflow.segments import keeping as segmenting
from formline.workflow.sla import checks as service_levels
from formline.workflow.sla import firing, surveying
from formline.workflow.sla import keeping as clocking

__all__ = [
    "after_commit",
    "assigning",
    "automating",
    "automation_kind",
    "clocking",
    "dates",
    "definition",
    "firing",
    "guarding",
    "keeping",
    "kind",
    "leaving",
    "listening",
    "machines",
    "patching",
    "pinned",
    "pool_kind",
    "rating",
    "recycling",
    "retrying",
    "rows",
    "schedules",
    "script_shares",
    "segmenting",
    "service_levels",
    "state_machines",
    "state_rows",
    "surveying",
    "timers",
]
