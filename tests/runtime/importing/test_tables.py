"""Files as headings and rows: encodings, delimiters, workbooks, and files that are no tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from formline.runtime.importing.tables import FileProblem, read_table

ROWS = [(2, {"名称": "华东精密", "amount": "1,5"}), (3, {"名称": "海", "amount": ""})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Whatever a spreadsheet program writes is read without being told."""
    file = tmp_path / "a.csv"
    lines = [("名称", "amount"), ("华东精密", '"1,5"'), ("", ""), ("海", "")]
    file.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    table = read_table(file, {})
    assert table.headings == ("名称", "amount")
    assert [cells for _line, cells in table.rows] == [cells for _line, cells in ROWS]


@pytest.mark.parametrize(
    ("data", "source", "told"),
    [
        (b"", {}, "has no headings"),
        (b"a,a\n1,2", {}, "stands twice"),
        (b"\xff\xfa\x00\x81", {"encoding": "utf-8"}, "not in the encoding utf-8"),
        (b'a,b\n"x', {"header_row": 5}, "row 5 has no headings"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, data: bytes, source: dict[str, object], told: str) -> None:
    """The message names the file and what is wrong with it."""
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    with pytest.raises(FileProblem, match=told):
        read_table(file, source)


def test_unknown_forms_are_refused(tmp_path: Path) -> None:
    """A picture is no table."""
    with pytest.raises(FileProblem, match="cannot be imported"):
        read_table(tmp_path / "a.png", {})
