"""The bridge between granian's RSGI and a WSGI application; no route and no rule of Formline lives here.

One WSGI thread is stopped by one slow upload or download. Here the event loop does all waiting:
a request's body is read to its end first (within limits), then the application runs to completion,
and the finished response goes to the server, which sends it at the client's pace. A worker process
therefore runs one request at a time and is never held by a client; more workers use more cores.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import IO, Any, Protocol
from urllib.parse import unquote_to_bytes

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from formline.web.compressing import compressed

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

#: Makes content type and body of the answer to a request that the application never sees: path, status, reason.
Refusal = Callable[[str, int, str], tuple[str, bytes]]

#: A body up to this size stays in memory; a larger one goes to a temporary file.
SPOOL_BYTES = 1 << 20


class Scope(Protocol):
    """The parts of an RSGI scope that a WSGI environment is made of."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any


class FileBody:
    """``wsgi.file_wrapper``: a file on disk, or a span of its bytes, which the server sends without Python."""

    def __init__(self, file: IO[bytes], block_size: int = 65536, *, span: tuple[int, int] | None = None) -> None:
        """Keep the open file; ``span`` is (first byte, byte after the last), ``block_size`` for servers without us."""
        self.span = span
        self.file = file
        self.block_size = block_size
        name = getattr(file, "name", None)
        self.path = name if isinstance(name, str) else None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the file in blocks, for callers that cannot send a path."""
        left = None
        if self.span is not None:
            self.file.seek(self.span[0])
            left = self.span[1] - self.span[0]
        while block := self.file.read(self.block_size if left is None else min(self.block_size, left)):
            left = None if left is None else left - len(block)
            yield block

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class EventStream:
    """A response body that stays open: ``events()`` yields texts until the client is gone or the time is over.

    Servers that cannot keep it open send ``opening`` alone; the browser then asks again some seconds later.
    """

    def __init__(self, opening: str, events: Callable[[], AsyncGenerator[str]]) -> None:
        """Keep the source; nothing runs before the server asks."""
        self.opening = opening
        self.events = events

    def __iter__(self) -> Iterator[bytes]:
        """Yield the opening only."""
        yield self.opening.encode()


def _plain(_path: str, _status: int, text: str) -> tuple[str, bytes]:
    return "text/plain; charset=utf-8", text.encode()


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Bridge:
    """An RSGI application that runs a WSGI one.

    ``max_body`` is in bytes (more gives 413); ``body_seconds`` bounds how long a body may take to
    arrive (more gives 408); ``refusal`` writes the answer to such a request.
    """

    def __init__(
        self,
        app: WsgiApp,
        *,
        max_body: int = 64 << 20,
        body_seconds: float = 600.0,
        refusal: Refusal | None = None,
    ) -> None:
        """Wrap ``app``."""
        self.app = app
        self.refusal: Refusal = refusal or _plain
        self.max_body = max_body
        self.body_seconds = body_seconds

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Serve one HTTP exchange; websockets are closed."""
        if scope.proto != "http":
            protocol.close(403)
            return
        try:
            body = await self._body(scope, protocol)
        except _Refused as refused:
            kind, text = self.refusal(scope.path, refused.status, refused.text)
            protocol.response_bytes(refused.status, [("content-type", kind), ("connection", "close")], text)
            return
        with body:
            opened = self._run(_environ(scope, body), protocol)
        if opened is not None:
            await self._stream(*opened)

    async def _body(self, scope: Scope, protocol: Any) -> IO[bytes]:
        body: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - the caller closes it
        headers = scope.headers
        if (
            scope.method in ("GET", "HEAD")
            and not headers.get("content-length")
            and not headers.get("transfer-encoding")
        ):
            return body
        declared = headers.get("content-length") or "0"
        if declared.isdigit() and int(declared) > self.max_body:
            raise _Refused(413, f"The upload is larger than {self.max_body // (1 << 20)} MB.")
        try:
            async with asyncio.timeout(self.body_seconds):
                await self._fill(body, protocol)
        except TimeoutError:
            body.close()
            raise _Refused(408, "The upload took too long.") from None
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    async def _fill(self, body: IO[bytes], protocol: Any) -> None:
        size = 0
        async for chunk in protocol:
            size += len(chunk)
            if size > self.max_body:
                raise _Refused(413, f"The upload is larger than {self.max_body // (1 << 20)} MB.")
            body.write(chunk)

    async def _stream(self, body: EventStream, transport: Any) -> None:
        """Send what comes until the client is gone; only the event loop waits."""
        events = body.events()
        with contextlib.suppress(ProtocolClosed):
            async with contextlib.aclosing(events):
                async for text in events:
                    await transport.send_str(text)

    def _run(self, environ: Environ, protocol: Any) -> tuple[EventStream, Any] | None:
        """Run the application and answer; return a stream that it wants kept open, and where to send it."""
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
            started[:] = [(int(status[:3]), [(name.lower(), value) for name, value in headers])]
            return lambda data: None

        result = self.app(environ, start_response)
        try:
            if isinstance(result, FileBody) and result.path and environ["REQUEST_METHOD"] != "HEAD":
                if result.span is None:
                    protocol.response_file(*started[0], result.path)
                else:
                    protocol.response_file_range(*started[0], result.path, *result.span)
                return None
            if isinstance(result, EventStream) and environ["REQUEST_METHOD"] == "GET":
                return result, protocol.response_stream(*started[0])
            body = b"".join(result)
            status, headers = started[0]
            if body:
                answer, body = compressed(environ, headers, body)
                protocol.response_bytes(status, list(answer), body)
            else:
                protocol.response_empty(status, headers)
            return None
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()


def _environ(scope: Scope, body: IO[bytes]) -> Environ:
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # WSGI wants the undecoded path as latin-1 text.
        "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBody,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would be read as the header spelt with hyphens, which a proxy may have set
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ:
            value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        environ[key] = value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ
