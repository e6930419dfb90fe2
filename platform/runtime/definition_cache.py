"""Parsed definition files on disk, by hash of the text and version of the code; JSON, rebuilt when missing or broken."""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from formline.metadata.loader import Document, Loaded, load_text
from formline.metadata.positions import Positions

_FORMAT = 1


class DefinitionCache:
    """One file that holds every parsed definition of the last load; entries nobody asked for are dropped when saved."""

    def __init__(self, folder: Path) -> None:
        """Read the file, if there is one that fits."""
        self._file = folder / f"definitions-{version('formline')}-{_FORMAT}.json"
        self._known: dict[str, Any] = self._read()
        self._used: dict[str, Any] = {}

    def _read(self) -> dict[str, Any]:
        try:
            found = orjson.loads(self._file.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) else {}

    def load(self, text: str, shown: str) -> Loaded:
        """Return the documents of a text, parsed only if it is new; a text with problems is always parsed again."""
        key = hashlib.sha256(f"{shown}\0{text}".encode()).hexdigest()
        entry = self._known.get(key)
        if entry is not None:
            self._used[key] = entry
            return Loaded(tuple(_document(one, shown) for one in entry), ())
        loaded = load_text(text, shown)
        if not loaded.problems:
            data = [[d.kind, d.name, d.extends, d.data, d.positions.marks] for d in loaded.documents]
            if _plain(data):
                self._used[key] = data
        return loaded

    def save(self) -> None:
        """Write what was used, if it differs from the file; a folder that cannot be written is no reason to fail."""
        if self._used.keys() == self._known.keys():
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(orjson.dumps(self._used))
            Path(name).replace(self._file)
        except OSError:
            return


def _plain(value: Any) -> bool:
    """Whether JSON keeps the value exactly: no decimals."""
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | int | bool)


def _document(entry: Any, shown: str) -> Document:
    kind, name, extends, data, marks = entry
    return Document(kind, name, extends, data, Positions(shown, marks), shown)
