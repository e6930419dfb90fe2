"""The page of field types, from their registry."""

from __future__ import annotations

import json
from pathlib import Path

import field_examples

from formline.fields.all_types import TYPES
from formline.fields.base import FieldType, Parameter
from formline.fields.field import COMMON

PAGE = Path(__file__).parent / "field_types.md"
HEAD = """# Field types

Generated from the registry by `docs/reference/generate.py`; do not edit.

A field is written as `name: {type: TYPE, ...}` in an object. Every field understands the parameters in the first
table; each type has its own besides. `id` and `record_type` are types of fields that every record has.

*In JSON* is how the API and imports write a value. *Parts* are what a field stores besides its main value; each has an
address of its own in lists and filters (`amount.currency`).
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, "## Every field\n", _table(COMMON)]
    for name in sorted(TYPES):
        parts += [f"## {name}\n", _about(TYPES[name])]
        if TYPES[name].parameters:
            parts.append(_table(TYPES[name].parameters))
    return "\n".join(parts)


def _about(type_: FieldType) -> str:
    written = "" if type_.writable else " Filled by the platform."
    traits = [word for word in ("sortable", "groupable", "aggregatable", "searchable") if getattr(type_, word)]
    first = (type_.__doc__ or "").splitlines()[0]
    filters = f"Filters: {', '.join(type_.operators)}. Lists: {', '.join(traits) or 'shown only'}."
    if type_.name in ("formula", "rollup", "mirror"):
        filters = "Filters and lists: those of the type of its result."
    return f"{first}{written}\n\n{_example(type_.name)}{filters}\n"


def _example(name: str) -> str:
    """Return how a field of the type is written and what it holds; nothing for types that nobody writes."""
    if name in ("id", "record_type"):
        return ""
    field = field_examples.fields()[name]
    shown = field.shown
    value = shown.type.sample(shown, 3)
    as_json = "the id as text" if value is None else f"`{json.dumps(shown.type.to_json(shown, value))}`"
    parts = [part.name for part in field.type.columns(field)]
    stored = " Not stored in the record." if not parts else ""
    named = ", ".join(f"`{part}`" for part in parts if part)
    if named:
        stored = f" Parts: {named}."
    kind = field.type.expression_type(field)
    words = str(kind).replace("a money", "money")
    written = f"```yaml\n{field_examples.WRITTEN[name]}\n```\n\n"
    if field.type.reference:
        as_json = "a list of ids" if kind.many else "the id as text"
        return f"{written}In expressions the record{'s' if kind.many else ''}. In JSON {as_json}.{stored}\n\n"
    return f"{written}In expressions {words}. In JSON {as_json}.{stored}\n\n"


def _table(parameters: tuple[Parameter, ...]) -> str:
    rows = ["| parameter | value | default | meaning |", "|---|---|---|---|"]
    for one in parameters:
        default = "required" if one.required else "" if one.default is None else json.dumps(one.default)
        rows.append(f"| {one.name} | {_value(one.schema)} | {default} | {one.help} |")
    return "\n".join(rows) + "\n"


def _value(schema: object) -> str:
    """Return in a few words what a JSON Schema fragment allows."""
    if not isinstance(schema, dict) or not schema:
        return "any"
    if "enum" in schema:
        return ", ".join(str(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_value(one) for one in schema["anyOf"])
    kind = schema.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"list of {_value(schema['items'])}" if kind == "array" and "items" in schema else words
