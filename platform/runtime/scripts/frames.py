"""The language between host and worker: frames of JSON with a length in front, values tagged; no process lives here.

Both sides read strictly: a frame is at most 1 MB, a number is whole or a decimal text, and what does not fit is a
:class:`FrameError`. The host treats one as the end of the run.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

#: Bytes of one frame, its length left out.
LARGEST = 1 << 20
_DEEPEST = 32
_LONGEST_NUMBER = 60
_LARGEST_WHOLE = 1 << 63
_HEAD = struct.Struct(">I")


class FrameError(Exception):
    """What came is no frame, or what should go does not fit into one."""


class OverdueError(Exception):
    """The other side did not read or write in time."""


def tagged(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON has it: decimals, dates and times become maps with one key that starts with ``$``."""
    if depth > _DEEPEST:
        raise FrameError("The value is nested too deeply.")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) >= _LARGEST_WHOLE:
            raise FrameError("The number is too large.")
        return value
    if isinstance(value, Decimal):
        if not value.is_finite() or len(text := format(value, "f")) > _LONGEST_NUMBER:
            raise FrameError("The number is too large.")
        return {"$number": text}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and not key.startswith("$") for key in value):
            raise FrameError("The keys of a map are texts that do not start with $.")
        return {key: tagged(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [tagged(each, depth + 1) for each in value]
    raise FrameError(f"A {type(value).__name__} cannot be handed over.")


def untagged(value: Any, depth: int = 0) -> Any:
    """Return the value that :func:`tagged` wrote; anything else in it is a :class:`FrameError`."""
    if depth > _DEEPEST:
        raise FrameError("The value is nested too deeply.")
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, list):
        return [untagged(each, depth + 1) for each in value]
    if isinstance(value, dict):
        if len(value) == 1 and (name := next(iter(value))).startswith("$"):
            return _value(name, value[name])
        if any(key.startswith("$") for key in value):
            raise FrameError("A tagged value has one key.")
        return {key: untagged(each, depth + 1) for key, each in value.items()}
    raise FrameError(f"A {type(value).__name__} is no value.")


def _value(name: str, text: Any) -> Any:
    if not isinstance(text, str) or len(text) > _LONGEST_NUMBER:
        raise FrameError("A tagged value is a short text.")
    try:
        if name == "$number":
            number = Decimal(text)
            if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
                raise FrameError("The number is too large.")
            return number
        if name == "$date":
            return date.fromisoformat(text)
        if name == "$time":
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, InvalidOperation) as error:
        raise FrameError(f"{name[1:]} is not well formed.") from error
    raise FrameError("There is no such tag.")


def packed(message: Mapping[str, Any], *, ready: bool = False) -> bytes:
    """Return a message as a frame; ``ready``: its values are tagged already.

    Raises:
        FrameError: it is too large, or holds text that is no Unicode.
    """
    try:
        body = json.dumps(message if ready else tagged(message), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise FrameError("The text is not Unicode.") from error
    if len(body) > LARGEST:
        raise FrameError("More than 1 MB cannot be handed over at once.")
    return _HEAD.pack(len(body)) + body


def unpacked(body: bytes) -> dict[str, Any]:
    """Return the message of a frame's body; every fault of it is a :class:`FrameError`."""
    try:
        found = json.loads(body, parse_float=_no_float, parse_int=_whole, parse_constant=_no_float)
        message = untagged(found)
    except (ValueError, RecursionError) as error:
        raise FrameError("The frame is not JSON.") from error
    if not isinstance(message, dict):
        raise FrameError("A frame holds a map.")
    return message


def _no_float(text: str) -> Any:
    raise FrameError("Numbers with a point are texts.")


def _whole(text: str) -> int:
    if len(text) > 20 or abs(number := int(text)) > _LARGEST_WHOLE:
        raise FrameError("The number is too large.")
    return number


def send(
    channel: socket.socket, message: Mapping[str, Any], until: float | None = None, *, ready: bool = False
) -> None:
    """Send a message; ``until`` is a moment of ``time.monotonic``; ``ready`` as in :func:`packed`.

    Raises:
        FrameError: it does not fit. OverdueError: the other side does not read. OSError: it is gone.
    """
    frame = packed(message, ready=ready)
    _wait_until(channel, until)
    try:
        channel.sendall(frame)
    except TimeoutError:
        raise OverdueError from None


def receive(channel: socket.socket, until: float | None = None) -> dict[str, Any] | None:
    """Return the next message, None where the other side closed.

    Raises:
        FrameError: it is none. OverdueError: it did not come, whole, in time.
    """
    head = _exactly(channel, _HEAD.size, until)
    if head is None:
        return None
    (size,) = _HEAD.unpack(head)
    if size > LARGEST:
        raise FrameError("The frame is larger than 1 MB.")
    body = _exactly(channel, size, until)
    return None if body is None else unpacked(body)


def _exactly(channel: socket.socket, size: int, until: float | None) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        _wait_until(channel, until)
        try:
            part = channel.recv(min(size - len(parts), 1 << 16))
        except TimeoutError:
            raise OverdueError from None
        if not part:
            return None
        parts += part
    return bytes(parts)


def _wait_until(channel: socket.socket, until: float | None) -> None:
    """Let what follows wait until a moment; a worker waits as long as it lives, and may not even ask for less."""
    if until is None:
        return
    left = until - time.monotonic()
    if left <= 0:
        raise OverdueError
    channel.settimeout(left)
