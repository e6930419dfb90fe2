"""Codes about approvals that run, and their tests: what a plan and ``formline test`` report. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

GROUP = "running"


def _deal(fields: str, steps: str, tests: str = "") -> str:
    return (
        "kind: object\nname: deal\nfields:\n  name: {type: text, required: true}\n"
        f"  amount: {{type: money}}{fields}\n"
        "---\nkind: role\nname: boss\nlabel: Boss\nobjects: {deal: {read: all}}\n"
        f"---\nkind: approval\nname: deals\nobject: deal\nguards: {{update: [amount]}}\nsteps: [{steps}]\n{tests}"
    )


_DISCOUNT = "\n  discount: {type: percent}"
_BOSS = "{approve: boss, approvers: {role: boss}}"
_LARGE = "{approve: boss, approvers: {role: boss}, show: [discount]}"
_SECOND = f"{_BOSS}, {{approve: second, approvers: {{role: boss}}}}"

register(
    CodeDoc(
        "running-approvals",
        "Approvals are running that need what the plan takes away.",
        "They go on in the version they began with, which reads the field, transition or object. End them first "
        "(`formline approvals running` lists them), or keep what they need until they have ended.",
        _deal("", _BOSS),
        _deal(_DISCOUNT, _BOSS),
        "workflows/deals.yaml",
        below=_deal(_DISCOUNT, _LARGE),
        group=GROUP,
    ),
    CodeDoc(
        "approvals-stay",
        "Approvals are running in the version before.",
        "A warning: they end as they began. `formline approvals migrate NAME` takes them to the new version.",
        _deal("", _SECOND),
        _deal("", _BOSS),
        "workflows/deals.yaml",
        below=_deal("", _BOSS),
        group=GROUP,
    ),
    CodeDoc(
        "test-failed",
        "A test of an approval comes out otherwise.",
        "The path is what everybody who approves leads to; mend the steps, or the test.",
        _deal("", _BOSS, "tests: {small: {record: {amount: 1}, path: [second]}}\n"),
        _deal("", _BOSS, "tests: {small: {record: {amount: 1}, path: [boss]}}\n"),
        "workflows/deals.yaml",
        group=GROUP,
    ),
)
