"""Reads a file into headings and rows of cells; knows formats and encodings, nothing about objects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from formline.errors import FormlineError

#: Tried in this order where a file has no byte order mark and the mapping names no encoding.
ENCODINGS = ("utf-8", "gb18030", "cp1252")

#: A cell is text as written; a workbook's numbers and dates keep their type.
Cell = str | int | Decimal | bool | date | datetime | None


class FileProblem(FormlineError):
    """A file that cannot be read as a table; says why and how to mend it."""

    code = "import_file"
    status = 422


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows; ``rows[i]`` is ``(line in the file, cells by heading)``."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[int, Mapping[str, Cell]]]


def read_table(path: Path, source: Mapping[str, Any]) -> Table:
    """Return the rows of ``path`` as a mapping's ``source`` says they are written.

    Raises:
        FileProblem: unknown format, undecodable bytes, headings that are missing or stand twice.
    """
    kind = source.get("format") or path.suffix.lstrip(".").lower()
    if kind in ("csv", "txt", "tsv"):
        lines = _csv_lines(path, source)
    elif kind in ("xlsx", "xls", "ods"):
        lines = _workbook_lines(path, source)
    else:
        raise FileProblem(f"{path.name}: files of the form {kind!r} cannot be imported.", hint="save it as CSV or xlsx")
    return _table(path, lines, int(source.get("header_row", 1)))


def _table(path: Path, lines: Iterator[tuple[int, Sequence[Cell]]], header_row: int) -> Table:
    headings: tuple[str, ...] = ()
    rows: list[tuple[int, Mapping[str, Cell]]] = []
    for number, cells in lines:
        if number < header_row:
            continue
        if not headings:
            headings = _headings(path, cells)
        elif any(cell not in ("", None) for cell in cells):
            rows.append((number, dict(zip(headings, (*cells, *[None] * len(headings)), strict=False))))
    if not headings:
        raise FileProblem(f"{path.name}: row {header_row} has no headings.", hint="name the row in `source.header_row`")
    return Table(headings, rows)


def _headings(path: Path, cells: Sequence[Cell]) -> tuple[str, ...]:
    headings = tuple(str(cell or "").strip() for cell in cells)
    twice = sorted({heading for heading in headings if heading and headings.count(heading) > 1})
    if twice:
        raise FileProblem(f"{path.name}: the heading {twice[0]!r} stands twice.", hint="rename one of the columns")
    return headings


def _csv_lines(path: Path, source: Mapping[str, Any]) -> Iterator[tuple[int, Sequence[Cell]]]:
    text = decode(path.read_bytes(), source.get("encoding"), path.name)
    delimiter = source.get("delimiter") or _delimiter(text.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise FileProblem(f"{path.name}: line {reader.line_num}: {error}.", hint="check the quotes") from None


def decode(data: bytes, encoding: str | None, name: str) -> str:
    """Return the text of a file, by its byte order mark, the named encoding, or the first that fits.

    Raises:
        FileProblem: bytes that are no text in that encoding.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8-sig")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    for candidate in (encoding,) if encoding else ENCODINGS:
        try:
            text = data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" not in text:
            return text
    raise FileProblem(
        f"{name}: its text is not in the encoding {encoding or 'UTF-8 or GB18030'}.", hint="save it as UTF-8"
    )


def _delimiter(first_line: str) -> str:
    return max(",;\t|", key=first_line.count)


def _workbook_lines(path: Path, source: Mapping[str, Any]) -> Iterator[tuple[int, Sequence[Cell]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_name(source["sheet"]) if "sheet" in source else book.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except CalamineError as error:
        raise FileProblem(f"{path.name}: {error}.", hint="open it and save it again as xlsx") from None
    for number, cells in enumerate(rows, start=1):
        yield number, [_workbook_cell(cell) for cell in cells]


def _workbook_cell(cell: Any) -> Cell:
    if isinstance(cell, float):
        # 15 digits are what a workbook keeps and shows; more would be noise of binary fractions.
        return int(cell) if cell.is_integer() else Decimal(f"{cell:.15g}")
    return cell if isinstance(cell, str | int | bool | date | datetime) else str(cell or "")
