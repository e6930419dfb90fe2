"""The OpenAPI 3.1 description of the API, cut to what the caller may see and do; made from the catalog alone."""

from __future__ import annotations

from typing import Any

from formline.catalog.objects import Object
from formline.fields.field import Field
from formline.runtime.access.rights import ObjectAccess, Rights
from formline.runtime.queries.query import MOST_ROWS
from formline.runtime.release import Release

Json = dict[str, Any]

_ID: Json = {"type": "string", "format": "uuid"}
_KEY: Json = {"name": "id", "in": "path", "required": True, "schema": _ID}
_FIELDS: Json = {
    "name": "fields",
    "in": "query",
    "description": "Field names or paths through lookups, with commas between; all fields where left out.",
    "schema": {"type": "string"},
}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag the change was made on; 412 where the record has another version by now.",
    "schema": {"type": "string"},
}
_IDEMPOTENCY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A key of the caller's: the same request with the same key is carried out once.",
    "schema": {"type": "string", "maxLength": 200},
}
_PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "description": "return=representation answers with the whole record.",
    "schema": {"type": "string"},
}
_WRITTEN = {"$ref": "#/components/schemas/Written"}


def document(release: Release, rights: Rights) -> Json:
    """Return the description for one set of rights; made once per release and set of roles."""
    return release.memo(("openapi", rights), lambda: _document(release, rights))


def _document(release: Release, rights: Rights) -> Json:
    paths: Json = {}
    schemas: Json = _shared_schemas()
    for object_ in release.catalog.objects.values():
        access = rights.object(object_.name)
        if not access.can("read"):
            continue
        schemas[object_.name] = _record(object_, access)
        schemas[f"{object_.name}_values"] = _values(object_, access)
        paths |= _paths(object_, access)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Formline", "version": str(release.number), "description": "What your token may see and do."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths | _me() | _deletions(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
            "responses": {"Problem": _response("A problem (RFC 9457).", "Problem", "application/problem+json")},
        },
    }


def _record(object_: Object, access: ObjectAccess) -> Json:
    shown = [field for field in object_.fields.values() if access.shown(field.name)]
    return {"type": "object", "title": object_.label, "properties": {f.name: _property(f, access) for f in shown}}


def _values(object_: Object, access: ObjectAccess) -> Json:
    """Return the schema of what a write may contain."""
    writable = [field for name, field in object_.fields.items() if name in access.writable]
    return {
        "type": "object",
        "title": f"Values of a {object_.label}",
        "properties": {field.name: _described(field, field.type.json_schema(field)) for field in writable},
        "additionalProperties": False,
    }


def _property(field: Field, access: ObjectAccess) -> Json:
    shown = field.shown
    if access.level_of(field.name).level == "masked":
        return _described(field, {"type": ["string", "null"], "description": "Masked: part of it is hidden."})
    return _described(field, shown.type.json_schema(shown))


def _described(field: Field, schema: Json) -> Json:
    return {"title": field.label} | ({"description": field.help} if field.help else {}) | _nullable(schema)


def _nullable(schema: Json) -> Json:
    """Allow null: any field may be empty in a response, and a write empties a field with null."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    if isinstance(kind, list) and "null" in kind:
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


def _paths(object_: Object, access: ObjectAccess) -> Json:
    name, reference = object_.name, {"$ref": f"#/components/schemas/{object_.name}"}
    many: Json = {"get": _list(object_)}
    one: Json = {
        "parameters": [_KEY],
        "get": _operation(
            object_, "get", f"One {object_.label}", {"200": _content("The record.", reference)}, [_FIELDS]
        ),
    }
    found: Json = {f"/{name}": many, f"/{name}/{{id}}": one}
    if access.can("create"):
        many["post"] = _write(object_, "create", f"Create a {object_.label}", "201", [_IDEMPOTENCY, _PREFER])
    if access.can("update"):
        one["patch"] = _write(object_, "update", f"Change a {object_.label}", "200", [_IF_MATCH, _IDEMPOTENCY, _PREFER])
        found |= _transitions(object_, access)
    if access.can("delete"):
        gone = {"200": _content("What restores it.", {"$ref": "#/components/schemas/Deleted"})}
        one["delete"] = _operation(object_, "delete", f"Delete a {object_.label}", gone, [_IDEMPOTENCY])
    if access.can("create") or access.can("update") or access.can("delete"):
        found[f"/{name}/batch"] = {"post": _batch(object_)}
    return found


def _list(object_: Object) -> Json:
    text: Json = {"type": "string"}
    parameters = [
        _FIELDS,
        {
            "name": "where",
            "in": "query",
            "description": 'An expression: amount > 1000 and stage == "won".',
            "schema": text,
        },
        {
            "name": "filter",
            "in": "query",
            "description": "The same as JSON: and, or, not, field, op, value.",
            "schema": text,
        },
        {"name": "sort", "in": "query", "description": "Fields with commas between; -name descends.", "schema": text},
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 20},
        },
        {"name": "cursor", "in": "query", "description": "`next` or `previous` of a former page.", "schema": text},
        {
            "name": "count",
            "in": "query",
            "description": "Count records up to this many.",
            "schema": {"type": "integer", "minimum": 0, "maximum": 10_000, "default": 0},
        },
    ]
    page = {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{object_.name}"}},
            "next": {"type": ["string", "null"]},
            "previous": {"type": "string"},
            "count": {"type": "integer"},
            "count_exact": {"type": "boolean"},
        },
    }
    return _operation(object_, "list", object_.plural, {"200": _content("A page.", page)}, parameters)


def _write(object_: Object, verb: str, summary: str, status: str, parameters: list[Json]) -> Json:
    made = _operation(object_, verb, summary, {status: _content("Done.", _WRITTEN)}, parameters)
    made["requestBody"] = _body({"$ref": f"#/components/schemas/{object_.name}_values"})
    return made


def _transitions(object_: Object, access: ObjectAccess) -> Json:
    kinds = (None, *object_.record_types)
    machines = {object_.machine_name(field, kind) for field in object_.state_fields for kind in kinds}
    built = [access.rights.catalog.get("state_machine", name) for name in machines if name is not None]
    names = sorted(
        {name for machine in built for name in machine.transitions if access.can(name) or access.can("set_state")}
    )
    if not names:
        return {}
    parameters = [_KEY, {"name": "transition", "in": "path", "required": True, "schema": {"enum": names}}]
    done = {"200": _content("Done.", _WRITTEN)}
    press = _operation(object_, "press", f"Move a {object_.label} to another state", done, [_IDEMPOTENCY, _PREFER])
    press["requestBody"] = {**_body({"$ref": f"#/components/schemas/{object_.name}_values"}), "required": False}
    return {f"/{object_.name}/{{id}}/transitions/{{transition}}": {"parameters": parameters, "post": press}}


def _batch(object_: Object) -> Json:
    operation = {
        "type": "object",
        "required": ["op"],
        "additionalProperties": False,
        "properties": {
            "op": {"enum": ["create", "update", "delete"]},
            "id": _ID,
            "values": {"$ref": f"#/components/schemas/{object_.name}_values"},
            "version": {"type": "integer"},
        },
    }
    operations = {"type": "array", "minItems": 1, "maxItems": 500, "items": operation}
    schema = {"type": "object", "required": ["operations"], "additionalProperties": False}
    results = {"type": "object", "properties": {"results": {"type": "array", "items": {"type": "object"}}}}
    done = {"200": _content("All done.", results)}
    made = _operation(object_, "batch", f"Write several {object_.plural}, all or none", done, [_IDEMPOTENCY])
    made["requestBody"] = _body({**schema, "properties": {"operations": operations}})
    return made


def _me() -> Json:
    text: Json = {"type": ["string", "null"]}
    roles: Json = {"type": "array", "items": {"type": "string"}}
    who = {"id": text, "login": text, "name": text, "roles": roles, "release": {"type": "integer"}}
    answer = {"200": _content("Who the token speaks for.", {"type": "object", "properties": who})}
    return {"/me": {"get": {"operationId": "me", "summary": "Who am I", "responses": {**answer, **_problems()}}}}


def _deletions() -> Json:
    key = {"name": "deletion_id", "in": "path", "required": True, "schema": _ID}
    restored = {"type": "object", "properties": {"restored": {"type": "array", "items": _ID}}}
    operation = {
        "operationId": "restore_deletion",
        "summary": "Bring back what a deletion took",
        "responses": {"200": _content("Restored.", restored), **_problems()},
    }
    return {"/deletions/{deletion_id}/restore": {"parameters": [key], "post": operation}}


def _operation(object_: Object, verb: str, summary: str, responses: Json, parameters: list[Json]) -> Json:
    return {
        "operationId": f"{verb}_{object_.name}",
        "tags": [object_.plural],
        "summary": summary,
        "parameters": parameters,
        "responses": {**responses, **_problems()},
    }


def _problems() -> Json:
    return {"default": {"$ref": "#/components/responses/Problem"}}


def _content(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _response(description: str, schema: str, media_type: str) -> Json:
    return {"description": description, "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _shared_schemas() -> Json:
    text: Json = {"type": "string"}
    error = {"field": text, "code": text, "message": text, "row": {"type": "integer"}, "level": text}
    return {
        "Written": {"type": "object", "properties": {"id": _ID, "version": {"type": "integer"}}},
        "Deleted": {"type": "object", "properties": {"deletion_id": _ID}},
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status"],
            "properties": {
                "type": text,
                "title": text,
                "status": {"type": "integer"},
                "code": text,
                "detail": text,
                "hint": text,
                "errors": {"type": "array", "items": {"type": "object", "properties": error}},
            },
        },
    }
