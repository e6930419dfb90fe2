"""S8: text that a spreadsheet program would run is prefixed, our import restores it; hostile files meet limits."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formline.runtime.exporting.guarding import FORMULA_SIGNS, guard, restore
from formline.runtime.exporting.writing import writer
from formline.runtime.importing import reading_child, tables
from formline.runtime.importing.tables import FileProblem, read_table

TEXTS = st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'a中 1"), max_size=6)
HOSTILE = [f"{sign}cmd|' /C calc'!A0" for sign in sorted(FORMULA_SIGNS)]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_is_prefixed(text: str) -> None:
    assert guard(text) == f"'{text}"
    assert restore(guard(text)) == text


@pytest.mark.parametrize("text", ["", "'", "'quoted'", "a=b", "中文", "1-2", " =1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guard(text) == text == restore(text)


@given(TEXTS)
def test_whatever_leaves_comes_back(text: str) -> None:
    """Nothing that leaves begins with a sign, and restoring gives exactly what it was."""
    assert guard(text)[:1] not in FORMULA_SIGNS or not text
    assert restore(guard(text)) == text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_of_ours_is_harmless_and_read_back_exactly(tmp_path: Path, form: str) -> None:
    """Through the real writer and the real reader, in both forms."""
    path = tmp_path / f"a.{form}"
    made = writer(path, form, ["=heading", "note"])
    for text in HOSTILE:
        made.row([text, "x"])
    made.close()
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as opened:
            cells = [row[0] for row in csv.reader(opened)]
    else:
        with zipfile.ZipFile(path) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        cells = [text for text, _note in _raw(path)]
    assert not [cell for cell in cells if cell[:1] in FORMULA_SIGNS]
    table = read_table(path, {})
    assert table.headings == ("=heading", "note")
    assert [row["=heading"] for _line, row in table.rows] == HOSTILE


def _raw(path: Path) -> list[list[str]]:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def test_a_formula_in_a_workbook_gives_its_cached_value_only(tmp_path: Path) -> None:
    """What was calculated last is read; nothing is calculated, nothing is fetched."""
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write_formula(1, 0, "=1+1", None, 7)
    sheet.write_formula(1, 1, '=WEBSERVICE("http://127.0.0.1/")', None, "cached")
    book.close()
    assert read_table(path, {}).rows == [(2, {"a": 7, "b": "cached"})]


def _bomb(path: Path, size: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/sheet.xml", "w") as part:
        for _ in range(size >> 20):
            part.write(b"0" * (1 << 20))


def _parts(path: Path, count: int) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}", b"")


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """By its ratio and by the number of its parts, before anything is unpacked."""
    for make in (lambda path: _bomb(path, 40 << 20), lambda path: _parts(path, reading_child.MOST_PARTS + 1)):
        path = tmp_path / "a.xlsx"
        make(path)
        with pytest.raises(FileProblem, match="unpacks to far more"):
            read_table(path, {})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a" + ",b" * reading_child.MOST_COLUMNS, "more than 500 columns"),
        ("a\n" + "x" * (reading_child.LONGEST_CELL + 1), "characters"),
        ("a\n" + "1\n" * (reading_child.MOST_ROWS + 1), "more than 200,000 rows"),
    ],
)
def test_too_many_rows_columns_and_letters_are_refused(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(FileProblem, match=told):
        read_table(path, {})


def test_the_child_has_little_memory_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are those of the design; a file that needs more ends with words, not with the server."""
    assert (tables.MEGABYTES, tables.SECONDS) == (512, 120)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + '"1","2"\n' * 150_000)
    monkeypatch.setattr(tables, "SECONDS", 0)
    with pytest.raises(FileProblem):
        read_table(path, {})


@settings(max_examples=10, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    """No file makes anything but a table or a FileProblem."""
    import tempfile

    for ending in ("csv", "xlsx"):
        with tempfile.NamedTemporaryFile(suffix=f".{ending}") as file:
            file.write(data)
            file.flush()
            try:
                headings = read_table(Path(file.name), {}).headings
            except FileProblem:
                continue
            assert headings


def test_headings_are_written_guarded_too(tmp_path: Path) -> None:
    made = io.StringIO()
    csv.writer(made).writerow([guard("=1")])
    assert made.getvalue() == "'=1\r\n"
