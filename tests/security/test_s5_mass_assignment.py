"""S5, mass assignment: what no form and no role gives is refused on every path, and nothing of the write stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from formline.runtime.candidates import candidate
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from tests.web.api.conftest import Caller

if TYPE_CHECKING:
    from formline.runtime.site import Site

Make = Callable[..., Caller]
SOMEBODY = str(UUID(int=9))
MOMENT = "2020-01-01T00:00:00Z"

#: Key, value: a sales person may write none of them to a customer.
REFUSED = [
    ("id", SOMEBODY),
    ("version", 9),
    ("created_at", MOMENT),
    ("created_by", SOMEBODY),
    ("updated_at", MOMENT),
    ("updated_by", SOMEBODY),
    ("deleted_at", None),
    ("deletion_id", SOMEBODY),
    ("department", SOMEBODY),
    ("company", SOMEBODY),
    ("number", "C00001"),
    ("open_amount", "5"),
    ("won_count", 4),
    ("last_follow_up", MOMENT),
    ("revenue", "5"),
    ("revenue.base", "5"),
    ("name.sort", "a"),
    ("__class__", "x"),
    ("", "x"),
]


def _names(caller: Caller) -> list[str]:
    return sorted(row["name"] for row in caller("GET", "/customer?fields=name&limit=500").get_json()["data"])


@pytest.mark.parametrize(
    ("key", "value"), [each for each in REFUSED if each[0] != "version"], ids=lambda v: str(v)[:20]
)
def test_keys_that_are_not_the_writers_are_refused(caller: Make, key: str, value: Any) -> None:
    wang = caller("wang")
    before = _names(wang)
    own = wang("GET", "/customer?limit=1").get_json()["data"][0]
    written = {"name": "Written", key: value}
    operations = [{"op": "create", "values": written}, {"op": "update", "id": own["id"], "values": written}]
    answers = [wang("POST", "/customer", written), wang("PATCH", f"/customer/{own['id']}", written)]
    answers += [wang("POST", "/customer/batch", {"operations": [each]}) for each in operations]
    for answer in answers:
        assert answer.status_code == 422
        assert key in [error["field"] for error in answer.get_json()["errors"]]
    assert _names(wang) == before


KEPT = "kind: role\nextends: sales\nobjects: {opportunity: {transfer: none}}\n"


def test_the_owner_takes_the_right_to_transfer(crm: Site, caller: Make) -> None:
    apply(crm, plan(crm, candidate(crm.settings, {"roles/sales.yaml": KEPT})), "deals stay", Author("test"))
    wang, admin = caller("wang"), caller("admin")
    zhao = admin.id_of("user", "赵一鸣")
    assert wang("POST", "/customer", {"name": "Not mine", "owner": zhao}).status_code in (403, 422)
    deal = wang("POST", "/opportunity", {"name": "Deal"}).get_json()["id"]
    assert wang("PATCH", f"/opportunity/{deal}", {"owner": zhao}).status_code == 422


@pytest.mark.parametrize("values", [{"stage": "won"}, {"stage": "qualify", "expected": "1"}, {"level": "a"}])
def test_states_and_computed_values_are_not_written(caller: Make, values: dict[str, Any]) -> None:
    wang = caller("wang")
    deal = wang("POST", "/opportunity", {"name": "Deal"}).get_json()["id"]
    before = wang("GET", f"/opportunity/{deal}").get_json()
    for method, path in (
        ("POST", "/opportunity"),
        ("PATCH", f"/opportunity/{deal}"),
        ("POST", f"/opportunity/{deal}/transitions/propose"),
    ):
        assert wang(method, path, {"name": "Other", **values}).status_code == 422
    assert wang("GET", f"/opportunity/{deal}").get_json() == before


def test_rows_of_another_parent_look_absent(caller: Make) -> None:
    wang, admin = caller("wang"), caller("admin")
    other = admin("POST", "/customer", {"name": "Other's", "contacts": [{"name": "C", "phone": "+86 10 1234 5678"}]})
    foreign = next(
        row["id"]
        for row in admin("GET", "/contact?fields=customer&limit=500").get_json()["data"]
        if row["customer"] == other.get_json()["id"]
    )
    own = wang("GET", "/customer?limit=1").get_json()["data"][0]["id"]
    told = set()
    for key in (foreign, str(uuid4())):
        for row in ({"id": key, "name": "Taken"}, {"id": key, "_delete": True}):
            answer = wang("PATCH", f"/customer/{own}", {"contacts": [row]})
            told.add((answer.status_code, str(answer.get_json()["errors"])))
    assert len(told) == 1
    assert told.pop()[0] == 422
    assert admin("GET", f"/contact/{foreign}").get_json()["name"] == "C"


def test_a_lookup_to_what_may_not_be_read_is_one_to_nothing(caller: Make) -> None:
    wang, admin = caller("wang"), caller("admin")
    foreign = admin("POST", "/customer", {"name": "Other's"}).get_json()["id"]
    gone = wang("POST", "/customer", {"name": "Gone"}).get_json()["id"]
    wang("DELETE", f"/customer/{gone}")
    told = {
        str(wang("POST", "/opportunity", {"name": "Deal", "customer": key}).get_json()["errors"])
        for key in (foreign, gone, str(uuid4()))
    }
    assert len(told) == 1


def test_a_deletion_is_restored_by_who_may_delete(caller: Make) -> None:
    wang, wu, admin = caller("wang"), caller("wu"), caller("admin")
    key = wang("POST", "/customer", {"name": "Gone"}).get_json()["id"]
    deletion = wang("DELETE", f"/customer/{key}").get_json()["deletion_id"]
    foreign, absent = (wu("POST", f"/deletions/{each}/restore") for each in (deletion, uuid4()))
    assert (foreign.status_code, foreign.get_json()["detail"]) == (404, absent.get_json()["detail"])
    assert admin("GET", f"/customer/{key}").status_code == 404
    assert wang("POST", f"/deletions/{deletion}/restore").status_code == 200


@pytest.mark.parametrize("login", ["wang", "zhao"])
@pytest.mark.parametrize(
    "values", [{"roles": ["administrator"]}, {"active": False}, {"login": "root"}, {"manager": None}]
)
def test_nobody_makes_themselves_more(caller: Make, login: str, values: dict[str, Any]) -> None:
    person = caller(login)
    me = person("GET", "/me").get_json()
    assert person("PATCH", f"/user/{me['id']}", values).status_code == 403
    assert person("GET", "/me").get_json() == me


def test_an_idempotency_key_is_the_persons_own(caller: Make) -> None:
    wang, wu = caller("wang"), caller("wu")
    first = wang("POST", "/task", {"subject": "Once"}, Idempotency_Key="k").get_json()
    second = wu("POST", "/task", {"subject": "Once"}, Idempotency_Key="k")
    assert "Idempotency-Replayed" not in second.headers
    assert second.get_json()["id"] != first["id"]
