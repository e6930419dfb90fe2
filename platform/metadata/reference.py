"""Reference pages of the kinds, made from their schemas; says nothing the schemas do not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formline.metadata import schemas
from formline.metadata.kinds import KINDS, SUPPORTED
from formline.metadata.schemas import Schema
from formline.metadata.wording import written

PARTS = "parts"
_NOTE = "Generated from the JSON Schemas by `docs/reference/generate.py`; do not edit.\n"


def pages() -> dict[str, str]:
    """Return the Markdown page of every supported kind by its name, and of the parts that several kinds share."""
    made = {kind: _kind_page(kind) for kind in SUPPORTED}
    made[PARTS] = "\n".join(["# Parts shared by several kinds\n", _NOTE, *_sections(schemas.common_parts(), "")])
    return made


def _kind_page(kind: str) -> str:
    schema = schemas.own_schema(kind)
    place = f"{KINDS[kind].folder}/<name>.yaml" if KINDS[kind].folder else f"{kind}.yaml"
    if kind == "translations":
        place = "translations/<language>/<kind>.yaml"
    head = f"# {schema['title']}\n\n{schema['description']} A file is `{place}`.\n"
    return "\n".join([head, _NOTE, *_table(schema), *_sections(schema.get("$defs", {}), f"{PARTS}.md")])


def _sections(parts: Schema, shared: str) -> Iterator[str]:
    """Yield a section per part of a kind, and per shared part that has keys of its own."""
    for name, part in parts.items():
        tables = [branch for branch in (part, *part.get("anyOf", ())) if "properties" in branch]
        if tables or shared:
            yield f"\n## {_heading(name)}\n\n{part['description']}\n"
        for branch in tables:
            yield from _table(branch, shared)


def _heading(name: str) -> str:
    return name.replace("_", " ")


def _table(part: Schema, shared: str = f"{PARTS}.md") -> Iterator[str]:
    yield "| key | value | meaning | example |\n|---|---|---|---|"
    for path, schema, required in _rows(part, ""):
        example = f"`{_escaped(written(schema['examples'][0]))}`"
        word = f"{_value(schema, shared)}, required" if required else _value(schema, shared)
        yield f"| `{path}` | {word} | {_escaped(schema['description'])} | {example} |"


def _rows(part: Schema, prefix: str) -> Iterator[tuple[str, Schema, bool]]:
    """Yield the keys of a map, those of the maps inside it after it."""
    for name, schema in part.get("properties", {}).items():
        yield prefix + name, schema, name in part.get("required", ())
        yield from _rows(schema, f"{prefix}{name}.")
        if isinstance(schema.get("additionalProperties"), dict):
            yield from _rows(schema["additionalProperties"], f"{prefix}{name}.<name>.")


def _value(schema: Schema, shared: str) -> str:
    """Say in a few words what a value is; parts with keys of their own are linked."""
    if "$ref" in schema:
        return _link(schema["$ref"], shared)
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{option}`" for option in schema["enum"])
    if "anyOf" in schema and "type" not in schema:
        return " or ".join(dict.fromkeys(_value(branch, shared) for branch in schema["anyOf"]))
    types = schema.get("type", "object")
    if types == "array":
        return f"list of {_value(schema['items'], shared)}"
    if types == "object":
        inner = schema.get("additionalProperties")
        return f"map of {_value(inner, shared)}" if isinstance(inner, dict) else "map"
    words = types if isinstance(types, list) else [types]
    return str(schema.get("title") or " or ".join("text" if word == "string" else word for word in words))


def _link(reference: str, shared: str) -> str:
    """Link a part with keys of its own; say what any other part is."""
    file, _, pointer = reference.partition("#")
    name = pointer.rpartition("/")[2]
    if not file:
        return f"[{_heading(name)}](#{_anchor(name)})"
    part = schemas.common_parts()[name]
    if any("properties" in branch for branch in (part, *part.get("anyOf", ()))):
        return f"[{_heading(name)}]({shared}#{_anchor(name)})"
    return _value(part, shared)


def _anchor(name: str) -> str:
    return name.replace("_", "-")


def _escaped(text: Any) -> str:
    return str(text).replace("|", "\\|")
