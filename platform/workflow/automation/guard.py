"""What ends automations that set each other off: how deep, and how often one runs for the same record."""

from __future__ import annotations

from uuid import UUID

from formline.errors import FormlineError
from formline.workflow.automation.runs import Cause

#: Runs that led to a run.
DEEPEST = 8
#: Runs of one automation for the same record in a chain.
SAME = 3


class LoopError(FormlineError):
    """Automations set each other off without end; the message shows the chain."""

    code = "automation_loop"
    status = 409


def refuse_loops(origin: str, key: UUID, cause: Cause) -> None:
    """Refuse a run at the end of a chain that is too long, or that had the same run too often.

    Raises:
        LoopError: it is.
    """
    names = " -> ".join([name.partition("/")[2] or name for name, _record in cause.chain] + [origin.partition("/")[2]])
    if cause.chain.count((origin, str(key))) >= SAME:
        message = f"It ran {SAME} times for the same record because of itself: {names}."
        raise LoopError(message, hint="add a when that ends to hold, or name the fields of updated")
    if cause.depth >= DEEPEST:
        message = f"Automations led to each other more than {DEEPEST} times: {names}."
        raise LoopError(message, hint="break the chain with a when")
