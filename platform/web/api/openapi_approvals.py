"""The OpenAPI description of approvals: the inbox, one approval, deciding, other actions."""

from __future__ import annotations

from typing import Any

from formline.web.api.openapi_parts import ID, KEY, Json, body, content, problems
from formline.workflow.approvals import shell
from formline.workflow.approvals.inbox import TABS

CHOICES = ("approve", "reject", "abstain")
#: What is done with an open task besides deciding it, and what is not bound to one.
ACTIONS = (*shell.ACTIONS, "withdraw", "urge", "resubmit", "comment", "retry", "repair")
#: Rows of one page.
MOST = 200
_TEXT: Json = {"type": "string"}
_STATUS = content("Done.", {"type": "object", "required": ["status"], "properties": {"status": _TEXT}})
_ANY: Json = {"type": "object"}


def paths() -> Json:
    """Return the paths of approvals."""
    task = {"type": "string", "description": "The id of an open task of one's own."}
    decided = {"task": task, "choice": {"enum": list(CHOICES)}, "opinion": _TEXT, "signature": _TEXT, "values": _ANY}
    decided["seen"] = {"type": "string", "description": "`seen` of the task: 409 where what it shows has changed."}
    acted = {"action": {"enum": list(ACTIONS)}, "task": task, "opinion": _TEXT, "to": ID, "values": _ANY}
    acted |= {"people": {"type": "array", "items": ID}, "step": _TEXT, "where": _TEXT, "target": _TEXT}
    return {
        "/approvals": {"get": _operation("list_approvals", "One list of the inbox", _page(), _parameters())},
        "/approvals/{id}": {
            "parameters": [KEY],
            "get": _operation("get_approval", "One approval", content("The approval.", _ANY)),
        },
        "/approvals/{id}/decide": {
            "parameters": [KEY],
            "post": {
                **_operation("decide_approval", "Decide a task", _STATUS),
                "requestBody": _closed(decided, ["task", "choice"]),
            },
        },
        "/approvals/{id}/act": {
            "parameters": [KEY],
            "post": {
                **_operation("act_on_approval", "Do something else with an approval", _STATUS),
                "requestBody": _closed(acted, ["action"]),
            },
        },
    }


def _page() -> Json:
    row: Json = {"type": "object", "required": ["id", "name", "status", "object", "record", "submitter", "at"]}
    page = {"data": {"type": "array", "items": row}, "next": {"type": ["string", "null"]}}
    return content("A page.", {"type": "object", "required": ["data", "next"], "properties": page})


def _parameters() -> list[Json]:
    limit: Json = {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}
    return [
        {"name": "list", "in": "query", "schema": {"enum": list(TABS), "default": "open"}},
        {"name": "q", "in": "query", "description": "A part of the record's or submitter's name.", "schema": _TEXT},
        {"name": "after", "in": "query", "description": "`next` of a former page.", "schema": _TEXT},
        {"name": "limit", "in": "query", "schema": limit},
    ]


def _operation(name: str, summary: str, answer: Json, parameters: list[Json] | None = None) -> Json:
    made: dict[str, Any] = {"operationId": name, "tags": ["Approvals"], "summary": summary}
    return {**made, "parameters": parameters or [], "responses": {"200": answer, **problems()}}


def _closed(properties: Json, required: list[str]) -> Json:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return body(schema)
