"""Schemas: valid, described, true to their own examples and to the worked examples of the language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from formline.fields import field
from formline.fields.all_types import TYPES
from formline.metadata import checks, loader, schemas
from formline.metadata.kinds import KINDS, SUPPORTED

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))
FOLDER = Path(schemas.__file__).parent
#: Worked examples that the rules about names refuse: a field called class.
REFUSED = {"35_education_enrolment": {"keyword-name"}}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_worked_examples_are_valid(path: Path) -> None:
    loaded = loader.load_text(path.read_text(encoding="utf-8"), path.name)
    assert {problem.code for problem in loaded.problems} <= {"unsupported-kind"}
    assert [str(problem) for document in loaded.documents for problem in schemas.validate(document)] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_worked_examples_pass_the_rules(path: Path) -> None:
    problems = checks.check_text(path.read_text(encoding="utf-8"), path.name).problems
    codes = {problem.code for problem in problems} - {"unsupported-kind"}
    assert codes == REFUSED.get(path.stem, set())


@pytest.mark.parametrize("kind", SUPPORTED)
def test_a_schema_is_a_schema(kind: str) -> None:
    for schema in (schemas.schema_for(kind), schemas.extension_schema(kind)):
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", SUPPORTED)
def test_every_property_is_described_by_a_sentence_and_true_examples(kind: str) -> None:
    root = schemas.schema_for(kind)
    for one in schemas.properties(kind):
        assert one.description.endswith((".", "?")), one.path
        assert one.examples, one.path
        validator = jsonschema.Draft202012Validator({**one.schema, "$defs": root["$defs"]})
        for example in one.examples:
            assert validator.is_valid(example), (one.path, example)


def test_there_is_one_file_per_supported_kind() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*SUPPORTED, "common", "definition"}
    assert set(SUPPORTED) <= set(KINDS)


def test_the_schema_for_editors_is_up_to_date_and_accepts_what_the_check_accepts() -> None:
    assert (FOLDER / "definition.json").read_text(encoding="utf-8") == schemas.editor_file()
    schema = orjson.loads(schemas.editor_file())
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"kind": "object", "name": "a"})
    assert validator.is_valid({"kind": "layout", "extends": "a", "highlights": [{"remove": "b"}]})
    assert not validator.is_valid({"kind": "layout", "name": "a", "object": "a", "highlights": [{"remove": "b"}]})
    assert not validator.is_valid({"kind": "nothing"})


@pytest.mark.parametrize(
    ("kind", "path", "first"),
    [
        ("object", (), ("kind", "name", "extends")),
        ("object", ("fields",), ()),
        ("object", ("fields", "amount"), ("type", "label", "help")),
        ("object", ("fields", "a", "choices", "x"), ("label", "help", "parent")),
        ("layout", ("form", 0), ("section", "table", "label")),
        ("state_machine", ("transitions", "win", "checks", "a"), ("when", "check", "message")),
        ("mapping", ("columns", "a", "find"), ("object", "by", "where")),
        ("object", ("nothing", "here"), ()),
    ],
)
def test_keys_have_an_order(kind: str, path: tuple[str | int, ...], first: tuple[str, ...]) -> None:
    assert schemas.order_at(kind, path)[: len(first) or None] == first


def test_the_field_schema_knows_every_type_and_parameter() -> None:
    definitions = schemas.schema_for("object")["$defs"]
    known = set(definitions["field"]["properties"])
    for name in sorted(TYPES.keys() - {"id", "record_type"}):  # nobody writes these two
        kind = TYPES[name]
        assert name in definitions["field_type"]["enum"]
        assert {parameter.name for parameter in kind.parameters} <= known, name
    assert {parameter.name for parameter in field.COMMON} <= known


def test_the_sound_part_leaves_out_what_is_wrong() -> None:
    text = "kind: object\nname: a\nlabel: 1\nicons: x\nfields:\n  b: {label: B}\n  c: {type: text, foo: 1}\n"
    (document,) = loader.load_text(text, "a.yaml").documents
    sound = schemas.sound_part(document)
    assert sound is not None
    assert sound.data == {"kind": "object", "name": "a", "fields": {"c": {"type": "text"}}}
    assert document.data["label"] == 1


def test_nothing_is_left_of_a_definition_without_its_main_part() -> None:
    data: dict[str, Any] = {"kind": "choice_list", "name": "a"}
    document = loader.Document("choice_list", "a", None, data, loader.Positions("f", [1, 1, {}]), "f")
    assert schemas.sound_part(document) is None
