"""A disk cache of files that were read and found sound; rebuildable, JSON, never pickle."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from formline.metadata import hashing
from formline.metadata.loader import Document
from formline.metadata.positions import Positions


class ParseCache:
    """Documents by the content of their file and the code that read it.

    A file is kept as ``<folder>/<hash>.json``; entries of other code versions are never read and may be deleted.
    """

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which is made when the first entry is written."""
        self.folder = Path(folder)

    def get(self, content: bytes, file: str) -> list[Document] | None:
        """Return the documents of a file with this content and name, or None."""
        try:
            kept = (self.folder / self._entry(content, file)).read_bytes()
            return [_document(entry, file) for entry in orjson.loads(kept)]
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, content: bytes, file: str, documents: Iterable[Document]) -> None:
        """Keep the documents of a file; a text that looks like the cache's own marker is not kept."""
        if hashing.MARKER.encode() in content:
            return
        entries = [_entry(document) for document in documents]
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as target:
            target.write(orjson.dumps(entries))
        os.replace(name, self.folder / self._entry(content, file))

    def _entry(self, content: bytes, file: str) -> str:
        digest = hashlib.sha256(code_version())
        digest.update(file.encode() + b"\0")
        digest.update(content)
        return f"{digest.hexdigest()}.json"


@cache
def code_version() -> bytes:
    """Return a hash of the modules and schemas of this package: what reads files differently keeps them apart."""
    digest = hashlib.sha256()
    root = resources.files("formline.metadata")
    for folder in (root, root / "schemas"):
        for part in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if part.name.endswith((".py", ".json")):
                digest.update(part.read_bytes())
    return digest.digest()


def _entry(document: Document) -> dict[str, Any]:
    data = hashing.canonical(document.data).decode()
    marks = orjson.dumps(document.positions.marks).decode()
    return {"kind": document.kind, "name": document.name, "extends": document.extends, "data": data, "marks": marks}


def _document(entry: dict[str, Any], file: str) -> Document:
    """Make a document; its marks are decoded when a position is asked for, which is when something is wrong."""
    positions = Positions(file, partial(orjson.loads, entry["marks"]))
    data = hashing.restore(entry["data"])
    return Document(entry["kind"], entry["name"], entry["extends"], data, positions, file)
