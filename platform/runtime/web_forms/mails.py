"""Mails read from their bytes: sender, subject, plain text and files, whatever the sender's program wrote; pure.

Nothing in a mail is trusted: what cannot be decoded is replaced, markup becomes text, and no reference is followed.
"""

from __future__ import annotations

import codecs
import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import parseaddr
from itertools import islice

from formline.runtime.web_forms.mail_markup import html_to_text

#: The longest text kept of a mail, in characters.
LONGEST = 20_000
#: Signs of a header that are read at all: what is longer was made to keep the reader busy.
LONGEST_HEADER = 16_000
#: Parts looked at, and the longest address there is (RFC 5321).
MOST_PARTS = 500
LONGEST_ADDRESS = 254
LONGEST_NAME = 150
MOST_FILES = 10
#: Names under which other signs than their own are sent: what contains them all is read instead.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "hz-gb-2312": "hz", "ks_c_5601-1987": "cp949"}
#: Codecs that mails have no business with: slow, or they make signs out of plain letters.
_NEVER = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"})
_ID = re.compile(r"<[^<>\s]{1,250}>")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ROBOTS = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@", "do-not-reply@")
_MANY_LINES = re.compile(r"\n{3,}")


class _Cut(Compat32):
    """Headers as they stand, cut before anything reads them: their parameters are taken apart in squared time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


_CUT = _Cut()


@dataclass(frozen=True, slots=True)
class MailFile:
    """One attachment."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. ``identity`` and ``references`` are hashes of Message-IDs; ``automatic`` says why no person wrote it.

    ``spam``: the mail server in front says that it is.
    """

    identity: str
    references: tuple[str, ...]
    address: str
    person: str
    subject: str
    text: str
    files: tuple[MailFile, ...]
    automatic: str = ""
    spam: bool = False


def read(raw: bytes) -> Mail:
    """Return what a mail (RFC 5322) says; bytes that are none give an empty one, endless nesting its headers alone."""
    try:
        return _read(raw, email.message_from_bytes(raw, policy=_CUT))
    except RecursionError:
        return _read(raw, BytesHeaderParser(policy=_CUT).parsebytes(raw))


def _read(raw: bytes, message: Message) -> Mail:
    person, address = _sender(header(message, "From"))
    given = _ID.findall(header(message, "Message-ID"))
    own = given[0] if given else hashlib.sha256(raw).hexdigest()
    earlier = _ID.findall(f"{header(message, 'In-Reply-To')} {header(message, 'References')}")
    return Mail(
        identity(own),
        tuple(dict.fromkeys(identity(one) for one in earlier[-50:])),
        address,
        _line(person),
        _line(header(message, "Subject")),
        text_of(message),
        tuple(_files(message)),
        automatic(message, address),
        header(message, "X-Spam-Flag").strip().upper() == "YES",
    )


def _sender(text: str) -> tuple[str, str]:
    """Return name and address; "" for an address that is none."""
    try:
        person, address = parseaddr(text)
    except RecursionError:  # comments inside of comments
        return "", ""
    address = address.strip().lower()
    fits = "@" in address and len(address) <= LONGEST_ADDRESS and address.isprintable()
    return person, address if fits else ""


def identity(message_id: str) -> str:
    """Return what is kept of a Message-ID."""
    return f"mail {hashlib.sha256(message_id.encode()).hexdigest()[:40]}"


def header(message: Message, name: str) -> str:
    """Return a header decoded, on one line; "" where there is none."""
    # As it stands in the mail: `get` replaces bytes that no charset is named for.
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        parts = decode_header(raw)
    except HeaderParseError:
        parts = [(raw, None)]
    found = "".join(_decoded(text, charset) if isinstance(text, bytes) else text for text, charset in parts)
    if any("\udc80" <= sign <= "\udcff" for sign in found):  # bytes without a word about them
        found = _decoded(found.encode("utf-8", "surrogateescape"), None)
    return " ".join(found.split())


def _decoded(content: bytes, charset: str | None) -> str:
    """Return text: in the charset named, else in the first of the usual ones that fits; never an error."""
    named = (charset or "").strip().strip("\"'").lower()
    tried = [_WIDER.get(named, named)] if _is_known(named) else []
    for one in (*tried, "utf-8", "gb18030"):
        try:
            return content.decode(one)
        except (LookupError, UnicodeError):
            continue
    return content.decode(tried[0] if tried else "utf-8", "replace")


def _is_known(charset: str) -> bool:
    if not charset or charset in ("us-ascii", "unknown-8bit"):
        return False
    try:
        b"x".decode(charset, "replace")
        return codecs.lookup(charset).name.replace("-", "_") not in _NEVER
    except (LookupError, ValueError):  # no such charset, or no charset's name at all
        return False


def _line(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()


def automatic(message: Message, address: str) -> str:
    """Return why a mail was written by no person, "" where it seems to be one's own."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "it says that it was submitted automatically"
    if header(message, "Precedence").lower() in _BULK or message.get("List-Id") is not None:
        return "it was sent to many"
    if any(message.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "X-Loop")):
        return "it is an automatic answer"
    if header(message, "Return-Path").strip() == "<>" or message.get_content_type() == "multipart/report":
        return "it is a delivery report"
    if address.lower().startswith(_ROBOTS):
        return "its sender is a program"
    return ""


def text_of(message: Message) -> str:
    """Return the plain text; markup where there is nothing else, as text."""
    plain, marked = [], []
    for part in _leaves(message):
        if _file_name(part):
            continue
        if part.get_content_type() == "text/plain":
            plain.append(_content(part))
        elif part.get_content_type() == "text/html":
            marked.append(html_to_text(_content(part)))
    text = "\n".join(plain if any(one.strip() for one in plain) else marked)
    kept = "".join(sign for sign in text.replace("\r\n", "\n") if sign.isprintable() or sign in "\n\t")
    return _MANY_LINES.sub("\n\n", kept).strip()[:LONGEST]


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the first parts that hold something; not what is inside of forwarded mails."""
    return islice(_every_leaf(message), MOST_PARTS)


def _every_leaf(message: Message) -> Iterator[Message]:
    if message.get_content_type() == "message/rfc822":
        return
    if message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _every_leaf(part)
    else:
        yield message


def _content(part: Message) -> str:
    return _decoded(_bytes_of(part), part.get_content_charset())


def _bytes_of(part: Message) -> bytes:
    """Return the bytes of a part; none where what it says of them makes no sense."""
    try:
        content = part.get_payload(decode=True)
    except ValueError:
        return b""
    return content if isinstance(content, bytes) else b""


def _file_name(part: Message) -> str:
    """Return the name of a part that is a file, "" where it is text to read."""
    try:
        name = part.get_filename()
    except ValueError:  # its charset has no charset's name
        name = "file"
    if name is not None:
        return _named(name)
    texts = part.get_content_maintype() == "text"
    return "" if texts and part.get_content_disposition() != "attachment" else f"file.{part.get_content_subtype()}"


def _named(name: str) -> str:
    """Return a name, also where it is written as headers are, which many programs do."""
    try:
        parts = decode_header(name)
    except HeaderParseError:
        parts = [(name, None)]
    found = "".join(_decoded(text, charset) if isinstance(text, bytes) else text for text, charset in parts)
    return _line(found)[:LONGEST_NAME] or "file"


def _files(message: Message) -> Iterator[MailFile]:
    if not message.is_multipart():
        return
    for part in _leaves(message):
        name = _file_name(part)
        content = _bytes_of(part) if name else b""
        if content:
            yield MailFile(name, content)
