"""Why a person should look at a submission before it becomes a record: plain signs, no third party; pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formline.catalog.web_forms import WebForm

#: Nobody reads and fills in a page faster.
FASTEST = timedelta(seconds=3)
#: After so long the page is shown once more; what was typed stays.
OLDEST = timedelta(hours=24)
#: Leading zero bits of the hash that a browser looks for: some ten thousand hashes.
PROOF_BITS = 13

TRAP, FAST, LINKS, MARKUP, PROOF, DUPLICATE = "trap", "fast", "links", "markup", "proof", "duplicate"
#: Of mails alone: marked by the mail server, more than a form gets otherwise, not enough for a record.
SPAM, MANY, INVALID = "spam", "many", "invalid"
_LINK = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_MARKUP = re.compile(r"</?a\b|\[/?url\b|<script\b|href\s*=", re.IGNORECASE)


def signs(
    form: WebForm, row: Mapping[str, Any], *, opened: datetime, now: datetime, trap: str, nonce: str, proof: str
) -> Iterator[str]:
    """Yield the reasons that a submission of the page gives; ``trap`` is what stood in the field nobody sees."""
    if trap.strip():
        yield TRAP
    if now - opened < FASTEST:
        yield FAST
    yield from signs_of_text(form, row)
    if form.proof and not is_proof(nonce, proof):
        yield PROOF


def signs_of_text(form: WebForm, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the reasons that the texts give, by page or by mail."""
    texts = [value for value in row.values() if isinstance(value, str)]
    if sum(len(_LINK.findall(text)) for text in texts) > form.most_links:
        yield LINKS
    if any(_MARKUP.search(text) for text in texts):
        yield MARKUP


def is_proof(nonce: str, proof: str) -> bool:
    """Return whether the hash of nonce and proof begins with enough zero bits.

    >>> is_proof("a", "1")
    False
    """
    if not proof or len(proof) > 20 or not proof.isascii():
        return False
    found = hashlib.sha256(f"{nonce}:{proof}".encode()).digest()
    return int.from_bytes(found, "big") >> (256 - PROOF_BITS) == 0
