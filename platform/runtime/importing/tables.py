"""A file as headings and rows of cells; it is read in a limited child process, this side never parses its bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from formline.errors import FormlineError
from formline.runtime.limited import LimitedError, run_limited

#: A cell is text as written; a workbook's numbers and dates keep their type.
Cell = str | int | Decimal | bool | date | datetime | None

MEGABYTES = 512
SECONDS = 120
#: The forms that are read, by the ending of a file's name or the mapping's word.
_FORMS = {"csv": "csv", "txt": "csv", "tsv": "csv", "xlsx": "workbook", "xls": "workbook", "ods": "workbook"}
_CHILD = "formline.runtime.importing.reading_child"


class FileProblem(FormlineError):
    """A file that cannot be read as a table; says why and how to mend it."""

    code = "import_file"
    status = 422


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows; ``rows[i]`` is ``(line in the file, cells by heading)``.

    ``encoding``, ``delimiter`` and ``sheets`` say how it was read.
    """

    headings: tuple[str, ...]
    rows: Sequence[tuple[int, Mapping[str, Cell]]]
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()


def read_table(path: Path, source: Mapping[str, Any], *, name: str = "", rows: int = 0) -> Table:
    """Return the rows of ``path`` as a mapping's ``source`` says they are written.

    ``name`` is what people call the file, ``rows`` how many lines are read at most (0: all).

    Raises:
        FileProblem: unknown format, undecodable bytes, a file over the limits, headings missing or standing twice.
    """
    name = name or path.name
    kind = str(source.get("format") or Path(name).suffix.lstrip(".").lower())
    if kind not in _FORMS:
        raise FileProblem(f"{name}: files of the form {kind!r} cannot be imported.", hint="save it as CSV or xlsx")
    options = {key: source[key] for key in ("encoding", "delimiter", "sheet", "header_row") if source.get(key)}
    options |= {"format": _FORMS[kind], "rows": rows}
    try:
        told = run_limited(
            _CHILD, [path.absolute(), orjson.dumps(options).decode()], megabytes=MEGABYTES, seconds=SECONDS
        )
    except LimitedError as error:
        raise FileProblem(f"{name}: {error.message}") from None
    facts, _end, lines = told.partition(b"\n")
    return _table(name, orjson.loads(facts), _read(lines), int(source.get("header_row") or 1))


def _read(lines: bytes) -> Iterator[tuple[int, list[Cell]]]:
    for line in lines.splitlines():
        number, cells = orjson.loads(line)
        yield number, [_cell(cell) if isinstance(cell, dict) else cell for cell in cells]


def _cell(cell: Mapping[str, str]) -> Cell:
    ((kind, text),) = cell.items()
    if kind == "n":
        return Decimal(text)
    return date.fromisoformat(text) if kind == "d" else datetime.fromisoformat(text)


def _table(name: str, facts: Mapping[str, Any], lines: Iterator[tuple[int, Sequence[Cell]]], header_row: int) -> Table:
    headings: tuple[str, ...] = ()
    rows: list[tuple[int, Mapping[str, Cell]]] = []
    at = 0
    for number, cells in lines:
        at += 1
        if at < header_row:
            continue
        if not headings:
            headings = _headings(name, cells)
        elif any(cell not in ("", None) for cell in cells):
            rows.append((number, dict(zip(headings, (*cells, *[None] * len(headings)), strict=False))))
    if not any(headings):
        raise FileProblem(f"{name}: row {header_row} has no headings.", hint="name the row in `source.header_row`")
    return Table(headings, rows, facts["encoding"], facts["delimiter"], tuple(facts["sheets"]))


def _headings(name: str, cells: Sequence[Cell]) -> tuple[str, ...]:
    headings = tuple(str(cell if cell is not None else "").strip() for cell in cells)
    twice = sorted({heading for heading in headings if heading and headings.count(heading) > 1})
    if twice:
        raise FileProblem(f"{name}: the heading {twice[0]!r} stands twice.", hint="rename one of the columns")
    return headings


def text_of(cell: Cell) -> str:
    """Return a cell as text; days and times as ISO texts, so that they can be read again."""
    if cell is None:
        return ""
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
