"""The child process of tables.py: reads one file of rows and writes them as JSON lines; it opens no site.

The first line says how the file was read, each other one is ``[line, cells]``. Cells are texts, numbers and booleans as
JSON; ``{"n": digits}`` is a decimal, ``{"d": text}`` a date, ``{"t": text}`` a moment. A workbook gives its cached
values: no formula is evaluated.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import orjson

from formline.runtime.exporting.guarding import restore
from formline.runtime.limited import enter

#: Tried in this order where a file has no byte order mark and nobody named an encoding.
ENCODINGS = ("utf-8", "gb18030", "cp1252")
MOST_ROWS = 200_000
MOST_COLUMNS = 500
LONGEST_CELL = 100_000
#: Bytes of the rows handed on at most.
MOST_BYTES = 256 << 20
#: A workbook may unpack to so many bytes, and to so many times its size.
UNPACKED = 1 << 30
RATIO = 200
MOST_PARTS = 2_000

Line = tuple[int, Sequence[Any]]


class UnreadableError(Exception):
    """What is wrong with the file, for people."""


def main(arguments: list[str]) -> int:
    """Carry out ``file options``; options are JSON: format, encoding, delimiter, sheet, header_row, rows (0: all)."""
    file, options = enter(arguments)
    try:
        _write(Path(file), orjson.loads(options))
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return 1
    except MemoryError:
        print("it is too large to be read.", file=sys.stderr)
        return 1
    return 0


def _write(path: Path, options: dict[str, Any]) -> None:
    facts, lines = _workbook(path, options) if options["format"] != "csv" else _text(path, options)
    out = sys.stdout.buffer
    out.write(orjson.dumps(facts) + b"\n")
    most = int(options.get("rows") or 0)
    written = 0
    for rows, (number, cells) in enumerate(lines, start=1):
        if len(cells) > MOST_COLUMNS:
            raise UnreadableError(f"row {number} has more than {MOST_COLUMNS} columns.")
        if rows > MOST_ROWS + int(options.get("header_row") or 1):
            raise UnreadableError(f"it has more than {MOST_ROWS:,} rows; split it.")
        line = orjson.dumps([number, [_cell(cell, number) for cell in cells]]) + b"\n"
        written += len(line)
        if written > MOST_BYTES:
            raise UnreadableError("its rows are too large to be read.")
        out.write(line)
        if rows == most:
            break


def _cell(cell: Any, number: int) -> Any:
    if isinstance(cell, str):
        if len(cell) > LONGEST_CELL:
            raise UnreadableError(f"row {number} has a cell of more than {LONGEST_CELL:,} characters.")
        return restore(cell.encode("utf-8", "replace").decode())
    if isinstance(cell, float):
        # 15 digits are what a workbook keeps and shows; more would be noise of binary fractions.
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else {"n": f"{cell:.15g}"}
    if isinstance(cell, datetime):
        return {"t": cell.isoformat()}
    if isinstance(cell, date):
        return {"d": cell.isoformat()}
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell if isinstance(cell, bool | int) or cell is None else str(cell)


def _text(path: Path, options: dict[str, Any]) -> tuple[dict[str, Any], Iterator[Line]]:
    encoding = _encoding(path, options.get("encoding"))
    text = io.TextIOWrapper(path.open("rb"), encoding, newline="")
    first = text.readline(LONGEST_CELL)
    text.seek(0)
    delimiter = options.get("delimiter") or max(",;\t|", key=first.count)
    return {"encoding": encoding, "delimiter": delimiter, "sheets": []}, _csv_lines(text, delimiter)


def _csv_lines(text: io.TextIOWrapper, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UnreadableError(f"line {reader.line_num}: {error}; check the quotes.") from None


def _encoding(path: Path, named: str | None) -> str:
    """Return the encoding by the byte order mark, the name given, or the first that reads the whole file."""
    with path.open("rb") as opened:
        start = opened.read(4)
    if start.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        named = "utf-16"
    for candidate in (named,) if named else ENCODINGS:
        if _fits(path, candidate):
            return candidate
    raise UnreadableError(f"its text is not in the encoding {named or 'UTF-8 or GB18030'}; save it as UTF-8.")


def _fits(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as opened:
            while block := opened.read(1 << 20):
                if "\x00" in block:
                    return False
    except (UnicodeError, LookupError):
        return False
    return True


def _workbook(path: Path, options: dict[str, Any]) -> tuple[dict[str, Any], Iterator[Line]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        wanted = options.get("sheet")
        if not book.sheet_names or (wanted and wanted not in book.sheet_names):
            raise UnreadableError(f"it has no sheet {wanted!r}." if wanted else "it has no sheet.")
        sheet = book.get_sheet_by_name(wanted) if wanted else book.get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise UnreadableError(f"{error}; open it and save it again as xlsx.") from None
    # Rows above the first one used are not given; numbering them keeps the lines of messages right.
    lines = enumerate(sheet.to_python(skip_empty_area=False), start=1)
    return {"encoding": "", "delimiter": "", "sheets": list(book.sheet_names)}, lines


def _refuse_bomb(path: Path) -> None:
    """Refuse an archive that unpacks to far more than it is, by what its directory says."""
    if not zipfile.is_zipfile(path):
        return  # a workbook of the old form
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise UnreadableError("it is damaged; open it and save it again as xlsx.") from None
    size = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or size > UNPACKED or size > RATIO * max(path.stat().st_size, 1 << 16):
        raise UnreadableError("it unpacks to far more than a workbook should.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
