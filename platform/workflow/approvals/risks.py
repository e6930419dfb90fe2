"""Which paths through a flow ask nobody, and whose silence counts: what somebody must accept in writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from formline.metadata.positions import Path
from formline.workflow.approvals.building import kind_of

_HINT = "write accept_risk: and the reason, at the approval"
Steps = Sequence[Mapping[str, Any]]


def risks(steps: Steps, path: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield (path, message, hint) of every risk."""
    yield from _silence(steps, path)
    if not asks(steps):
        yield path, "On some path through the flow nobody is asked.", _HINT


def _silence(steps: Steps, path: Path) -> Iterator[tuple[Path, str, str]]:
    for index, item in enumerate(steps):
        here: Path = (*path, index)
        if item.get("on_due") == "approve":
            yield (*here, "on_due"), "Who does not answer approves.", _HINT
        if item.get("when_empty") == "skip":
            yield (*here, "when_empty"), "Where nobody is found, nobody is asked.", _HINT
        for key in ("branches", "cases"):
            for name, branch in (item.get(key) or {}).items():
                yield from _silence(branch.get("steps") or (), (*here, key, name, "steps"))
        yield from _silence((item.get("else") or {}).get("steps") or (), (*here, "else", "steps"))
        yield from _silence(item.get("steps") or (), (*here, "steps"))


def asks(steps: Steps) -> bool:
    """Whether every path through a sequence asks somebody."""
    return any(_asks(item) for item in steps)


def _asks(item: Mapping[str, Any]) -> bool:
    if "when" in item:
        return False
    otherwise = asks((item.get("else") or {}).get("steps") or ())
    match kind_of(item):
        case "approve":
            return True
        case "subprocess":
            return item.get("wait", True) is True
        case "parallel":
            return any(asks(one.get("steps") or ()) for one in item.get("branches", {}).values())
        case "inclusive":
            return otherwise and all(asks(one.get("steps") or ()) for one in item.get("branches", {}).values())
        case "choose":
            return otherwise and all(asks(one.get("steps") or ()) for one in item.get("cases", {}).values())
        case "for_each":
            # Lines without anybody behind them would pass unseen: at least one item is expected.
            return asks(item.get("steps") or ())
    return False
