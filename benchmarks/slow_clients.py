"""The list page's p95 while others are slow: 50 idle connections, 20 slow uploads, 20 stalled downloads, 200 open tabs.

The real server runs with two workers; what is measured is what a client waits on loopback.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import platform_site
from benchmarks.measurement import Measurement
from benchmarks.requests import sign_in
from benchmarks.serving import server

REQUESTS = 300


def measure() -> Iterator[Measurement]:
    """Yield p95 without and with slow clients, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        with platform_site.site_at(url, data_dir=Path(folder)) as site:
            platform_site.fill(site, 20_000)
            cookie = sign_in(site, "u0")
        with server(url, Path(folder)) as port:
            _p95(port, cookie)
            alone = _p95(port, cookie)
            with _slow_clients(port, cookie):
                beside = _p95(port, cookie)
    yield Measurement("list page alone, p95", alone * 1000, "ms")
    yield Measurement("list page beside slow clients, p95", beside * 1000, "ms")
    yield Measurement("ratio", beside / alone, "x", "<= 1.2")


def _p95(port: int, cookie: str) -> float:
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(REQUESTS):
        start = time.perf_counter()
        connection.request("GET", "/o/deal", headers={"Cookie": cookie})
        response = connection.getresponse()
        response.read()
        times.append(time.perf_counter() - start)
        if response.status != 200:
            raise RuntimeError(f"status {response.status}")
    connection.close()
    return statistics.quantiles(times, n=20)[-1]


@contextlib.contextmanager
def _slow_clients(port: int, cookie: str) -> Iterator[None]:
    """Hold connections of every slow kind open, and let the uploads drip."""
    held = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(50)]
    uploads = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(20)]
    for upload in uploads:
        head = f"POST /o/deal/new HTTP/1.1\r\nHost: h\r\nCookie: {cookie}\r\nContent-Length: 10000000\r\n\r\n"
        upload.sendall(head.encode())
    for _ in range(20):
        download = socket.create_connection(("127.0.0.1", port), timeout=30)
        download.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        download.sendall(f"GET /o/deal HTTP/1.1\r\nHost: h\r\nCookie: {cookie}\r\n\r\n".encode())
        held.append(download)
    for _ in range(200):
        tab = socket.create_connection(("127.0.0.1", port), timeout=30)
        tab.sendall(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
        tab.recv(65536)
        held.append(tab)
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.05):
            for upload in uploads:
                with contextlib.suppress(OSError):
                    upload.sendall(b"x" * 100)

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    try:
        yield
    finally:
        stop.set()
        dripping.join()
        for connection in (*held, *uploads):
            connection.close()
