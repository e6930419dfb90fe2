"""The JSON Schemas of the kinds: loads them, makes them self-contained, and walks their properties."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
import orjson

from formline.errors import Problem
from formline.metadata import findings
from formline.metadata.kinds import SUPPORTED
from formline.metadata.loader import Document
from formline.metadata.positions import Path

Schema = dict[str, Any]
#: How often the parts of a broken definition are left out: a map without a required key goes in the next round.
_PRUNINGS = 4
_COMMON = "common.json"
#: What a patch of a list may say besides the properties of the item it inserts or changes.
_PATCH_KEYS: Schema = {
    "insert_before": {"type": "string", "description": "Inserts before the item of this name."},
    "insert_after": {"type": "string", "description": "Inserts after the item of this name."},
    "change": {"type": "string", "description": "Changes the item of this name."},
    "remove": {"type": "string", "description": "Removes the item of this name."},
    "replace": {"const": True, "description": "true: replaces the whole list."},
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a kind, for reference pages: ``path`` uses ``*`` for names and items."""

    path: tuple[str, ...]
    schema: Schema
    description: str
    examples: tuple[Any, ...]
    required: bool


@cache
def schema_for(kind: str) -> Schema:
    """Return the self-contained schema of a kind's complete definitions. Do not change it."""
    schema, shared = own_schema(kind), common_parts()
    for part in _maps([schema, shared]):
        if "$ref" in part:
            part["$ref"] = part["$ref"].removeprefix(_COMMON)
    definitions = shared | schema.get("$defs", {})
    used: set[str] = set()
    _collect(schema, definitions, used)
    schema["$defs"] = {name: definitions[name] for name in definitions if name in used}
    return schema


def own_schema(kind: str) -> Schema:
    """Return a kind's schema as its file has it, with references to ``common.json``."""
    return _read(f"{kind}.json")


def common_parts() -> Schema:
    """Return the parts that several kinds share, by name; they refer to each other as the kinds refer to them."""
    parts: Schema = _read(_COMMON)["$defs"]
    for part in _maps(parts):
        if "$ref" in part:
            part["$ref"] = _COMMON + part["$ref"]
    return parts


@cache
def extension_schema(kind: str) -> Schema:
    """Return the schema of a kind's extensions: nothing is required, null removes, lists take patches."""
    schema = copy.deepcopy(schema_for(kind))
    if kind in ("translations",):
        return schema
    loose = _loosen(schema)
    loose["$defs"] = {name: _loosen(part) for name, part in schema["$defs"].items()}
    loose["required"] = ["kind", "extends"]
    return loose


@cache
def editor_schema() -> Schema:
    """Return one schema for every kind, for editors: the kind and ``extends`` choose the branch."""
    branches: list[Schema] = []
    definitions: Schema = {}
    for kind in SUPPORTED:
        new, extending = _embed(kind, "new", definitions), _embed(kind, "extending", definitions)
        choice: Schema = {"if": {"required": ["extends"]}, "then": extending, "else": new}
        branches.append({"if": {"properties": {"kind": {"const": kind}}}, "then": choice})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Formline definition",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(SUPPORTED), "description": "The kind of definition."}},
        "allOf": branches,
        "$defs": definitions,
    }


def editor_file() -> str:
    """Return the text of ``definition.json``: the schema for editors, one part a line."""
    schema = dict(editor_schema())
    parts = [
        f"{orjson.dumps(name).decode()}:{orjson.dumps(part).decode()}" for name, part in schema.pop("$defs").items()
    ]
    return orjson.dumps(schema).decode()[:-1] + ',"$defs":{\n' + ",\n".join(parts) + "\n}}\n"


def _embed(kind: str, form: str, definitions: Schema) -> Schema:
    """Add a kind's schema to ``definitions``, parts of several kinds once, and return a reference to it."""
    schema: Schema = orjson.loads(orjson.dumps(schema_for(kind) if form == "new" else extension_schema(kind)))
    parts = schema.pop("$defs")
    own = own_schema(kind).get("$defs", {})
    names = {name: f"{form}_{kind}_{name}" if name in own else f"{form}_{name}" for name in parts}
    for part in _maps([schema, parts]):
        if "$ref" in part:
            part["$ref"] = f"#/$defs/{names[part['$ref'].rpartition('/')[2]]}"
    definitions |= {names[name]: part for name, part in parts.items()}
    definitions[f"{form}_{kind}"] = {key: value for key, value in schema.items() if key != "$schema"}
    return {"$ref": f"#/$defs/{form}_{kind}"}


@cache
def _validator(kind: str, extension: bool) -> tuple[Schema, jsonschema_rs.Draft202012Validator]:
    schema = extension_schema(kind) if extension else schema_for(kind)
    return schema, jsonschema_rs.Draft202012Validator(schema)


def validate(document: Document) -> list[Problem]:
    """Return what the schema of its kind finds wrong with one document as written."""
    schema, validator = _validator(document.kind, document.extends is not None)
    if validator.is_valid(document.data):
        return []
    return findings.problems(validator.iter_errors(document.data), schema, document.data, document.positions)


def sound_part(document: Document) -> Document | None:
    """Return the document without the values its schema refuses, or None where nothing usable is left.

    Checks that follow can then report what is wrong with the rest. A list with a bad item is left out whole,
    so that the positions of its other items stay true.
    """
    _, validator = _validator(document.kind, document.extends is not None)
    data = copy.deepcopy(document.data)
    for _ in range(_PRUNINGS):
        if validator.is_valid(data):
            return replace(document, data=data)
        for path in findings.places(validator.iter_errors(data)):
            _leave_out(data, path)
    return None


def _leave_out(data: dict[str, Any], path: Path) -> None:
    names = list(itertools.takewhile(lambda step: isinstance(step, str), path))
    inner: Any = data
    for step in names[:-1]:
        inner = inner.get(step) if isinstance(inner, dict) else None
    if names and isinstance(inner, dict):
        inner.pop(names[-1], None)


def validate_merged(kind: str, data: dict[str, Any], positions: Any) -> list[Problem]:
    """Return what is wrong with a merged definition, which must be complete."""
    schema, validator = _validator(kind, False)
    if validator.is_valid(data):
        return []
    return findings.problems(validator.iter_errors(data), schema, data, positions)


def properties(kind: str) -> Iterator[Property]:
    """Yield every property of a kind, parents first; a shared part is walked once per path, not into itself."""
    schema = schema_for(kind)
    yield from _walk(schema, schema, (), ())


def order_at(kind: str, path: Path) -> tuple[str, ...]:
    """Return the schema's order of the keys of the map at ``path``; empty where its keys are free names."""
    schema = schema_for(kind)
    parts = [schema]
    for step in path:
        parts = [inner for part in parts for inner in _inside(part, step, schema)]
    for part in parts:
        if "properties" in part:
            return tuple(part["properties"])
    return ()


def resolve(part: Schema, root: Schema) -> Schema:
    """Follow ``$ref`` inside one schema; what stands beside it (a description) wins."""
    while "$ref" in part:
        target = root["$defs"][part["$ref"].rpartition("/")[2]]
        part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    return part


def _inside(part: Schema, step: str | int, root: Schema) -> list[Schema]:
    found: list[Schema] = []
    for branch in _branches(part, root):
        inner = branch.get("items") if isinstance(step, int) else branch.get("properties", {}).get(step)
        if inner is None and isinstance(step, str):
            inner = branch.get("additionalProperties")
        if isinstance(inner, dict):
            found += _branches(inner, root)
    return found


def _branches(part: Schema, root: Schema) -> list[Schema]:
    part = resolve(part, root)
    return [part] + [found for branch in part.get("anyOf", ()) for found in _branches(branch, root)]


def _walk(part: Schema, root: Schema, path: tuple[str, ...], seen: tuple[str, ...]) -> Iterator[Property]:
    reference = part.get("$ref", "")
    if reference in seen:
        return
    seen = (*seen, reference) if reference else seen
    part = resolve(part, root)
    required = part.get("required", ())
    for name, inner in part.get("properties", {}).items():
        here = (*path, name)
        whole = resolve(inner, root)
        yield Property(here, whole, whole["description"], tuple(whole["examples"]), name in required)
        yield from _walk(inner, root, here, seen)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield from _walk(part[key], root, (*path, "*"), seen)
    for branch in part.get("anyOf", ()):
        yield from _walk(branch, root, path, seen)


def _read(name: str) -> Schema:
    schema: Schema = orjson.loads((resources.files(__name__) / name).read_bytes())
    return schema


def _collect(part: Any, definitions: Schema, used: set[str]) -> None:
    """Add the names of all definitions that ``part`` refers to, directly or not."""
    for inner in _maps({key: value for key, value in part.items() if key != "$defs"}):
        name = str(inner.get("$ref", "")).rpartition("/")[2]
        if name and name not in used:
            used.add(name)
            _collect(definitions[name], definitions, used)


def _maps(part: Any) -> Iterator[Schema]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from _maps(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _maps(inner)


def _loosen(part: Schema) -> Schema:
    """Return ``part`` as an extension may write it."""
    made = {key: value for key, value in part.items() if key not in ("required", "minProperties", "$defs")}
    if "required" in part and set(part) <= {"required", "title"}:
        return {}
    if "properties" in part:
        made["properties"] = {name: _removable(_loosen(inner)) for name, inner in part["properties"].items()}
        if not part.get("properties", {}).get("kind"):
            made["properties"] |= _PATCH_KEYS
    if isinstance(part.get("additionalProperties"), dict):
        made["additionalProperties"] = _removable(_loosen(part["additionalProperties"]))
    if "anyOf" in part:
        made["anyOf"] = [_loosen(branch) for branch in part["anyOf"]]
    if part.get("type") == "array":
        return _patchable(made)
    return made


def _removable(part: Schema) -> Schema:
    """Allow null, which takes a property of the layer below away."""
    return {"if": {"type": "null"}, "else": part} | {
        key: part[key] for key in ("description", "examples") if key in part
    }


def _patchable(part: Schema) -> Schema:
    """Allow a list, or one patch in its place; items may be patches of a list of names or rows."""
    items = _loosen(part["items"]) if isinstance(part.get("items"), dict) else {}
    words = [{"required": [word]} for word in _PATCH_KEYS]
    patch: Schema = {
        "type": "object",
        "properties": _PATCH_KEYS,
        "maxProperties": 2,
        "additionalProperties": {"type": "array"},
    }
    item: Schema = {"if": {"type": "object", "anyOf": words}, "then": {"anyOf": [items, patch]}, "else": items}
    made = {key: value for key, value in part.items() if key not in ("type", "items", "minItems", "uniqueItems")}
    array: Schema = {"type": "array", "items": item}
    return made | {"if": {"type": "object"}, "then": patch, "else": array}
