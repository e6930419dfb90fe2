"""What all parts of the OpenAPI description are made of: parameters, operations, bodies, answers."""

from __future__ import annotations

from typing import Any

from formline.catalog.objects import Object

Json = dict[str, Any]

ID: Json = {"type": "string", "format": "uuid"}
KEY: Json = {"name": "id", "in": "path", "required": True, "schema": ID}
FIELDS: Json = {
    "name": "fields",
    "in": "query",
    "description": "Field names or paths through lookups, with commas between; all fields where left out.",
    "schema": {"type": "string"},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag the change was made on; 412 where the record has another version by now.",
    "schema": {"type": "string"},
}
IDEMPOTENCY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A key of the caller's: the same request with the same key is carried out once.",
    "schema": {"type": "string", "maxLength": 200},
}
PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "description": "return=representation answers with the whole record.",
    "schema": {"type": "string"},
}


def operation(object_: Object, verb: str, summary: str, responses: Json, parameters: list[Json]) -> Json:
    """Return one operation on an object; ``verb`` begins its id."""
    return {
        "operationId": f"{verb}_{object_.name}",
        "tags": [object_.plural],
        "summary": summary,
        "parameters": parameters,
        "responses": {**responses, **problems()},
    }


def problems() -> Json:
    """Return the answer of everything that goes wrong."""
    return {"default": {"$ref": "#/components/responses/Problem"}}


def content(description: str, schema: Json) -> Json:
    """Return an answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def response(description: str, schema: str, media_type: str) -> Json:
    """Return an answer by the name of its schema."""
    return {"description": description, "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def body(schema: Json) -> Json:
    """Return a request body in JSON."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}
