"""Makes an approval from its definition's data; conditions stay text, what they read is found by compiling them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

from formline.fields.field import former_names, humanise
from formline.workflow.approvals.definition import (
    SUBMITTER,
    USUAL_ACTIONS,
    Approval,
    Approve,
    Block,
    Branch,
    Cc,
    Choose,
    Decision,
    Do,
    ForEach,
    Guard,
    Inclusive,
    OnDue,
    Parallel,
    Selectors,
    Subprocess,
    walk,
)

#: What each kind of block is called in a definition: the first key of its item.
BLOCKS = ("approve", "cc", "parallel", "inclusive", "choose", "for_each", "subprocess", "do")
OUTCOMES = ("approved", "rejected", "returned", "withdrawn")
_EVENTS: tuple[Literal["create", "delete", "subprocess"], ...] = ("create", "delete", "subprocess")


def kind_of(item: Mapping[str, Any]) -> str:
    """Return which kind of block an item of ``steps`` is."""
    return next((word for word in BLOCKS if word in item), "")


def selectors(declared: Any) -> Selectors:
    """Return people selectors as a tuple of maps; a bare word is a path to people, ``item`` the item itself."""
    if declared is None:
        return ()
    items = declared if isinstance(declared, list) else [declared]
    return tuple({"field": one} if isinstance(one, str) else dict(one) for one in items)


def approval_from(name: str, data: Mapping[str, Any], reads: Mapping[str, frozenset[str]] | None = None) -> Approval:
    """Return the approval that ``data`` describes; ``data`` meets the schema of the kind."""
    return Approval(
        name,
        str(data.get("label") or humanise(name)),
        str(data["object"]),
        _guard(data["guards"]),
        _steps(data["steps"]),
        data.get("when"),
        int(data.get("order", 100)),
        tuple(data.get("requires") or ()),
        data.get("lock", "record"),
        tuple(data.get("editable") or ()),
        data.get("apply", "when_approved"),
        data.get("withdraw", "while_running"),
        selectors(data.get("administrators")),
        int(data.get("urge_minutes", 15)),
        MappingProxyType({one: tuple(data.get(f"on_{one}") or ()) for one in OUTCOMES}),
        reads or MappingProxyType({}),
        data,
    )


def _guard(declared: Any) -> Guard:
    if isinstance(declared, str):
        return Guard(next(one for one in _EVENTS if one == declared))
    if "update" in declared:
        return Guard("update", fields=tuple(declared["update"]))
    return Guard("transition", str(declared["transition"]))


def _steps(items: Sequence[Mapping[str, Any]] | None) -> tuple[Block, ...]:
    return tuple(_MAKERS[kind_of(item)](item) for item in items or ())


def _common(item: Mapping[str, Any], word: str) -> tuple[str, str, str | None, tuple[str, ...], str]:
    name = str(item[word])
    label, because = str(item.get("label") or humanise(name)), str(item.get("because") or "")
    return name, label, item.get("when"), former_names(item), because


def _approve(item: Mapping[str, Any]) -> Approve:
    empty = item.get("when_empty", "administrator")
    return Approve(
        *_common(item, "approve"),
        approvers=selectors(item.get("approvers")),
        decision=decision_from(item.get("decision")),
        due_in=item.get("due_in"),
        on_due=_on_due(item.get("on_due")),
        when_empty=empty if empty in ("administrator", "skip", "fail_submit") else selectors(empty),
        when_submitter=str(item.get("when_submitter", "manager")),
        same_person=str(item.get("same_person", "ask_once")),
        editable=tuple(item.get("editable") or ()),
        show=_listed(item.get("show")),
        opinion=str(item.get("opinion", "optional")),
        signature=bool(item.get("signature")),
        return_to=tuple(item.get("return_to", (SUBMITTER,))),
        after_return=item.get("after_return", "rerun"),
        on_reject=item.get("on_reject", "end"),
        may=frozenset(item["may"]) if "may" in item else USUAL_ACTIONS,
        candidates=selectors(item.get("candidates")),
        different_from=tuple(item.get("different_from") or ()),
    )


def _listed(declared: Any) -> tuple[str, ...]:
    return (declared,) if isinstance(declared, str) else tuple(declared or ())


def decision_from(declared: Any) -> Decision:
    """Return the rule of a step; the share of a vote stays an exact fraction."""
    if declared is None:
        return Decision()
    if isinstance(declared, str):
        return Decision({"any": "any", "all": "all", "in_order": "in_order"}[declared])  # type: ignore[arg-type]
    if "at_least" in declared:
        return Decision("at_least", int(declared["at_least"]))
    share, close = Fraction(str(declared["vote"])), declared.get("close", "when_certain")
    return Decision("vote", share=share, quorum=int(declared.get("quorum", 0)), close=close)


def _on_due(declared: Any) -> OnDue:
    if declared is None:
        return OnDue()
    if isinstance(declared, str):
        return OnDue(declared)  # type: ignore[arg-type]
    word = next(iter(declared))
    value = declared[word]
    if word == "remind":
        return OnDue("remind", int(value))
    return OnDue(word, to=selectors(value))


def _branches(declared: Mapping[str, Any]) -> Mapping[str, Branch]:
    return MappingProxyType(
        {
            name: Branch(
                name,
                _steps(one.get("steps")),
                one.get("when"),
                str(one.get("label") or humanise(name)),
                str(one.get("because") or ""),
            )
            for name, one in declared.items()
        }
    )


def _otherwise(item: Mapping[str, Any]) -> tuple[Block, ...]:
    return _steps((item.get("else") or {}).get("steps"))


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Block]] = {
    "approve": _approve,
    "cc": lambda item: Cc(*_common(item, "cc"), to=selectors(item.get("to"))),
    "parallel": lambda item: Parallel(*_common(item, "parallel"), branches=_branches(item["branches"])),
    "inclusive": lambda item: Inclusive(
        *_common(item, "inclusive"), branches=_branches(item["branches"]), otherwise=_otherwise(item)
    ),
    "choose": lambda item: Choose(*_common(item, "choose"), cases=_branches(item["cases"]), otherwise=_otherwise(item)),
    "for_each": lambda item: ForEach(*_common(item, "for_each"), over=item["over"], steps=_steps(item["steps"])),
    "subprocess": lambda item: Subprocess(
        *_common(item, "subprocess"), approval=str(item["approval"]), wait=bool(item.get("wait", True))
    ),
    "do": lambda item: Do(*_common(item, "do"), actions=tuple(item.get("actions") or ())),
}

__all__ = ["BLOCKS", "approval_from", "decision_from", "kind_of", "selectors", "walk"]
