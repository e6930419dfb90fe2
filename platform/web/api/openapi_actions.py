"""The OpenAPI description of what is done with records besides writing them: merging, converting, pools."""

from __future__ import annotations

from formline.catalog.conversions import Conversion, conversions_of
from formline.catalog.machines import StateMachine
from formline.catalog.objects import Object
from formline.runtime.access.rights import ObjectAccess, Rights
from formline.runtime.release import Release
from formline.web.api.openapi_parts import ID, IDEMPOTENCY, KEY, Json, body, content, operation, problems
from formline.workflow.pools.definition import Pool

_TEXT: Json = {"type": "string"}
_IDS: Json = {"type": "array", "minItems": 1, "items": ID}
_RECORDS: Json = {"type": "object", "properties": {"records": {"type": "array", "items": ID}}}


def of_object(object_: Object, access: ObjectAccess, has_pool: bool) -> Json:
    """Return the paths of merging, converting and putting back records of an object."""
    found: Json = {}
    if _merges(access):
        found[f"/{object_.name}/{{id}}/merge"] = {"parameters": [KEY], "post": _merge(object_)}
    offered = [one for one in conversions_of(access.rights.catalog, object_.name) if _may(access.rights, one)]
    if offered and access.can("update"):
        name: Json = {"name": "conversion", "in": "path", "required": True}
        name["schema"] = {"enum": [one.name for one in offered]}
        path = f"/{object_.name}/{{id}}/convert/{{conversion}}"
        found[path] = {"parameters": [KEY, name], "post": _convert(object_)}
    if any(state.checklist for machine in _machines(object_, access) for state in machine.states.values()):
        found |= _checklist(object_, access)
    if has_pool and access.can("update"):
        done = {"200": content("Put back.", {"type": "object", "properties": {"pool": _TEXT}})}
        back = operation(object_, "put_back", f"Put a {object_.label} into its pool", done, [IDEMPOTENCY])
        back["requestBody"] = {**_closed({"reason": {**_TEXT, "maxLength": 500}}), "required": False}
        found[f"/{object_.name}/{{id}}/put-back"] = {"parameters": [KEY], "post": back}
    return found


def _merges(access: ObjectAccess) -> bool:
    return access.can("update") and access.can("delete")


def _machines(object_: Object, access: ObjectAccess) -> list[StateMachine]:
    kinds = tuple(object_.record_types) or (None,)
    names = {object_.machine_name(field, kind) for field in object_.state_fields for kind in kinds}
    return [access.rights.catalog.get("state_machine", name) for name in sorted(filter(None, names))]


def _checklist(object_: Object, access: ObjectAccess) -> Json:
    """Return the paths of the checklist of the state a record is in."""
    done: Json = {"type": ["object", "null"], "properties": {"by": _TEXT, "at": {**_TEXT, "format": "date-time"}}}
    item: Json = {"type": "object", "properties": {"field": _TEXT, "item": _TEXT, "label": _TEXT, "done": done}}
    items: Json = {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    read = {"200": content("What is to be done in the states it is in.", items)}
    what = f"Read the checklist of one {object_.label}"
    found: Json = {
        f"/{object_.name}/{{id}}/checklist": {
            "parameters": [KEY],
            "get": operation(object_, "read_checklist", what, read, []),
        }
    }
    if access.can("update"):
        names: list[Json] = [
            {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in ("field", "item")
        ]
        ticked = {
            "200": content("Done, or open again.", {"type": "object", "properties": {"changed": {"type": "boolean"}}})
        }
        press = operation(object_, "tick_item", f"Tick an item of one {object_.label}", ticked, [IDEMPOTENCY])
        press["requestBody"] = _closed({"done": {"type": "boolean"}}, ("done",))
        found[f"/{object_.name}/{{id}}/checklist/{{field}}/{{item}}"] = {"parameters": [KEY, *names], "post": press}
    return found


def shared(release: Release, rights: Rights) -> Json:
    """Return the paths that belong to no object: pools, and taking a merge back."""
    key: Json = {"name": "merge_id", "in": "path", "required": True, "schema": ID}
    undo = {
        "operationId": "undo_merge",
        "summary": "Take a merge back exactly",
        "parameters": [IDEMPOTENCY],
        "responses": {"200": content("Taken back.", {"type": "object", "properties": {"id": ID}}), **problems()},
    }
    merges = any(_merges(rights.object(name)) for name in release.catalog.objects)
    found: Json = {"/merges/{merge_id}/undo": {"parameters": [key], "post": undo}} if merges else {}
    every = release.catalog.all("pool").values()
    seen = [pool for pool in every if rights.object(pool.object).can("read")]
    return found | _pools(seen, writes=any(rights.object(pool.object).can("update") for pool in seen))


def _may(rights: Rights, conversion: Conversion) -> bool:
    return any(rights.object(part.object).can("create") for part in conversion.create)


def _closed(properties: Json, required: tuple[str, ...] = ()) -> Json:
    """Return a request body of exactly these properties."""
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return body({**schema, "required": list(required)} if required else schema)


def _merge(object_: Object) -> Json:
    done = {"200": content("Merged.", {"type": "object", "properties": {"merge_id": ID}})}
    made = operation(object_, "merge", f"Merge other {object_.plural} into this one", done, [IDEMPOTENCY])
    chosen: Json = {
        "type": "object",
        "description": "By field, whose value stays; this record's where left out.",
        "additionalProperties": ID,
    }
    made["requestBody"] = _closed({"records": {**_IDS, "maxItems": 49}, "fields": chosen}, ("records",))
    return made


def _convert(object_: Object) -> Json:
    one = {"object": _TEXT, "id": ID, "new": {"type": "boolean"}}
    rows: Json = {"type": "array", "items": {"type": "object", "properties": one}}
    done = {"200": content("Converted.", {"type": "object", "properties": {"made": rows}})}
    made = operation(object_, "convert", f"Make other records of a {object_.label}", done, [IDEMPOTENCY])
    sent: Json = {
        "use": {
            "type": "object",
            "description": "By object, a record that is there already.",
            "additionalProperties": ID,
        },
        "without": {"type": "array", "description": "Objects that are left out.", "items": _TEXT},
        "numbers": {
            "type": "object",
            "description": "By line, its quantity.",
            "additionalProperties": {"type": ["number", "string"]},
        },
    }
    made["requestBody"] = {**_closed(sent), "required": False}
    return made


def _pools(pools: list[Pool], *, writes: bool) -> Json:
    if not pools:
        return {}
    name: Json = {"name": "pool", "in": "path", "required": True, "schema": {"enum": [pool.name for pool in pools]}}
    listed: Json = {"type": "object", "properties": {"data": {"type": "array", "items": {"type": "object"}}}}
    waiting: Json = {"type": "object", "properties": {**listed["properties"], "next": {"type": ["integer", "null"]}}}
    search: Json = {"name": "search", "in": "query", "description": "A part of the title.", "schema": _TEXT}
    skip: Json = {"name": "skip", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 100_000}}
    many = {**_IDS, "maxItems": 100}
    read: Json = {
        "/pools": {"get": _plain("list_pools", "Pools one is in", listed, [])},
        "/pools/{pool}/records": {
            "parameters": [name],
            "get": _plain("list_pool_records", "What waits in a pool", waiting, [search, skip]),
        },
    }
    moves: Json = {
        "/pools/{pool}/claim": {
            "parameters": [name],
            "post": _plain("claim", "Become the owner of records of a pool", _RECORDS, [IDEMPOTENCY])
            | {"requestBody": _closed({"records": many}, ("records",))},
        },
        "/pools/{pool}/assign": {
            "parameters": [name],
            "post": _plain("assign", "Give records of a pool to a member", _RECORDS, [IDEMPOTENCY])
            | {"requestBody": _closed({"records": many, "to": ID}, ("records", "to"))},
        },
    }
    return read | moves if writes else read


def _plain(name: str, summary: str, schema: Json, parameters: list[Json]) -> Json:
    return {
        "operationId": name,
        "tags": ["Pools"],
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": content("Done.", schema), **problems()},
    }
