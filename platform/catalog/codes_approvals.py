"""Codes about approvals. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_DEAL = (
    "---\nkind: object\nname: deal\nfields:\n  name: {type: text, required: true}\n"
    "  amount: {type: money, required: true}\n  stage: {type: state, machine: stages}\n"
    "---\nkind: state_machine\nname: stages\nobject: deal\ninitial: open\nstates: {open: {label: Open}, won: {}}\n"
    "transitions: {win: {from: open, to: won}}\n---\nkind: role\nname: boss\n"
)
_START = "kind: approval\nname: winning\nobject: deal\n"
_GUARDS = "guards: {transition: win}\n"
_FIRST = "{approve: first, approvers: {role: boss}}"


def _steps(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    """Describe a mistake in the steps of an approval of deals."""
    return _doc(code, title, why, f"{_GUARDS}steps: [{wrong}]", f"{_GUARDS}steps: [{right}]")


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    file = "workflows/winning.yaml"
    return CodeDoc(code, title, why, f"{_START}{wrong}\n{_DEAL}", f"{_START}{right}\n{_DEAL}", file, group="catalog")


_PART = (
    "---\nkind: approval\nname: part\nobject: deal\nguards: subprocess\n"
    "steps: [{approve: second, approvers: {role: boss}}]\n"
)


def _with_part(code: str, title: str, why: str, wrong: str) -> CodeDoc:
    """Describe a mistake in a part of an approval; ``wrong`` is the text of the part."""
    outer = f"{_START}{_GUARDS}steps: [{_FIRST}, {{subprocess: inside, approval: part}}]\n"
    file = "workflows/winning.yaml"
    return CodeDoc(code, title, why, f"{outer}{wrong}{_DEAL}", f"{outer}{_PART}{_DEAL}", file, group="catalog")


register(
    _with_part(
        "other-object",
        "The approval inside this one is of another object.",
        "A part approves the same record as the whole.",
        _PART.replace("object: deal", "object: desk") + "---\nkind: object\nname: desk\nfields: {name: {type: text}}\n",
    ),
    _with_part(
        "endless-approval",
        "An approval contains itself.",
        "A part that leads back to the whole would never end.",
        _PART.replace("steps: [", "steps: [{subprocess: back, approval: winning}, "),
    ),
    _steps(
        "block-kind",
        "A block is of no kind, or of several.",
        "The first key of a block says what it is, and its value its name.",
        "{label: Boss}",
        _FIRST,
    ),
    _steps(
        "block-key",
        "The key belongs to another kind of block.",
        "An approve block has approvers, a cc block has to, a parallel block has branches.",
        "{approve: first, approvers: {role: boss}, over: name}",
        _FIRST,
    ),
    _steps(
        "missing-else",
        "Nothing says what happens where no case holds.",
        "An empty else is a decision, a forgotten one is an accident.",
        f"{_FIRST}, {{choose: size, cases: {{large: {{when: amount > 5, steps: []}}}}}}",
        f"{_FIRST}, {{choose: size, cases: {{large: {{when: amount > 5, steps: []}}}}, else: {{steps: []}}}}",
    ),
    _doc(
        "risk-not-accepted",
        "Something may pass without anybody having agreed.",
        "`on_due: approve`, `when_empty: skip` and paths without an approve step need a reason in writing.",
        f"{_GUARDS}steps: [{{cc: told, to: {{role: boss}}}}]",
        f"{_GUARDS}accept_risk: The boss wants to know, not to decide.\nsteps: [{{cc: told, to: {{role: boss}}}}]",
    ),
    _steps(
        "due-without-time",
        "The step says what happens when it is due, and is never due.",
        "`due_in` says how long it may take.",
        "{approve: first, approvers: {role: boss}, on_due: escalate}",
        "{approve: first, approvers: {role: boss}, due_in: 2wd, on_due: escalate}",
    ),
    _steps(
        "unknown-step",
        "There is no step of this name.",
        "`submitter` is who submitted it.",
        "{approve: first, approvers: {role: boss}, return_to: [sales]}",
        "{approve: first, approvers: {role: boss}, return_to: [submitter]}",
    ),
    _steps(
        "step-order",
        "The step named is not before this one.",
        "Nothing can be returned to what has not happened yet.",
        f"{{approve: zero, approvers: {{role: boss}}, return_to: [first]}}, {_FIRST}",
        f"{_FIRST}, {{approve: last, approvers: {{role: boss}}, return_to: [first]}}",
    ),
    _doc(
        "unknown-transition",
        "No machine of the object has the transition.",
        "An approval guards a transition that records really take.",
        f"guards: {{transition: loose}}\nsteps: [{_FIRST}]",
        f"{_GUARDS}steps: [{_FIRST}]",
    ),
    _steps(
        "not-items",
        "What is gone through has no records or people.",
        "A for_each has a branch for each record or person.",
        "{for_each: part, over: name, steps: [{approve: first, approvers: {role: boss}}]}",
        "{for_each: part, over: owner, steps: [{approve: first, approvers: item}]}",
    ),
    _steps(
        "unknown-approval",
        "There is no approval of this name.",
        "A subprocess runs another approval.",
        f"{_FIRST}, {{subprocess: credit, approval: credit_check}}",
        _FIRST,
    ),
)
