"""The whole check: files of several layers, what follows from what, translations of merged definitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from formline.metadata import checks
from formline.metadata.layers import Merged

BASE = "kind: layout\nname: deal\nobject: deal\nform:\n  - {section: main, rows: [[name, stage], [amount]]}\n"
MACHINE = (
    "kind: state_machine\nname: stage\nobject: deal\ninitial: open\n"
    "states: {open: {}, won: {final: true}}\ntransitions:\n  win: {from: open, to: won}\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "base/layouts/deal.yaml", BASE)
    write(tmp_path / "base/workflows/stage.yaml", MACHINE)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def check(root: Path) -> Merged:
    return checks.check_layers([(name, root / name) for name in ("base", "site") if (root / name).exists()])


def lines(merged: Merged) -> list[str]:
    return [f"{problem.position} {problem.code}" for problem in merged.problems]


def test_sound_layers_have_no_problems(root: Path) -> None:
    merged = check(root)
    assert merged.problems == ()
    assert set(merged.definitions) == {("layout", "deal"), ("state_machine", "stage")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("form: [{change: main, rows: {insert_after: amount, rows: [[close date]]}}]\n", "3:60 bad-name"),
        ("form: [{change: main, rows: {insert_after: amount, rows: [[a, b, c, d, e]]}}]\n", "3:59 too-many"),
        ("form: [{change: main, section: null}]\n", "5:5 missing-key"),
        ("form: [{insert_after: main, section: main, rows: [[x]]}]\n", "3:8 duplicate-name"),
        ("form: [{insert_after: main, section: more, rows: [[name]]}]\n", "3:52 field-twice"),
        ("object: null\n", "1:1 missing-key"),
    ],
)
def test_a_mistake_that_only_the_merged_definition_has_is_placed_where_it_was_made(
    root: Path, change: str, expected: str
) -> None:
    write(root / "site/layouts/deal.yaml", "kind: layout\nextends: deal\n" + change)
    place, code = expected.split(" ")
    layer = "base" if code == "missing-key" else "site"
    assert lines(check(root)) == [f"{layer}/layouts/deal.yaml:{place} {code}"]


def test_a_broken_base_does_not_break_what_extends_it(root: Path) -> None:
    write(root / "base/layouts/deal.yaml", BASE + "lable: Deal\n")
    write(root / "site/layouts/deal.yaml", "kind: layout\nextends: deal\nlabel: Deal\n")
    merged = check(root)
    assert lines(merged) == ["base/layouts/deal.yaml:6:1 unknown-key"]
    assert merged.definitions["layout", "deal"].data["label"] == "Deal"


def test_the_rules_meet_the_merged_definition(root: Path) -> None:
    change = "kind: state_machine\nextends: stage\nstates: {open: null, new: {}}\n"
    write(root / "site/workflows/stage.yaml", change)
    assert lines(check(root)) == [
        "base/workflows/stage.yaml:4:10 unknown-state",
        "base/workflows/stage.yaml:7:15 unknown-state",
        "site/workflows/stage.yaml:3:22 unreachable-state",
    ]


@pytest.mark.parametrize(
    ("of", "texts", "expected"),
    [
        ("state_machine", "stage: {states: {open: {label: Offen}}, transitions: {win: {confirm: Sicher?}}}", []),
        ("layout", "deal: {form: {main: {label: Daten}}}", []),
        ("layout", "deal: {form: {mian: {label: Daten}}}", ["5:17 unknown-text"]),
        ("layout", "deal: {form: {main: {rows: Zeilen}}}", ["5:24 unknown-text"]),
        ("layout", "dael: {label: Daten}", ["5:3 unknown-text"]),
        ("state_machine", "stage: {initial: {label: X}}", ["5:11 unknown-text"]),
    ],
)
def test_translations_have_counterparts(root: Path, of: str, texts: str, expected: list[str]) -> None:
    file = f"site/translations/de/{of}.yaml"
    write(root / file, f"kind: translations\nlanguage: de\nof: {of}\ntexts:\n  {texts}\n")
    assert lines(check(root)) == [f"{file}:{one}" for one in expected]


def test_two_runs_say_the_same_in_the_order_of_files(root: Path) -> None:
    write(root / "site/objects/b.yaml", "kind: object\nname: b\nx: 1\ny: 2\n")
    write(root / "site/objects/a.yaml", "kind: object\nname: c\nz: 1\n")
    first = lines(check(root))
    assert first == lines(check(root))
    assert first == [
        "site/objects/a.yaml:2:7 file-name",
        "site/objects/a.yaml:3:1 unknown-key",
        "site/objects/b.yaml:3:1 unknown-key",
        "site/objects/b.yaml:4:1 unknown-key",
    ]
