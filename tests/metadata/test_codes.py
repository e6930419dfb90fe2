"""Every code is described, and its description is true: the wrong example has the mistake, the right one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from formline.metadata import checks, codes

codes.load()
DOCS = [doc for doc in codes.CODES.values() if doc.group == "definitions"]
PAGE = Path(__file__).parents[2] / "docs" / "errors" / "definitions.md"


def found(doc: codes.CodeDoc, text: str, root: Path, *, beside: bool = True) -> set[str]:
    layers = [("base", root / "base"), ("site", root / "site")]
    for _, folder in layers:
        folder.mkdir()
    if doc.below:
        write(root / "base" / below_file(doc), doc.below)
    if doc.beside and beside:
        write(root / "site" / "objects/customer.yaml", doc.beside)
    write(root / "site" / doc.file, text, doc.encoding)
    return {problem.code for problem in checks.check_layers(layers).problems}


def below_file(doc: codes.CodeDoc) -> str:
    kind = doc.below.partition("\n")[0]
    return {"kind: layout": "layouts/customer.yaml", "kind: package": "package.yaml"}.get(kind, "objects/customer.yaml")


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.code)
def test_the_wrong_example_has_the_mistake(doc: codes.CodeDoc, tmp_path: Path) -> None:
    assert doc.code in found(doc, doc.wrong, tmp_path)


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.code)
def test_the_right_example_has_not(doc: codes.CodeDoc, tmp_path: Path) -> None:
    utf8 = codes.CodeDoc(**{name: getattr(doc, name) for name in doc.__slots__} | {"encoding": "utf-8"})
    assert doc.code not in found(utf8, doc.right, tmp_path, beside=False)


def test_there_are_many_codes() -> None:
    assert len(DOCS) >= 55


def test_the_page_is_what_the_registry_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == codes.page("definitions", "Errors in definitions")
