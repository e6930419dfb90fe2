"""The cache gives back what was read, notices changes and survives rubbish; hashes keep order and digits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from formline.metadata import checks, hashing
from formline.metadata.cache import ParseCache

TEXT = "kind: package\nname: crm\nversion: 1.0.0\nsettings:\n  rate: {type: decimal, default: 1.50}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "package.yaml").write_text(TEXT)
    return tmp_path / "site"


def test_a_cached_file_is_the_same_as_a_read_one(folder: Path, tmp_path: Path) -> None:
    cache = ParseCache(tmp_path / "cache")
    first, _ = checks.load_layer("site", folder, cache)
    again, _ = checks.load_layer("site", folder, cache)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert again.documents[0].data == first.documents[0].data
    assert str(again.documents[0].data["settings"]["rate"]["default"]) == "1.50"
    place = ("settings", "rate", "default")
    assert again.documents[0].positions.at(place) == first.documents[0].positions.at(place)


def test_a_changed_file_is_read_again(folder: Path, tmp_path: Path) -> None:
    cache = ParseCache(tmp_path / "cache")
    checks.load_layer("site", folder, cache)
    (folder / "package.yaml").write_text(TEXT.replace("1.50", "2"))
    layer, _ = checks.load_layer("site", folder, cache)
    assert layer.documents[0].data["settings"]["rate"]["default"] == 2


def test_a_file_with_problems_is_reported_every_time(folder: Path, tmp_path: Path) -> None:
    (folder / "package.yaml").write_text(TEXT + "lable: X\n")
    cache = ParseCache(tmp_path / "cache")
    for _ in range(2):
        _, problems = checks.load_layer("site", folder, cache)
        assert [problem.code for problem in problems] == ["unknown-key"]


def test_rubbish_in_the_cache_is_ignored(folder: Path, tmp_path: Path) -> None:
    cache = ParseCache(tmp_path / "cache")
    checks.load_layer("site", folder, cache)
    for rubbish in (b"", b"[{}]", b"[1]", b"\xff"):
        (entry,) = (tmp_path / "cache").iterdir()
        entry.write_bytes(rubbish)
        layer, problems = checks.load_layer("site", folder, cache)
        assert (len(layer.documents), problems) == (1, [])


def test_a_text_with_the_marker_is_not_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "package.yaml").write_text(TEXT + 'help: "$decimal"\n')
    checks.load_layer("site", folder, ParseCache(tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_the_hash_keeps_digits_and_order() -> None:
    assert hashing.content_hash({"a": Decimal("1.5")}) != hashing.content_hash({"a": Decimal("1.50")})
    assert hashing.content_hash({"a": 1, "b": 2}) != hashing.content_hash({"b": 2, "a": 1})
    assert hashing.content_hash({"a": [1, "x", None]}) == hashing.content_hash({"a": [1, "x", None]})
    assert len(hashing.content_hash({})) == 64


@pytest.mark.parametrize(
    "value", [1, 10**30, -(10**20), Decimal("1.50"), Decimal("1E+3"), None, True, "x", ["a", {"b": []}]]
)
def test_the_canonical_form_is_read_back(value: object) -> None:
    restored = hashing.restore(hashing.canonical({"v": value}))["v"]
    assert restored == value
    assert str(restored) == str(value)


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError):
        hashing.canonical({"a": object()})
