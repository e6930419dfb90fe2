"""How scripts are locked in on this machine, for ``formline doctor`` and administrators; runs no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from formline.errors import Level, Problem
from formline.runtime.scripts.launcher import Launcher, Locks, ScriptsOffError

_HINT = "see docs/explanation/scripts.md; only the operator's FORMLINE_SCRIPTS=weak runs them all the same"


@dataclass(frozen=True, slots=True)
class State:
    """``runs``: whether scripts run; ``why``: where they do not; ``weak``: they run without the needed layers."""

    runs: bool
    weak: bool = False
    why: str = ""
    locks: Locks = field(default_factory=lambda: Locks({}, {}))

    def lines(self) -> Iterator[str]:
        """Yield what people read: a summary, then each layer."""
        if self.weak:
            yield "Scripts: on, NOT locked in well enough (FORMLINE_SCRIPTS=weak)"
        else:
            yield "Scripts: on, locked in" if self.runs else f"Scripts: off. {self.why}"
        yield from (f"  {name}: {text}" for name, text in self.locks.on.items())
        yield from (f"  {name}: missing, {text}" for name, text in self.locks.off.items())


def examine(launcher: Launcher) -> State:
    """Start one worker and ask it which layers are on."""
    try:
        with launcher.worker(any_lock=True) as worker:
            locks = worker.locks
    except ScriptsOffError as error:
        return State(False, why=error.message)
    if locks.sufficient:
        return State(True, locks=locks)
    if launcher.mode == "weak":
        return State(True, weak=True, locks=locks)
    missing = ", ".join(sorted(locks.off)) or "the worker itself"
    return State(False, why=f"Their processes cannot be locked in on this machine: {missing}.", locks=locks)


def problems(state: State, scripts: int) -> Iterator[Problem]:
    """Yield what an administrator should mend; ``scripts`` is how many the live release has."""
    if state.weak:
        message = "Scripts run in processes that are not locked in well enough."
        yield Problem("scripts-weak", message, _HINT, where="scripts", level=Level.WARNING)
    elif not state.runs and scripts:
        yield Problem("scripts-off", f"{scripts} scripts do not run. {state.why}", _HINT, where="scripts")
