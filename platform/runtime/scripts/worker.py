"""One run of one script, inside a locked-down process: reads what to run, runs it for each row, answers, ends."""

from __future__ import annotations

import resource
import socket
import sys
import traceback
from collections.abc import Mapping
from types import CodeType
from typing import Any

from formline.runtime.scripts import frames, library, policy


def serve(channel: socket.socket, layers: Mapping[str, str], missing: Mapping[str, str]) -> None:
    """Say how this process is locked in, run the one script that the host sends, and say how it ended."""
    frames.send(channel, {"layers": dict(layers), "missing": dict(missing)})
    start = frames.receive(channel)
    if start is None:
        return
    if "sources" in start:
        frames.send(channel, {"done": True, "rows": [_examined(source) for source in start["sources"]]})
        return
    log = library.Log()
    end = {"log": log.lines, "memory": 0}
    try:
        rows = _rows(channel, start, log)
        end["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        frames.send(channel, {"done": True, "rows": rows, **end}, ready=True)
    except frames.FrameError as error:
        frames.send(channel, {"done": True, "rows": [_failure(str(error))], **end})


def _examined(source: Any) -> dict[str, Any]:
    """Return what is wrong with a source; an empty map where nothing is."""
    try:
        policy.compiled(str(source))
    except policy.Refused as error:
        return _failure(str(error), error.line)
    return {}


def _rows(channel: socket.socket, start: Mapping[str, Any], log: library.Log) -> list[dict[str, Any]]:
    """Run the script for each row, with names of its own, until the host refuses something."""
    try:
        code = policy.compiled(str(start["source"]))
    except policy.Refused as error:
        return [_failure(str(error), error.line)]
    shared = _shared(channel, start, log)
    ended: list[dict[str, Any]] = []
    for row in start["rows"]:
        ended.append(_run(code, shared, start, row))
        if "denied" in ended[-1]:
            break
    return ended


def _run(code: CodeType, shared: Mapping[str, Any], start: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    name = str(start["object"])
    record, old = row.get("record"), row.get("old")
    names = {
        **shared,
        "record": None if record is None else library.Record(name, record, changes if start.get("patches") else None),
        "old": None if old is None else library.Record(name, old),
        "item": row.get("item"),
        "result": None,
    }
    try:
        exec(code, names)  # noqa: S102 - the one place where scripts run: locked in, after RestrictedPython
    except library.Failed as failed:
        return {**_failure(failed.message, _line(failed)), "field": failed.field, "said": True}
    except library.Denied as denied:
        return {**_failure(str(denied), _line(denied)), "denied": True}
    except MemoryError as error:
        return _failure("The script needs more memory than it may have.", _line(error))
    except RecursionError as error:
        return _failure("The script calls itself too often.", _line(error))
    except BaseException as error:
        return _failure(f"{type(error).__name__}: {str(error)[:300]}", _line(error))
    try:
        return {"changes": frames.tagged(changes), "result": frames.tagged(_plain(names.get("result")))}
    except (frames.FrameError, RecursionError) as error:
        return _failure(str(error))


def _plain(value: Any) -> Any:
    """Return a result with records as their ids."""
    if type(value) is library.Record:
        return value._values.get("id")
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _shared(channel: socket.socket, start: Mapping[str, Any], log: library.Log) -> dict[str, Any]:
    """Return the names that are the same for every row."""

    def ask(operation: str, arguments: Mapping[str, Any]) -> Any:
        try:
            frames.send(channel, {"ask": operation, "arguments": arguments, "line": _here()})
        except frames.FrameError as error:
            raise ValueError(str(error)) from None
        answer = frames.receive(channel)
        if answer is None:
            raise library.Denied("The run is over.")
        if "denied" in answer:
            raise library.Denied(answer["denied"])
        return answer.get("answer")

    return {
        "__builtins__": library.builtins(),
        **policy.guards(),
        **library.operations(ask),
        "_print_": library.printer(log),
        "log": log.write,
        "user": library.Record("user", start.get("user") or {}),
        "inputs": library.Record("inputs", start.get("inputs") or {}),
        "now": start.get("now"),
        "today": start.get("today"),
    }


def _here() -> int:
    """Return the line of the script that is running."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != policy.FILE and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_lineno


def _line(error: BaseException) -> int:
    """Return the last line of the script that led to an error."""
    line = 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        line = number if frame.f_code.co_filename == policy.FILE else line
    return line


def _failure(message: str, line: int = 0) -> dict[str, Any]:
    text = message.encode("utf-8", "replace").decode()
    return {"failure": text[:1000], "line": line}
