"""Every field type names all its artefacts, and its JSON Schema accepts its own samples."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema_rs
import pytest

from formline.expressions.types import Type
from formline.fields.all_types import TYPES
from formline.fields.base import FieldType, Part
from formline.fields.field import COMMON, Field
from formline.metadata import schemas
from formline.runtime.queries.filters import _OPERATORS as OPERATORS
from formline.web.records.filters import operators
from tests.fields.test_values import THING
from tests.fixtures.catalogs import catalog_from
from tests.test_house import ROOT

THING_FIELDS = list(catalog_from(THING).object("thing").fields.values())


@pytest.mark.parametrize("type_", TYPES.values(), ids=list(TYPES))
def test_a_type_names_all_its_artefacts(type_: FieldType) -> None:
    for attribute in ("name", "label", "icon", "form_control", "read_control", "list_cell", "edit_cell"):
        assert getattr(type_, attribute), attribute
    assert type_.operators
    assert type_.__class__.__doc__
    names = [parameter.name for parameter in (*type_.parameters, *COMMON)]
    assert len(names) == len(set(names))
    assert all(parameter.help.endswith(".") for parameter in type_.parameters)


@pytest.mark.parametrize("field", THING_FIELDS, ids=[field.type.name for field in THING_FIELDS])
def test_a_field_has_all_its_artefacts(field: Field) -> None:
    """Column, expression type, schema, sample, text, JSON, parts, inputs, operators: each there, each of its kind."""
    type_, shown = field.type, field.shown
    assert isinstance(field.value_type, Type)
    assert all(isinstance(part, Part) for part in field.parts)
    assert not field.parts or field.parts[0].name == ""
    assert type_.json_schema(field)
    value = shown.type.sample(shown, 1)
    assert isinstance(shown.type.to_text(shown, value), str)
    json.dumps(shown.type.to_json(shown, value))
    if field.writable and value is not None:
        given = type_.parse_parts(field, value)
        assert set(given) <= {part.name for part in field.parts} | {""}
        assert set(type_.derive(field, value)) <= {part.name for part in field.parts}
        assert isinstance(type_.input_text(field, value), str)
        assert set(type_.input_texts(field, {})) == set(type_.inputs) <= {part.name for part in field.parts}
    assert set(type_.operators) <= set(OPERATORS)
    assert set(type_.operators) <= set(operators())


def test_the_schema_of_objects_names_every_type() -> None:
    named = json.loads((ROOT / "platform/metadata/schemas/object.json").read_text(encoding="utf-8"))
    assert set(TYPES) - {"id", "record_type"} == set(named["$defs"]["field_type"]["enum"])


def test_every_parameter_is_a_key_of_the_kind_object() -> None:
    known = {
        one.path[2] for one in schemas.properties("object") if one.path[:2] == ("fields", "*") and len(one.path) > 2
    }
    declared = {parameter.name for type_ in TYPES.values() for parameter in (*type_.parameters, *COMMON)}
    assert declared <= known


def test_the_json_schema_of_a_field_accepts_what_the_api_writes() -> None:
    for field in catalog_from(THING).object("thing").fields.values():
        value = field.type.sample(field, 3)
        if value is not None:
            record = {field.name: value, f"{field.name}.currency": "EUR", f"{field.name}.object": "user"}
            schema = field.type.json_schema(field)
            jsonschema_rs.Draft202012Validator(schema).validate(field.type.read_json(field, record))


def test_a_name_is_registered_once() -> None:
    from formline.fields.registry import register

    with pytest.raises(ValueError, match="registered twice"):
        register(type("Again", (FieldType,), {"name": "text"}))


def test_the_page_of_field_types_is_what_the_registry_says() -> None:
    folder = ROOT / "docs" / "reference"
    made = subprocess.run(
        [sys.executable, "-c", "import generate_field_types as g; print(g.page(), end='')"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (folder / "field_types.md").read_text(encoding="utf-8") == made.stdout
