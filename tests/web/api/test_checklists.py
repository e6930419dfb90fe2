"""The checklist of a record's state through the API."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from formline.runtime.site import Site
from tests.web.api.conftest import Caller
from tests.web.test_states import project


def test_a_checklist_is_read_and_ticked(crm: Site, caller: Callable[..., Caller]) -> None:
    key = project(crm, "wang")
    call = caller("wang")
    items = call("GET", f"/opportunity/{key}/checklist").get_json()["items"]
    assert [(one["field"], one["item"], one["done"]) for one in items] == [
        ("stage", "site_visit", None),
        ("stage", "budget", None),
        ("stage", "sponsor", None),
    ]
    assert call("POST", f"/opportunity/{key}/transitions/design", {}).status_code == 422
    address = f"/opportunity/{key}/checklist/stage/budget"
    assert call("POST", address, {"done": True}).get_json() == {"changed": True}
    assert call("POST", address, {"done": True}).get_json() == {"changed": False}
    done = call("GET", f"/opportunity/{key}/checklist").get_json()["items"][1]["done"]
    assert done["by"]
    assert done["at"]


def test_what_is_not_there_or_not_theirs_is_refused(crm: Site, caller: Callable[..., Caller]) -> None:
    key = project(crm, "wang")
    assert caller("wu")("GET", f"/opportunity/{key}/checklist").status_code == 404
    assert caller("wu")("POST", f"/opportunity/{key}/checklist/stage/budget", {"done": True}).status_code == 404
    call = caller("wang")
    assert call("POST", f"/opportunity/{key}/checklist/stage/gone", {"done": True}).status_code == 404
    assert call("POST", f"/opportunity/{key}/checklist/stage/budget", {"done": "yes"}).status_code == 422
    assert call("GET", f"/opportunity/{uuid4()}/checklist").status_code == 404
    only_read = caller("wang", scopes=["read"])
    assert only_read("POST", f"/opportunity/{key}/checklist/stage/budget", {"done": True}).status_code == 403
