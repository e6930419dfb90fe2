"""S1, characters that no database keeps are no failure, wherever they come in; on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.api.conftest import Caller
from tests.web.conftest import Person


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the kind of the database: the two differ in what they take."""
    kind: str = request.param
    return kind


def test_nul_is_found_nowhere(caller: Callable[..., Caller], sign_in: Callable[[str], Person], visitor: Person) -> None:
    statuses = {}
    wang, person = caller("wang"), sign_in("wang")
    for op in ("eq", "contains", "starts_with"):
        filter_ = f'%7B"field":"name","op":"{op}","value":"a%5Cu0000b"%7D'
        statuses[op] = wang("GET", f"/customer?filter={filter_}").status_code
    statuses["where"] = wang("GET", "/customer?where=name%20==%20%22%00%22").status_code
    for address in (
        "/o/customer?q=%00",
        "/search?q=%00",
        "/o/customer?f=name~eq~%00",
        "/o/opportunity/pick?field=customer&q=%00",
    ):
        statuses[address] = person.get(address).status_code
    for login in ("wang\0", "\0", "nobody\0"):
        values = {"login": login, "password": "x\0"}
        statuses[login] = visitor.post("/login", values, visitor.get("/login").text).status_code
    assert {what: status for what, status in statuses.items() if status >= 500} == {}
