"""Mails read from their bytes: sender, subject, plain text and files, whatever the sender's program wrote; pure.

Nothing in a mail is trusted: what cannot be decoded is replaced, markup becomes text, and no reference is followed.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from html.parser import HTMLParser

#: The longest text kept of a mail, in characters.
LONGEST = 20_000
MOST_FILES = 10
#: Names under which other signs than their own are sent: what contains them all is read instead.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "hz-gb-2312": "hz", "ks_c_5601-1987": "cp949"}
_ID = re.compile(r"<[^<>\s]{1,250}>")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ROBOTS = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@", "do-not-reply@")
_MANY_LINES = re.compile(r"\n{3,}")


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
    """Return what a mail (RFC 5322) says; bytes that are none give an empty one."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    person, address = parseaddr(header(message, "From"))
    given = _ID.findall(header(message, "Message-ID"))
    own = given[0] if given else hashlib.sha256(raw).hexdigest()
    earlier = _ID.findall(f"{header(message, 'In-Reply-To')} {header(message, 'References')}")
    return Mail(
        identity(own),
        tuple(dict.fromkeys(identity(one) for one in earlier[-50:])),
        address.strip().lower() if "@" in address else "",
        _line(person),
        _line(header(message, "Subject")),
        text_of(message),
        tuple(_files(message)),
        automatic(message, address),
        header(message, "X-Spam-Flag").strip().upper() == "YES",
    )


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
    tried = [_WIDER.get(named, named)] if named and named not in ("us-ascii", "unknown-8bit") else []
    for one in (*tried, "utf-8", "gb18030"):
        try:
            return content.decode(one)
        except (LookupError, UnicodeError):
            continue
    return content.decode(tried[0] if tried and _is_known(tried[0]) else "utf-8", "replace")


def _is_known(charset: str) -> bool:
    try:
        b"".decode(charset)
    except LookupError:
        return False
    return True


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
    """Yield the parts that hold something; not what is inside of forwarded mails."""
    if message.get_content_type() == "message/rfc822":
        return
    if message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield message


def _content(part: Message) -> str:
    content = part.get_payload(decode=True)
    return _decoded(content, part.get_content_charset()) if isinstance(content, bytes) else ""


def _file_name(part: Message) -> str:
    """Return the name of a part that is a file, "" where it is text to read."""
    name = part.get_filename()
    if name is not None:
        return _named(name)
    texts = part.get_content_maintype() == "text"
    return "" if texts and part.get_content_disposition() != "attachment" else f"file.{part.get_content_subtype()}"


def _named(name: str) -> str:
    """Return a name, also where it is written as headers are, which many programs do."""
    try:
        parts = decode_header(name)
    except HeaderParseError:
        return name
    return "".join(_decoded(text, charset) if isinstance(text, bytes) else text for text, charset in parts) or "file"


def _files(message: Message) -> Iterator[MailFile]:
    if not message.is_multipart():
        return
    for part in _leaves(message):
        name = _file_name(part)
        content = part.get_payload(decode=True) if name else None
        if isinstance(content, bytes) and content:
            yield MailFile(name, content)


class _Reader(HTMLParser):
    """Collects the text of markup; scripts, styles and titles are left out."""

    _SKIPPED = frozenset({"script", "style", "head", "title", "template"})
    _BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or something that is left out."""
        if tag in self._SKIPPED:
            self._skipping.append(tag)
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End what is left out."""
        if self._skipping and tag == self._skipping[-1]:
            self._skipping.pop()
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep text, its blanks as one."""
        if not self._skipping or self._skipping == ["head"]:
            self.parts.append(re.sub(r"\s+", " ", data))


def html_to_text(markup: str) -> str:
    """Return the text of HTML.

    >>> html_to_text("<p>Hello <b>there</b></p><script>x</script>")
    'Hello there'
    """
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()
