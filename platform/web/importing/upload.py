"""Taking a file or pasted rows in: kept in the store with a look at its first rows; no page lives here."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from formline.catalog.objects import Object
from formline.runtime.files import staging
from formline.runtime.files.storage import store_of
from formline.runtime.importing import imports
from formline.runtime.importing.tables import Table, read_table, text_of
from formline.web.visit import Visit

_BLOCK = 1 << 20


def keep(here: Visit, obj: Object, name: str, stream: IO[bytes], source: Mapping[str, Any]) -> UUID:
    """Keep a file as a new import and return its id.

    Raises:
        FileProblem: it cannot be read as a table. UploadError: a scanner refused it.
    """
    clean = staging.clean_name(name)
    with tempfile.NamedTemporaryFile() as file:
        while block := stream.read(_BLOCK):
            file.write(block)
        file.flush()
        path = Path(file.name)
        staging.scan(here.site, path, clean, "application/octet-stream")
        table = looked_at(path, clean, source)
        key = imports.keep_file(here.site, path)
    with here.site.writing(here.release) as connection:
        return imports.create(
            connection,
            object_id=here.release.physical[obj.name].id,
            name=clean,
            file=key,
            created_by=here.actor.user_id,
            **described(table, source),
        )


def look_again(here: Visit, of: imports.Import, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the row of an import says once its file is read in another way; raises as ``keep``."""
    path = store_of(here.site).path(of.file or "")
    return described(looked_at(path, of.name, source), source)


def looked_at(path: Path, name: str, source: Mapping[str, Any]) -> Table:
    """Return the headings and first rows of a file."""
    return read_table(path, source, name=name, rows=imports.SAMPLES + int(source.get("header_row") or 1))


def described(table: Table, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an import's row that tell of its file."""
    samples = [[text_of(cells.get(heading)) for heading in table.headings] for _line, cells in table.rows]
    found = {**source, "encoding": table.encoding, "delimiter": table.delimiter, "sheets": list(table.sheets)}
    return {
        "source": {name: value for name, value in found.items() if value},
        "headings": list(table.headings),
        "samples": samples,
    }
