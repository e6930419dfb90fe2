"""What is compressed on its way out, and that its length does not tell what is in it."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from formline.web.compressing import LEAST, PADDING, compressed, gzipped

PAGE = "<p>长沙市 Ünïcode</p>".encode() * 200
HTML = ("content-type", "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("headers", "body", "accepted", "encoded", "varies"),
    [
        ([HTML], PAGE, "gzip, deflate, br", True, True),
        ([("content-type", "application/json")], PAGE, "gzip", True, True),
        ([HTML], PAGE, "", False, True),
        ([HTML], PAGE, "br", False, True),
        ([HTML], PAGE[: LEAST - 1], "gzip", False, False),
        ([HTML, ("content-encoding", "br")], PAGE, "gzip", False, False),
        ([("content-type", "image/png")], PAGE, "gzip", False, False),
        ([], PAGE, "gzip", False, False),
    ],
)
def test_text_is_compressed_for_who_takes_it(
    headers: list[tuple[str, str]], body: bytes, accepted: str, encoded: bool, varies: bool
) -> None:
    environ: dict[str, Any] = {"HTTP_ACCEPT_ENCODING": accepted} if accepted else {}
    given = [*headers, ("content-length", str(len(body))), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
    answer, sent = compressed(environ, given, body)
    assert (gzip.decompress(sent) if encoded else sent) == body
    assert (("content-encoding", "gzip") in answer) == encoded
    assert (("vary", "Accept-Encoding") in answer) == varies
    assert [value for name, value in answer if name == "content-length"] == [str(len(sent))]
    assert [value for name, value in answer if name == "set-cookie"] == ["a=1", "b=2"]


def test_the_same_page_has_many_lengths() -> None:
    lengths = {len(gzipped(PAGE)) for _ in range(300)}
    assert len(lengths) > PADDING // 2
    assert max(lengths) - min(lengths) <= PADDING
    assert max(lengths) < len(PAGE) / 5
