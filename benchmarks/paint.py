"""What a browser shows first: weight over the wire, largest contentful paint and layout shift of pages of the demo.

The real server runs with two workers and the sample data; Chromium opens each page with nothing in its cache. ``slow
phone`` is a small screen behind 1.6 Mbit/s with 150 ms each way and a fourth of the processor.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from benchmarks.home import site_at
from benchmarks.measurement import Measurement
from benchmarks.serving import server

LOGIN = "zhao"
OPENED = 7
#: Kilobytes over the wire that a page may have, by what it is called here.
LIMITS = {"list": 100, "record": 140}
#: Everything there is to see after the largest paint: what paints later is no longer waited for.
_SEEN = """() => new Promise((resolve) => {
    const seen = {paint: 0, shift: 0};
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { seen.paint = entry.startTime; }))
        .observe({type: 'largest-contentful-paint', buffered: true});
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { seen.shift += entry.value; }))
        .observe({type: 'layout-shift', buffered: true});
    setTimeout(() => resolve(seen), 300);
})"""


def measure() -> Iterator[Measurement]:
    """Yield the medians of each page: milliseconds on this machine and behind a slow line, shift, and kilobytes."""
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as (port, password, pages):
        base = f"http://127.0.0.1:{port}"
        with sync_playwright() as playwright, browser(playwright) as chromium:
            cookies = signed_in(chromium, base, password)
            for name, path in pages.items():
                found = [opened(chromium, base + path, cookies) for _number in range(OPENED + 1)][1:]
                limit = f"<= {LIMITS[name]}" if name in LIMITS else ""
                yield Measurement(f"{name}: largest contentful paint", median(found, "paint"), "ms", "<= 500")
                yield Measurement(f"{name}: layout shift", median(found, "shift"), "", "<= 0.05")
                yield Measurement(f"{name}: over the wire", median(found, "bytes") / 1024, "KB", limit)
                slow = [opened(chromium, base + path, cookies, slow=True) for _number in range(3)]
                yield Measurement(f"{name}: largest contentful paint, slow phone", median(slow, "paint"), "ms")


def median(found: list[Mapping[str, float]], name: str) -> float:
    """Return the middle of what was seen."""
    return statistics.median(one[name] for one in found)


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield the port of a server with the sample data, the password of who looks, and the pages by name."""
    url = f"sqlite:///{folder / 'bench.db'}"
    with site_at(url, folder) as (site, passwords):
        customer = site.release.model("customer")
        with site.reading() as connection:
            record = connection.execute(select(customer.id).order_by(customer.id).limit(1)).scalar_one()
    pages = {
        "home": "/",
        "list": "/o/customer",
        "record": f"/o/customer/{record}",
        "edit": f"/o/customer/{record}/edit",
        "inbox": "/inbox",
    }
    with server(url, folder) as port:
        yield port, passwords[LOGIN], pages


@contextlib.contextmanager
def browser(playwright: Any) -> Iterator[Browser]:
    """Yield the machine's own Chromium."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        raise SystemExit("There is no chromium on the PATH.")
    found = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
    try:
        yield found
    finally:
        found.close()


def signed_in(chromium: Browser, base: str, password: str) -> Any:
    """Return the cookies of a session, signed in through the page."""
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/login")
    page.locator("input[name=login]").fill(LOGIN)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile(r"^(?!.*/login)"))
    cookies = context.cookies()
    context.close()
    return cookies


def opened(chromium: Browser, url: str, cookies: Any, *, slow: bool = False) -> dict[str, float]:
    """Open a page in a browser that knows nothing but who is signed in; return paint (ms), shift and bytes."""
    size = {"width": 390, "height": 844} if slow else {"width": 1440, "height": 900}
    context = chromium.new_context(locale="zh-CN", viewport=size)  # type: ignore[arg-type]
    context.add_cookies(cookies)
    page = context.new_page()
    received = watched(page, slow=slow)
    page.goto(url, wait_until="networkidle" if slow else "load")
    seen: dict[str, float] = page.evaluate(_SEEN)
    context.close()
    return {**seen, "bytes": sum(received)}


def watched(page: Page, *, slow: bool) -> list[float]:
    """Return the list that the bytes of every answer are added to, with headers, as they come over the wire."""
    received: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    if slow:
        line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
        session.send("Network.emulateNetworkConditions", line)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return received
