"""What the messages say to somebody who writes their first definitions."""

from __future__ import annotations

from pathlib import Path

from formline.errors import Problem
from formline.metadata.checks import check_layers

SLA = "kind: sla\nname: answer\nobject: lead\ntarget: 2d\nat: {80: [{notify: late}]}\n"
WORDS = "kind: translations\nlanguage: {language}\nof: object\ntexts: {{lead: {{label: 线索}}}}\n"


def found(root: Path, **files: str) -> list[Problem]:
    """Check a base layer and a site of the files ``layer__folder__name``."""
    for name, text in files.items():
        path = root.joinpath(*name.split("__")).with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(check_layers([("base", root / "base"), ("site", root / "site")]).problems)


def test_a_share_without_its_sign_is_told_how_it_is_written(tmp_path: Path) -> None:
    (problem,) = [one for one in found(tmp_path, base__workflows__answer=SLA) if one.code == "bad-format"]
    assert problem.message == '"80" is not a share of the target.'
    assert problem.hint == "for example  80%, 100%"


def test_a_file_that_cannot_be_read_does_not_make_its_translations_wrong(tmp_path: Path) -> None:
    words = WORDS.format(language="zh_CN")
    (problem,) = found(
        tmp_path, base__objects__lead="kind: object\n\tname: lead\n", site__translations__zh_CN__object=words
    )
    assert problem.code == "yaml-syntax"


def test_a_bare_list_is_told_how_the_list_below_is_extended(tmp_path: Path) -> None:
    (problem,) = found(
        tmp_path,
        base__layouts__lead="kind: layout\nname: lead\nobject: lead\nhighlights: [name, phone]\n",
        site__layouts__lead="kind: layout\nextends: lead\nhighlights: [name, email]\n",
    )
    assert problem.code == "bare-list"
    assert "highlights: [{insert_after: phone, highlights: [...]}, {remove: name}]" in problem.hint
    assert "highlights: {replace: true, highlights: [...]}" in problem.hint


def test_translations_in_the_folder_of_another_language_say_where_to_go(tmp_path: Path) -> None:
    words = WORDS.format(language="zh_TW")
    lead = "kind: object\nname: lead\nfields: {name: {type: text}}\n"
    (problem,) = found(tmp_path, base__objects__lead=lead, site__translations__zh_CN__object=words)
    assert problem.code == "file-name"
    assert str(problem.position).endswith("object.yaml:2:11")
    assert "translations/zh_TW/object.yaml" in problem.hint
