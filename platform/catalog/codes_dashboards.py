"""Codes about dashboards. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_DEAL = (
    "---\nkind: object\nname: deal\nfields:\n  name: {type: text}\n  size: {type: integer}\n"
    "  kind_of: {type: choice, choices: [a, b]}\n  host: {type: user}\n"
)
_APP = "kind: app\nname: sales\nitems: [{{dashboard: {name}}}]\n---\n"
_START = "kind: dashboard\nname: deals\nwidgets:\n"


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    file = "dashboards/deals.yaml"
    return CodeDoc(code, title, why, f"{_START}{wrong}\n{_DEAL}", f"{_START}{right}\n{_DEAL}", file, group="catalog")


register(
    CodeDoc(
        "unknown-dashboard",
        "There is no dashboard of this name.",
        "An app names the dashboards in its navigation.",
        f"{_APP.format(name='deal')}{_START}  - {{number: all, object: deal}}\n{_DEAL}",
        f"{_APP.format(name='deals')}{_START}  - {{number: all, object: deal}}\n{_DEAL}",
        "apps/sales.yaml",
        group="catalog",
    ),
    _doc(
        "not-a-person",
        "The team of a dashboard is chosen by a field that holds no person.",
        "Mine, my reports and my department are found by who a record belongs to.",
        "  - {number: count, object: deal, owner: name}",
        "  - {number: count, object: deal, owner: host}",
    ),
    _doc(
        "funnel-steps",
        "A funnel is cut by a field that has no steps.",
        "The steps of a funnel stand in the order of the states or choices.",
        "  - {chart: sizes, type: funnel, object: deal, group_by: size}",
        "  - {chart: sizes, type: funnel, object: deal, group_by: kind_of}",
    ),
)
