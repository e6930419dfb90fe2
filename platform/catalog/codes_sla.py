"""Codes about service levels. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_TICKET = (
    "---\nkind: object\nname: ticket\nfields:\n  name: {type: text, required: true}\n  urgent: {type: boolean}\n"
    "  opened: {type: datetime}\n  within: {type: duration}\n  region: {type: lookup, to: region}\n"
    "  stands: {type: choice, choices: [running, paused, overdue, met, missed]}\n"
    "  day: {type: choice, choices: [monday]}\n"
    "  hours: {type: lookup, to: calendar}\n"
    "---\nkind: object\nname: region\nfields: {name: {type: text, required: true}}\n"
    "---\nkind: object\nname: calendar\nfields: {name: {type: text, required: true}}\n"
    "---\nkind: object\nname: entry\nappend_only: true\nfields: {name: {type: text, required: true}}\n"
)


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: sla\nname: answer\nstarts: name != null\n"
    return CodeDoc(
        code,
        title,
        why,
        f"{start}{wrong}\n{_TICKET}",
        f"{start}{right}\n{_TICKET}",
        "workflows/answer.yaml",
        group="catalog",
    )


register(
    _doc(
        "sla-object",
        "The object's records never change.",
        "A clock stops when its record says so; records that can only be added never do.",
        "object: entry\ntarget: 4wh",
        "object: ticket\ntarget: 4wh",
    ),
    _doc(
        "sla-target",
        "Nothing says how long it may take.",
        "A service level has one `target`, or `targets` by name: a duration such as `4wh`, or a duration field.",
        "object: ticket\ntarget: opened",
        "object: ticket\ntarget: within",
    ),
    _doc(
        "sla-since",
        "The clock would not count from a moment.",
        "`since` leads to a field of type datetime.",
        "object: ticket\ntarget: 4wh\nsince: name",
        "object: ticket\ntarget: 4wh\nsince: opened",
    ),
    _doc(
        "sla-calendar",
        "The path leads to no calendar.",
        "`calendar` leads to a record of the object calendar.",
        "object: ticket\ntarget: 4wh\ncalendar: region",
        "object: ticket\ntarget: 4wh\ncalendar: hours",
    ),
    _doc(
        "sla-field",
        "The field cannot keep what the clock says.",
        "`due` is kept in a datetime, `status` in a choice of running, paused, overdue, met and missed.",
        "object: ticket\ntarget: 4wh\nstatus: day",
        "object: ticket\ntarget: 4wh\nstatus: stands",
    ),
)
