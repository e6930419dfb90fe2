"""Rows of values as a file of a spreadsheet program: CSV with a byte order mark, or a workbook written row by row."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from formline.runtime.exporting.guarding import guard

FORMATS = ("csv", "xlsx")
#: Rows of a sheet as Excel has them, less one for the headings.
MOST_ROWS = 1_000_000

#: What a cell may hold; a moment is local and without a zone.
Value = str | int | Decimal | bool | date | datetime | None


class Writer(Protocol):
    """Takes rows one by one; the file is there after ``close``."""

    def row(self, values: Sequence[Value]) -> None:
        """Write one row."""

    def close(self) -> None:
        """Finish the file."""


def writer(path: Path, form: str, headings: Sequence[str]) -> Writer:
    """Return what writes a file of a form, its headings written."""
    made: Writer = _Workbook(path) if form == "xlsx" else _Csv(path)
    made.row(headings)
    return made


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def row(self, values: Sequence[Value]) -> None:
        self._writer.writerow([_text(value) for value in values])

    def close(self) -> None:
        self._file.close()


def _text(value: Value) -> str:
    if isinstance(value, str):
        return guard(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


class _Workbook:
    def __init__(self, path: Path) -> None:
        # Imported here: few processes ever write one.
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet()
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._at = 0

    def row(self, values: Sequence[Value]) -> None:
        for place, value in enumerate(values):
            self._cell(place, value)
        self._at += 1

    def _cell(self, place: int, value: Any) -> None:
        at, sheet = self._at, self._sheet
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(at, place, value)
        elif isinstance(value, int | Decimal) and _is_exact(value):
            sheet.write_number(at, place, value)
        elif isinstance(value, date) and value.year >= 1900:
            sheet.write_datetime(at, place, value, self._moment if isinstance(value, datetime) else self._day)
        else:
            sheet.write_string(at, place, guard(value) if isinstance(value, str) else str(value))

    def close(self) -> None:
        self._book.close()


def _is_exact(value: int | Decimal) -> bool:
    """Whether a workbook's numbers, which have 15 digits, keep a value."""
    return len(Decimal(value).as_tuple().digits) <= 15
