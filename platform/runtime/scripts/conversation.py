"""One run of a script as the host sees it: what is sent, what may be asked, when it is over; the worker is hostile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from formline.errors import AccessDeniedError, FormlineError
from formline.runtime.scripts import frames
from formline.runtime.scripts.launcher import Launcher
from formline.runtime.unit.retry import is_disconnect, is_passing

#: Operations of one run.
CALLS = 200
_LINES, _WIDTH = 200, 500
_log = logging.getLogger("formline.scripts")

#: Answers an operation; its errors end the run.
Answer = Callable[[str, Mapping[str, Any]], Any]
_ENDED = "The script was ended: it went over a limit."


class ScriptError(FormlineError):
    """A run that failed; ``line`` of the script, 0 where unknown; ``field`` where the script named one."""

    code = "script_failed"
    status = 422

    def __init__(
        self, message: str, *, line: int = 0, field: str = "", said: bool = False, ended: bool = False
    ) -> None:
        """``said``: the script itself refused, with words for people; ``ended``: its process did."""
        super().__init__(message)
        self.ended = ended
        self.line = line
        self.field = field
        self.said = said


@dataclass(frozen=True, slots=True)
class RowEnd:
    """How the run ended for one row: what the script changes, its ``result``, or why it failed."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    error: ScriptError | None = None


@dataclass(slots=True)
class Run:
    """How a run ended. ``seconds`` is measured by the host; ``memory`` (KB) is what the worker says.

    ``stopped``: why the run as a whole ended early; then there may be fewer rows than were sent.
    """

    rows: list[RowEnd] = field(default_factory=list)
    stopped: FormlineError | None = None
    log: list[str] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0
    memory: int = 0
    #: The line of the last operation, as the worker says.
    line: int = 0

    @property
    def error(self) -> FormlineError | None:
        """Why the run ended early, else the first row's failure."""
        return self.stopped or next((row.error for row in self.rows if row.error is not None), None)

    @property
    def changes(self) -> Mapping[str, Any]:
        """What the script changes in the first row, where nothing failed."""
        return self.rows[0].changes if self.rows and self.error is None else {}

    @property
    def result(self) -> Any:
        """The result of the first row, where nothing failed."""
        return self.rows[0].result if self.rows and self.error is None else None


def refuse(operation: str, arguments: Mapping[str, Any]) -> Any:
    """Answer nothing: for runs that may ask for nothing."""
    raise AccessDeniedError("There is no such operation.")


def run(launcher: Launcher, start: Mapping[str, Any], answer: Answer, *, seconds: float) -> Run:
    """Run one script in a worker of its own and return how it ended; only what the host itself lacks is raised.

    ``start``: source, object, rows (each record and old), user, inputs, now, today, patches. ``seconds`` by the clock,
    then the worker is killed.

    Raises:
        ScriptsOffError: no worker, or none that is locked in.
    """
    with launcher.worker() as worker:
        began = time.monotonic()
        ended = _Conversation(worker.channel, answer, seconds).hold(start)
        ended.seconds = time.monotonic() - began
    return ended


class _Conversation:
    """Frames in turn: the host sends the script, then answers until the worker says it is done."""

    def __init__(self, channel: Any, answer: Answer, seconds: float) -> None:
        self.channel = channel
        self.answer = answer
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self.most = 1
        self.run = Run()

    def hold(self, start: Mapping[str, Any]) -> Run:
        """Talk to the end."""
        self.most = max(1, len(start.get("rows") or start.get("sources") or ()))
        try:
            frames.send(self.channel, start, self.until)
            while (message := frames.receive(self.channel, self.until)) is not None:
                if "done" in message:
                    self._done(message)
                    return self.run
                self._answer(message)
            self._end(_ENDED, ended=True)
        except frames.OverdueError:
            self._end(f"The script ran longer than {self.seconds:.3g} s.")
        except frames.FrameError as error:
            self._end(f"The script's process did not keep to the rules: {error}")
        except OSError:
            self._end(_ENDED, ended=True)
        return self.run

    def _answer(self, message: Mapping[str, Any]) -> None:
        operation, arguments = message.get("ask"), message.get("arguments")
        if not isinstance(operation, str) or not isinstance(arguments, dict):
            raise frames.FrameError("neither a question nor an end")
        self.run.calls += 1
        self.run.line = _number(message.get("line"), 100_000)
        if self.run.calls > CALLS:
            raise frames.FrameError(f"more than {CALLS} operations")
        if self.run.stopped is not None:
            raise frames.FrameError("an operation after a refusal")
        try:
            reply = {"answer": self.answer(operation, arguments)}
        except FormlineError as error:
            self.run.stopped = error
            reply = {"denied": error.message[:1000]}
        except Exception as error:
            if is_passing(error) or is_disconnect(error):  # no fault of the script: what asked for it runs again
                raise
            _log.exception("operation %s of a script failed", operation[:40])
            self.run.stopped = ScriptError("The operation could not be carried out.", line=self.run.line)
            reply = {"denied": self.run.stopped.message}
        frames.send(self.channel, reply, self.until)

    def _done(self, message: Mapping[str, Any]) -> None:
        run = self.run
        run.log = _lines(message.get("log"))
        run.memory = _number(message.get("memory"), 1 << 40)
        rows = message.get("rows")
        if not isinstance(rows, list) or len(rows) > self.most or not rows:
            raise frames.FrameError("an end without rows")
        run.rows = [_row(row) for row in rows]
        if len(rows) < self.most and run.error is None:
            raise frames.FrameError("fewer rows than were sent")

    def _end(self, why: str, *, ended: bool = False) -> None:
        self.run.rows = []
        if self.run.stopped is None:
            self.run.stopped = ScriptError(why, line=self.run.line, ended=ended)


def _row(row: Any) -> RowEnd:
    if not isinstance(row, dict):
        raise frames.FrameError("a row that is no map")
    if (failure := row.get("failure")) is not None:
        line, said = _number(row.get("line"), 100_000), row.get("said") is True
        return RowEnd(
            error=ScriptError(str(failure)[:1000], line=line, field=str(row.get("field") or "")[:100], said=said)
        )
    changes = row.get("changes") or {}
    if not isinstance(changes, dict):
        raise frames.FrameError("changes that are no map")
    return RowEnd(changes, row.get("result"))


def _number(found: Any, most: int) -> int:
    return found if isinstance(found, int) and 0 <= found < most else 0


def _lines(found: Any) -> list[str]:
    if not isinstance(found, list):
        return []
    return [str(line)[:_WIDTH] for line in found[:_LINES]]
