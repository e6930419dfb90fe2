"""The OpenAPI 3.1 description of the API, cut to what the caller may see and do; made from the catalog alone."""

from __future__ import annotations

from formline.catalog.objects import Object
from formline.fields.field import Field
from formline.runtime.access.rights import ObjectAccess, Rights
from formline.runtime.queries.query import MOST_ROWS
from formline.runtime.release import Release
from formline.web.api import openapi_actions, openapi_approvals
from formline.web.api.openapi_parts import (
    FIELDS,
    ID,
    IDEMPOTENCY,
    IF_MATCH,
    KEY,
    PREFER,
    Json,
    body,
    content,
    operation,
    problems,
    response,
)

_WRITTEN = {"$ref": "#/components/schemas/Written"}


def document(release: Release, rights: Rights) -> Json:
    """Return the description for one set of rights; made once per release and set of roles."""
    return release.memo(("openapi", rights), lambda: _document(release, rights))


def _document(release: Release, rights: Rights) -> Json:
    paths: Json = {}
    schemas: Json = _shared_schemas()
    pooled = {pool.object for pool in release.catalog.all("pool").values()}
    for object_ in release.catalog.objects.values():
        access = rights.object(object_.name)
        if not access.can("read"):
            continue
        schemas[object_.name] = _record(object_, access)
        schemas[f"{object_.name}_values"] = _values(object_, access)
        paths |= _paths(object_, access)
        paths |= openapi_actions.of_object(object_, access, object_.name in pooled)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Formline", "version": str(release.number), "description": "What your token may see and do."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths
        | openapi_actions.shared(release, rights)
        | (openapi_approvals.paths() if _approves(release, rights) else {})
        | _me()
        | _deletions()
        | _files(sorted(schemas.keys() & release.catalog.objects.keys())),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
            "responses": {"Problem": response("A problem (RFC 9457).", "Problem", "application/problem+json")},
        },
    }


def _approves(release: Release, rights: Rights) -> bool:
    """Whether there are approvals of records the caller may read."""
    return any(rights.object(one.object).can("read") for one in release.catalog.all("approval").values())


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
        "parameters": [KEY],
        "get": operation(object_, "get", f"One {object_.label}", {"200": content("The record.", reference)}, [FIELDS]),
    }
    found: Json = {f"/{name}": many, f"/{name}/{{id}}": one}
    sealed = [field.name for field in object_.declared if field.type.sealed and access.readable(field.name)]
    if sealed:
        found[f"/{name}/{{id}}/reveal/{{field}}"] = _reveal(object_, sealed)
    if access.can("create"):
        many["post"] = _write(object_, "create", f"Create a {object_.label}", "201", [IDEMPOTENCY, PREFER])
    if access.can("update"):
        one["patch"] = _write(object_, "update", f"Change a {object_.label}", "200", [IF_MATCH, IDEMPOTENCY, PREFER])
        found |= _transitions(object_, access)
    if access.can("delete"):
        gone = {"200": content("What restores it.", {"$ref": "#/components/schemas/Deleted"})}
        one["delete"] = operation(object_, "delete", f"Delete a {object_.label}", gone, [IDEMPOTENCY])
    if object_.attachments:
        found |= _attached(object_, access)
    if access.can("create") or access.can("update") or access.can("delete"):
        found[f"/{name}/batch"] = {"post": _batch(object_)}
    return found


def _reveal(object_: Object, names: list[str]) -> Json:
    field: Json = {"name": "field", "in": "path", "required": True, "schema": {"enum": names}}
    text: Json = {"type": "object", "required": ["value"], "properties": {"value": {"type": ["string", "null"]}}}
    shown = {"200": content("The text.", text)}
    show = operation(object_, "reveal", f"Show an encrypted field of a {object_.label}", shown, [])
    return {"parameters": [KEY, field], "post": show}


def _list(object_: Object) -> Json:
    text: Json = {"type": "string"}
    parameters = [
        FIELDS,
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
    return operation(object_, "list", object_.plural, {"200": content("A page.", page)}, parameters)


def _write(object_: Object, verb: str, summary: str, status: str, parameters: list[Json]) -> Json:
    made = operation(object_, verb, summary, {status: content("Done.", _WRITTEN)}, parameters)
    made["requestBody"] = body({"$ref": f"#/components/schemas/{object_.name}_values"})
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
    parameters = [KEY, {"name": "transition", "in": "path", "required": True, "schema": {"enum": names}}]
    done = {"200": content("Done.", _WRITTEN)}
    press = operation(object_, "press", f"Move a {object_.label} to another state", done, [IDEMPOTENCY, PREFER])
    press["requestBody"] = {**body({"$ref": f"#/components/schemas/{object_.name}_values"}), "required": False}
    return {f"/{object_.name}/{{id}}/transitions/{{transition}}": {"parameters": parameters, "post": press}}


def _batch(object_: Object) -> Json:
    one = {
        "type": "object",
        "required": ["op"],
        "additionalProperties": False,
        "properties": {
            "op": {"enum": ["create", "update", "delete"]},
            "id": ID,
            "values": {"$ref": f"#/components/schemas/{object_.name}_values"},
            "version": {"type": "integer"},
        },
    }
    operations = {"type": "array", "minItems": 1, "maxItems": 500, "items": one}
    schema = {"type": "object", "required": ["operations"], "additionalProperties": False}
    results = {"type": "object", "properties": {"results": {"type": "array", "items": {"type": "object"}}}}
    done = {"200": content("All done.", results)}
    made = operation(object_, "batch", f"Write several {object_.plural}, all or none", done, [IDEMPOTENCY])
    made["requestBody"] = body({**schema, "properties": {"operations": operations}})
    return made


def _me() -> Json:
    text: Json = {"type": ["string", "null"]}
    roles: Json = {"type": "array", "items": {"type": "string"}}
    who = {"id": text, "login": text, "name": text, "roles": roles, "release": {"type": "integer"}}
    answer = {"200": content("Who the token speaks for.", {"type": "object", "properties": who})}
    return {"/me": {"get": {"operationId": "me", "summary": "Who am I", "responses": {**answer, **problems()}}}}


def _deletions() -> Json:
    key = {"name": "deletion_id", "in": "path", "required": True, "schema": ID}
    restored = {"type": "object", "properties": {"restored": {"type": "array", "items": ID}}}
    restore = {
        "operationId": "restore_deletion",
        "summary": "Bring back what a deletion took",
        "responses": {"200": content("Restored.", restored), **problems()},
    }
    return {"/deletions/{deletion_id}/restore": {"parameters": [key], "post": restore}}


def _attached(object_: Object, access: ObjectAccess) -> Json:
    """Return the operations on files of a record as a whole."""
    row = {"type": "object", "properties": {"id": ID, "name": {"type": "string"}, "size": {"type": "integer"}}}
    page = {"type": "object", "properties": {"data": {"type": "array", "items": row}}}
    listed = {"200": content("Files.", page)}
    many: Json = {
        "parameters": [KEY],
        "get": operation(object_, "list_files_of", f"Files of a {object_.label}", listed, []),
    }
    found: Json = {f"/{object_.name}/{{id}}/files": many}
    if access.can("update"):
        done = {"200": content("Done.", {"type": "object", "properties": {"id": ID}})}
        ids: Json = {"type": "array", "minItems": 1, "items": ID}
        sent = {"type": "object", "required": ["files"], "properties": {"files": ids}}
        many["post"] = operation(object_, "attach_files", f"Attach files to a {object_.label}", done, [IDEMPOTENCY])
        many["post"]["requestBody"] = body(sent)
        one = {"name": "file_id", "in": "path", "required": True, "schema": ID}
        away = operation(object_, "detach_file_of", f"Take a file away from a {object_.label}", done, [IDEMPOTENCY])
        found[f"/{object_.name}/{{id}}/files/{{file_id}}"] = {"parameters": [KEY, one], "delete": away}
    return found


def _files(objects: list[str]) -> Json:
    text: Json = {"type": "string"}
    told = {"id": ID, "name": text, "media_type": text, "size": {"type": "integer"}}
    parameters = [
        {"name": "object", "in": "query", "required": True, "schema": {"type": "string", "enum": objects}},
        {
            "name": "field",
            "in": "query",
            "description": "The field that will hold it; left out, it is for the record as a whole.",
            "schema": text,
        },
    ]
    sent = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    upload = {
        "operationId": "upload_file",
        "summary": "Keep a file until a record names it",
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": sent}}},
        "responses": {"201": content("Kept.", {"type": "object", "properties": told}), **problems()},
    }
    download = {
        "operationId": "download_file",
        "summary": "Send a file",
        "responses": {"200": {"description": "The bytes.", "content": {"*/*": {}}}, **problems()},
    }
    return {"/files": {"post": upload}, "/files/{id}": {"parameters": [KEY], "get": download}}


def _shared_schemas() -> Json:
    text: Json = {"type": "string"}
    error = {"field": text, "code": text, "message": text, "row": {"type": "integer"}, "level": text}
    return {
        "Written": {"type": "object", "properties": {"id": ID, "version": {"type": "integer"}}},
        "Deleted": {"type": "object", "properties": {"deletion_id": ID}},
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
