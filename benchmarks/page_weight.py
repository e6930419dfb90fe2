"""Page weight: what a browser fetches for the first page, over the wire, with nothing in its cache."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.measurement import Measurement
from formline.web.static_files import FOLDER, MANIFEST

LIBRARIES_ON_DEMAND = ("part-lookup", "part-date", "part-board")


def measure() -> Iterator[Measurement]:
    """Yield the weight of the files of every page together, and of the parts fetched where they are used."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    first = [manifest[name] for name in ("app.css", "app.js", "early.js", "icons.svg")]
    files = {entry["file"] for entry in first} | {path for entry in first for path in entry["imports"]}
    yield Measurement("every page: styles, scripts, icons", kilobytes(files), "KB", "<= 80 KB")
    for part in LIBRARIES_ON_DEMAND:
        found = {path.relative_to(FOLDER).as_posix() for path in MANIFEST.parent.glob(f"{part}-*.js")}
        yield Measurement(f"on demand: {part.removeprefix('part-')}", kilobytes(found), "KB")


def kilobytes(files: set[str]) -> float:
    """Return the size of the compressed files."""
    return sum((FOLDER / f"{file}.gz").stat().st_size for file in files) / 1024
