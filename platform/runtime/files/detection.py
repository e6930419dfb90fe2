"""What a file is, by its bytes: the name it came with decides only between kinds whose bytes are alike."""

from __future__ import annotations

import zipfile
from pathlib import Path

import filetype

UNKNOWN = "application/octet-stream"
_HEAD = 8192
_OFFICE = "application/vnd.openxmlformats-officedocument."
#: A file inside an archive that only such a document has.
_IN_ARCHIVE = {
    "word/document.xml": f"{_OFFICE}wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}presentationml.presentation",
}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
#: Old binary office files share one container; the name says which it is.
_IN_COMPOUND = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
#: Words by which browsers take text for markup, wherever they stand near the beginning.
_MARKUP = (
    (b"<svg", "image/svg+xml"),
    (b"<html", "text/html"),
    (b"<!doctype html", "text/html"),
    (b"<script", "text/html"),
    (b"<body", "text/html"),
    (b"<?xml", "text/xml"),
)


def media_type_of(path: Path, name: str) -> str:
    """Return the media type of a file on disk; ``name`` is what it was called where it came from."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(_COMPOUND):
        return _IN_COMPOUND.get(Path(name).suffix.lower(), UNKNOWN)
    if head.startswith(b"PK"):
        return _archive(path)
    found = filetype.guess_mime(head)
    if found and not found.startswith("text/"):
        return _markup(head, found) if found == "application/xml" else str(found)
    return _text(head, name)


def _archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as told:
                    word = told.read(100).decode("ascii", "replace").strip()
                return word if word.startswith(_OPEN_DOCUMENT) else "application/zip"
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        return UNKNOWN
    return next((type_ for inner, type_ in _IN_ARCHIVE.items() if inner in names), "application/zip")


def _text(head: bytes, name: str) -> str:
    # A character may be cut at the end of what was read.
    for encoding in ("utf-8-sig", "gb18030"):
        for cut in range(4):
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            if any(ord(sign) < 32 and sign not in "\t\n\r\f\x1b" for sign in text):
                return UNKNOWN
            return _markup(head, "text/csv" if name.lower().endswith((".csv", ".tsv")) else "text/plain")
    return UNKNOWN


def _markup(head: bytes, otherwise: str) -> str:
    lowered = head[:1024].lower()
    return next((type_ for word, type_ in _MARKUP if word in lowered), otherwise)
