"""S4 on mails: whatever stands in one, reading it ends soon, raises nothing, and gives text that can be kept."""

from __future__ import annotations

import time

import pytest

from formline.runtime.web_forms import mails
from formline.runtime.web_forms.mail_markup import html_to_text

HEAD = b"From: Eva <eva@x.example>\r\nSubject: hi\r\nMessage-ID: <a@b>\r\n"
#: Processor seconds: the kind of mail below took hours, or the square of its length.
SOON = 8.0


def _nested(kind: bytes, levels: int) -> bytes:
    parts = (b'Content-Type: %s; boundary="b%d"\r\n\r\n--b%d\r\n' % (kind, n, n) for n in range(levels))
    return HEAD + b"".join(parts) + b"Content-Type: text/plain\r\n\r\nhi\r\n"


def _html(markup: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + markup


def _text(charset: bytes, content: bytes = b"abc\xff") -> bytes:
    return HEAD + b'Content-Type: text/plain; charset="' + charset + b'"\r\n\r\n' + content


def _file(named: bytes) -> bytes:
    part = b"--b\r\nContent-Disposition: attachment; " + named + b"\r\n\r\nabc\r\n--b--"
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part


ATTACKS = {
    "nested": _nested(b"multipart/mixed", 5_000),
    "forwarded": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3_000 + b"x",
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\na\r\n" * 20_000,
    "comments": b"From: " + b"(" * 50_000 + b"a@b.c\r\n\r\nx",
    "parameters": HEAD + b"Content-Type: text/plain" + b"; a=b" * 400_000 + b"\r\n\r\nabc",
    "words": b"From: " + b"=?a?q?" * 200_000 + b" a@b.c\r\n\r\nx",
    "tags": _html(b"<a " * 200_000),
    "ends": _html(b"</a" * 200_000),
    "attributes": _html(b"<a a='" * 100_000),
    "declarations": _html(b"<!" * 200_000),
    "marked": _html(b"<![if" * 100_000),
    "marked open": _html(b"<![if>" * 100_000),
    "unknown marks": _html(b"<![else]><!x[<![x <!DOCTYPE x [<!ELEMENT"),
    "comments of markup": _html(b"<!-- >" * 100_000),
    "scripts": _html(b"<script></" * 60_000),
    "charset with a zero": _text(b"a\0b"),
    "charset idna": _text(b"idna"),
    "charset punycode": _text(b"punycode", b"a-" + b"b9z" * 300_000),
    "charset of escapes": _text(b"unicode_escape", b"\\ud800\\u0000"),
    "charset utf-7": _text(b"utf-7", b"+2AA-+3IA-"),
    "charset that is no text": _text(b"zlib"),
    "subject of escapes": b"From: a@b.c\r\nSubject: =?unicode_escape?q?=5Cud800=5Cudc80?=\r\n\r\nx",
    "subject idna": b"From: a@b.c\r\nSubject: =?idna?q?=FF=FE?=\r\n\r\nx",
    "subject with a zero": b"From: a@b.c\r\nSubject: =?a\0b?q?x?=\r\n\r\nx",
    "sender of escapes": b"From: =?unicode_escape?q?a=5Cud800@b.c?=\r\n\r\nx",
    "sender with a zero": b"From: =?utf-8?q?a=00b@b.c?=\r\n\r\nx",
    "sender with lines": b"From: =?utf-8?q?a@b.c=0D=0ABcc:_x@y.z?=\r\n\r\nx",
    "identity of escapes": b"From: a@b.c\r\nMessage-ID: =?unicode_escape?q?<=5Cud800>?=\r\n\r\nx",
    "file of escapes": _file(b'filename="=?unicode_escape?q?=5Cud800=5Cn=5C0a?="'),
    "file idna": _file(b"filename*=idna''%FF%FE"),
    "file with a zero": _file(b"filename*=a%00b''%FF%FE"),
    "file punycode": _file(b"filename*=punycode''a-" + b"b9z" * 300_000),
    "file with lines": _file(b"filename*=utf-8''a%0D%0Ab%00.pdf"),
    "bytes for all": HEAD + b"Content-Type: \xff/\xfe\r\nContent-Transfer-Encoding: \xff\r\n\r\n\xff",
    "gb2312 garbage": _text(b"gb2312", bytes(range(256)) * 500),
}


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=ATTACKS)
def test_reading_ends_and_gives_text(raw: bytes) -> None:
    began = time.process_time()
    mail = mails.read(raw)
    assert time.process_time() - began < SOON
    for line in (mail.address, mail.person, mail.subject, *(one.name for one in mail.files)):
        assert line.isprintable()
    assert all(sign.isprintable() or sign in "\n\t" for sign in mail.text)
    assert len(mail.address) <= mails.LONGEST_ADDRESS


def test_markup_reads_as_before() -> None:
    outlook = "<!DOCTYPE html><!--[if mso]><p>no</p><![endif]--><p>1 < 2 <b>&amp; 3</b><!-- x --><br>end</p>"
    assert html_to_text(outlook) == "1 < 2 & 3\nend"
