"""The algebra of decisions: what the ballots of one run amount to. Pure; any order of the same ballots gives the same.

W is the total weight of ballots that count and neither are removed nor abstained. Nothing passes while a ballot with
a veto is undecided, otherwise the order of arrival would decide whether the veto is heard. ``any`` is the exception:
its first decision ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from formline.workflow.approvals.definition import Decision
from formline.workflow.approvals.state import CAST, Ballot

Verdict = Literal["open", "passes", "rejects", "empty"]


def verdict(decision: Decision, ballots: Sequence[Ballot]) -> Verdict:
    """Return what a step's ballots amount to; ``empty``: W is 0, nobody is left who decides."""
    if any(one.role == "after" and one.status == "rejected" for one in ballots):
        return "rejects"
    votes = [one for one in ballots if one.role == "vote" and one.status != "removed"]
    found = _rule(decision, votes)
    if found == "passes" and any(one.role == "after" and one.undecided and _due(one, ballots) for one in ballots):
        return "open"
    return found


def _due(after: Ballot, ballots: Sequence[Ballot]) -> bool:
    """Whether the ballot that ``after`` follows has approved: only then it is wanted."""
    return any(one.id == after.parent and one.status == "approved" for one in ballots)


def rule_passes(decision: Decision, ballots: Sequence[Ballot]) -> bool:
    """Whether the rule itself is met, whoever was added after somebody."""
    return _rule(decision, [one for one in ballots if one.role == "vote" and one.status != "removed"]) == "passes"


def _rule(decision: Decision, votes: Sequence[Ballot]) -> Verdict:
    live = [one for one in votes if one.status != "abstained"]
    if not live:
        return "empty"
    if any(one.veto and one.status == "rejected" for one in live):
        return "rejects"
    vetoes = any(one.veto and one.undecided for one in live)
    match decision.kind:
        case "any":
            return _any(live)
        case "all" | "in_order":
            return _all(live)
        case "at_least":
            found = _at_least(decision.count, live)
        case "vote":
            found = _vote(decision, votes, live)
    return "open" if found == "passes" and vetoes else found


def _any(live: Sequence[Ballot]) -> Verdict:
    decided = [one.status for one in live if not one.undecided]
    if "approved" in decided:
        return "passes"
    return "rejects" if "rejected" in decided else "open"


def _all(live: Sequence[Ballot]) -> Verdict:
    if any(one.status == "rejected" for one in live):
        return "rejects"
    return "passes" if all(one.status == "approved" for one in live) else "open"


def _at_least(count: int, live: Sequence[Ballot]) -> Verdict:
    approved = sum(one.status == "approved" for one in live)
    if approved >= count:
        return "passes"
    possible = approved + sum(one.undecided for one in live)
    return "rejects" if possible < count else "open"


def _vote(decision: Decision, votes: Sequence[Ballot], live: Sequence[Ballot]) -> Verdict:
    whole = sum(one.weight for one in live)
    approving = sum(one.weight for one in live if one.status == "approved")
    undecided = sum(one.weight for one in live if one.undecided)
    cast = sum(one.status in CAST for one in votes)  # who abstains is present
    waiting = sum(one.undecided for one in votes)
    if decision.close == "when_all_voted" and waiting:
        return "open"
    if approving >= decision.share * whole and cast >= decision.quorum:
        return "passes"
    if approving + undecided < decision.share * whole or cast + waiting < decision.quorum:
        return "rejects"
    return "open" if waiting else "rejects"


def turns(decision: Decision, ballots: Sequence[Ballot]) -> tuple[Ballot, ...]:
    """Return the ballots with whose turn it is: after those before them, in order, after the one they follow."""
    found: list[Ballot] = []
    head_taken = False
    by_id = {one.id: one for one in ballots}
    for one in ballots:
        if one.status not in ("open", "waiting"):
            head_taken = head_taken or (one.role == "vote" and one.status == "consulting")
            found.append(one)
            continue
        held = any(other.parent == one.id and other.role == "before" and other.undecided for other in ballots)
        if one.role == "after":
            parent = by_id.get(one.parent)
            held = held or parent is None or parent.status != "approved"
        elif one.role == "before":
            held = held or (decision.kind == "in_order" and _not_head(one, ballots))
        elif decision.kind == "in_order":
            held, head_taken = held or head_taken, True
        found.append(replace(one, status="waiting" if held else "open"))
    return tuple(found)


def _not_head(before: Ballot, ballots: Sequence[Ballot]) -> bool:
    """Whether a ballot before another has to wait because that one is not the head of the order."""
    by_id = {one.id: one for one in ballots}
    root = before
    while root.parent in by_id:
        root = by_id[root.parent]
    heads = [one for one in ballots if one.role == "vote" and one.undecided]
    return bool(heads) and heads[0].id != root.id
