"""The RSGI bridge: what reaches the application, what reaches the client, and that slow clients stop nobody."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import pytest

from formline.web.problems import refused_body

APPLICATION = textwrap.dedent(
    """
    import asyncio, json, os
    from formline.web.rsgi import FileBody
    from formline.web.rsgi import Bridge, EventStream

    async def events():
        yield "one"
        await asyncio.sleep(0)
        yield " two"

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/stream":
            start_response("200 OK", [("Content-Type", "text/event-stream")])
            return EventStream("opening", events)
        if environ["PATH_INFO"] == "/file":
            start_response("200 OK", [("Content-Type", "application/octet-stream")])
            return environ["wsgi.file_wrapper"](open(os.environ["BIG_FILE"], "rb"))
        if environ["PATH_INFO"] == "/part":
            start_response("206 Partial Content", [("Content-Range", "bytes 5-14/30000000")])
            return FileBody(open(os.environ["BIG_FILE"], "rb"), span=(5, 15))
        size = len(environ["wsgi.input"].read())
        seen = {key: environ.get(key) for key in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_COOKIE",
                                                  "HTTP_X_NAME", "REMOTE_ADDR", "CONTENT_TYPE")}
        body = json.dumps(dict(seen, size=size)).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [body]

    def refusal(path, status, text):
        return "application/json", json.dumps([path, status]).encode()

    def make():
        return Bridge(app, max_body=2_000_000, body_seconds=60, refusal=refusal)
    """
)
BIG = 30_000_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_listening(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a granian with one worker that runs the application above."""
    folder = tmp_path_factory.mktemp("rsgi")
    (folder / "bridge_target.py").write_text(APPLICATION)
    (folder / "big.bin").write_bytes(b"x" * BIG)
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--factory", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "bridge_target:make"]
    environment = dict(os.environ, PYTHONPATH=str(folder), BIG_FILE=str(folder / "big.bin"))
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _until_listening(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def _ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def test_the_environment_is_complete(port: int) -> None:
    """Method, decoded path, query, cookies, headers, address and body arrive."""
    status, headers, body = _ask(
        port,
        "POST",
        "/a/%E4%B8%AD?x=1",
        b"12345",
        {"Cookie": "k=v", "X-Name": "n", "X_Name": "spoof", "Content-Type": "t/t"},
    )
    seen = json.loads(body)
    assert status == 200
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/a/中"
    assert {key: seen[key] for key in ("REQUEST_METHOD", "QUERY_STRING", "HTTP_COOKIE", "HTTP_X_NAME", "size")} == {
        "REQUEST_METHOD": "POST", "QUERY_STRING": "x=1", "HTTP_COOKIE": "k=v", "HTTP_X_NAME": "n", "size": 5,
    }  # fmt: skip
    assert (seen["REMOTE_ADDR"], seen["CONTENT_TYPE"]) == ("127.0.0.1", "t/t")
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=2"]


def test_long_texts_are_compressed_for_who_takes_it(port: int) -> None:
    """The browser reads the same; what it cannot read is sent as it is."""
    path = f"/a?{'x' * 3_000}"
    _status, headers, packed = _ask(port, "GET", path, headers={"Accept-Encoding": "gzip"})
    assert dict(headers)["content-encoding"] == "gzip"
    assert int(dict(headers)["content-length"]) == len(packed) < 600
    assert gzip.decompress(packed) == _ask(port, "GET", path)[2]


def test_a_file_is_sent_whole(port: int) -> None:
    """A file wrapper is handed to the server by its path."""
    status, _headers, body = _ask(port, "GET", "/file")
    assert (status, len(body)) == (200, BIG)


def test_a_stream_is_sent_as_it_comes(port: int) -> None:
    """Its texts arrive to the end; a HEAD gets none of them."""
    assert _ask(port, "GET", "/stream")[2] == b"one two"
    assert _ask(port, "HEAD", "/stream")[2] == b""


def test_a_span_of_a_file_is_sent(port: int) -> None:
    """No more than the bytes asked for."""
    status, _headers, body = _ask(port, "GET", "/part")
    assert (status, body) == (206, b"x" * 10)


def test_a_body_over_the_limit_is_refused(port: int) -> None:
    """Both a declared length and a chunked body that grows past the limit get 413."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        status, _headers, body = _ask(port, "POST", "/", b"x" * 2_000_001)
        assert (status, json.loads(body)) == (413, ["/", 413])


def test_the_api_says_so_as_it_says_every_problem() -> None:
    """A program that sent too much gets JSON like any other answer, a page its plain text."""
    kind, body = refused_body("/api/v1/customer", 413, "The upload is larger than 32 MB.")
    assert kind == "application/problem+json"
    assert (json.loads(body)["status"], json.loads(body)["code"]) == (413, "http_413")
    assert refused_body("/o/customer/new", 413, "Too large.") == ("text/plain; charset=utf-8", b"Too large.")


def test_slow_clients_stop_nobody(port: int) -> None:
    """While 20 uploads, 20 downloads and 50 idle connections hang, one worker answers everybody else."""
    held: list[socket.socket] = []
    try:
        for _ in range(20):
            upload = socket.create_connection(("127.0.0.1", port), timeout=20)
            upload.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nstart")
            download = socket.create_connection(("127.0.0.1", port), timeout=20)
            download.sendall(b"GET /file HTTP/1.1\r\nHost: h\r\n\r\n")
            held += [upload, download]
        held += [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(50)]
        for _ in range(100):
            status, _headers, _body = _ask(port, "GET", "/quick")
            assert status == 200
    finally:
        for connection in held:
            connection.close()
