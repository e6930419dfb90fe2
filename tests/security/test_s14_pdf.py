"""S14 PDF: made in a limited child process whose fetcher knows only the record's files and package assets."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from formline.runtime.printing import pdf
from formline.runtime.printing.pdf import PrintError, make_pdf

pytestmark = pytest.mark.usefixtures("pango")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Return the address of a server on this machine, and what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def test_a_document_loads_nothing_it_was_not_given(listener: tuple[str, list[str]], tmp_path: Path) -> None:
    """Neither addresses of the network nor files of the server, however they are written."""
    address, asked = listener
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'leaked' }")
    with_nothing = make_pdf("<p>One</p>", "", {})
    hostile = f"""<html><head>
      <base href="{address}/">
      <link rel="stylesheet" href="{address}/a.css"><link rel="stylesheet" href="{secret.as_uri()}">
      <link rel="attachment" href="file:///etc/passwd"><style>@import url({address}/b.css);</style></head>
      <body><p>One</p><img src="{address}/a.png"><img src="file:///etc/passwd"><img src="asset:other"><img src="//x/y">
      <object data="{address}/c.svg"></object><iframe src="{address}/d"></iframe></body></html>"""
    styles = (
        f"@import url({address}/e.css); p {{ background: url({address}/f.png) }} @font-face {{ src: url({address}/g) }}"
    )
    made = make_pdf(hostile, styles, {})
    assert made.startswith(b"%PDF")
    assert asked == []
    assert b"/EmbeddedFile" not in made
    assert len(made) < len(with_nothing) * 3


def test_pictures_come_by_name() -> None:
    from tests.runtime.files.pictures import drawing

    made = make_pdf('<img src="asset:seal">', "", {"seal": drawing()})
    assert b"/Image" in made


def test_a_document_that_takes_too_long_or_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"<tr><td>{n}</td><td>{'x' * 50}</td></tr>" for n in range(20_000))
    monkeypatch.setattr(pdf, "SECONDS", 1)
    with pytest.raises(PrintError):
        make_pdf(f"<table>{rows}</table>", "", {})
    monkeypatch.setattr(pdf, "SECONDS", 10)
    monkeypatch.setattr(pdf, "MEGABYTES", 60)
    with pytest.raises(PrintError):
        make_pdf("<p>One</p>", "", {})
