"""Records through the API: reading, writing, versions, repeated requests, batches, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.web.api.conftest import Caller

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

Make = Callable[..., Caller]


def test_without_a_good_token_nothing_is_told(app: Flask, caller: Make) -> None:
    """No token, a wrong scheme, an unknown, an ended token, and a session's cookie all get 401."""
    client = app.test_client()
    ended = caller("admin", days=-1)
    for headers in (
        {},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer fl_unknown"},
        {"Authorization": f"Bearer {ended.token}"},
        {"Cookie": "formline=abc"},
    ):
        answer = client.get("/api/v1/customer", headers=headers)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["code"] == "token"
        assert "Set-Cookie" not in answer.headers


def test_a_page_has_what_was_asked_in_order(caller: Make) -> None:
    """Fields through lookups, a filter as expression and as JSON, sort, count."""
    admin = caller("admin")
    answer = admin(
        "GET", '/opportunity?fields=name,customer.name,amount&where=stage == "won"&sort=-amount&count=100'
    ).get_json()
    amounts = [float(row["amount"]) for row in answer["data"]]
    assert amounts == sorted(amounts, reverse=True)
    assert set(answer["data"][0]) == {
        "id",
        "name",
        "customer.name",
        "amount",
        "amount.currency",
        "amount.base",
        "version",
    }
    same = admin("GET", '/opportunity?filter={"field":"stage","op":"eq","value":"won"}&count=100').get_json()
    assert (answer["count"], answer["count_exact"]) == (same["count"], True) == (len(amounts), True)


def test_pages_follow_each_other_without_gap_or_overlap(caller: Make) -> None:
    """Walking by cursor gives every record once, in the order of one big page, nulls last."""
    admin = caller("admin")
    whole = [row["id"] for row in admin("GET", "/opportunity?limit=500&sort=close_date,-amount").get_json()["data"]]
    walked: list[str] = []
    cursor = ""
    for _page in range(20):
        page = admin("GET", f"/opportunity?limit=4&sort=close_date,-amount{cursor}").get_json()
        walked += [row["id"] for row in page["data"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert walked == whole


BAD_QUERIES = (
    ("?nonsense=1", "parameter"),
    ("?limit=0", "parameter"),
    ("?limit=abc", "parameter"),
    ("?filter={", "parameter"),
    ("?where=1&filter={}", "parameter"),
    ("?where=nothing == 1", None),
    ("?where=amount >", None),
    ("?sort=nothing", "query_path"),
    ("?fields=nothing", "query_path"),
    ("?cursor=abc", None),
    ("?filter=[]", "parameter"),
)


def test_a_bad_query_is_explained(caller: Make) -> None:
    """400 or 422 with a sentence; never a server error, never a silently ignored word."""
    admin = caller("admin")
    for query, code in BAD_QUERIES:
        answer = admin("GET", f"/opportunity{query}")
        assert answer.status_code == (400 if "cursor" in query else 422), (query, answer.text)
        problem = answer.get_json()
        assert problem["detail"]
        assert code in (None, problem["code"]), query


def test_a_record_lives_through_all_methods(caller: Make) -> None:
    """Create, read, change, press a transition, delete, restore."""
    admin = caller("admin")
    customer = admin.id_of("customer", "上海云帆科技股份有限公司")
    made = admin(
        "POST", "/opportunity", {"record_type": "sale", "name": "New", "customer": customer, "amount": "10.50"}
    )
    assert made.status_code == 201
    path = made.headers["Location"].removeprefix("/api/v1")
    read = admin("GET", path)
    assert read.headers["ETag"] == made.headers["ETag"] == '"1"'
    record = read.get_json()
    assert (record["amount"], record["stage"], record["probability"]) == ("10.50", "qualify", "20.00")
    changed = admin("PATCH", path, {"amount": 12}, If_Match='"1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    moved = admin("POST", f"{path}/transitions/propose", Prefer="return=representation").get_json()
    assert (moved["stage"], moved["version"]) == ("propose", 3)
    assert admin("GET", path, If_None_Match='"3"').status_code == 304
    gone = admin("DELETE", path).get_json()
    assert admin("GET", path).status_code == 404
    assert admin("POST", f"/deletions/{gone['deletion_id']}/restore").status_code == 200
    assert admin("GET", path).get_json()["stage"] == "propose"


def test_an_old_version_is_refused(caller: Make) -> None:
    """If-Match gives 412, a version in the body 409, both with nothing changed."""
    admin = caller("admin")
    path = f"/customer/{admin.id_of('customer', '上海云帆科技股份有限公司')}"
    admin("PATCH", path, {"region": "上海市"})
    version = admin("GET", path).get_json()["version"]
    assert admin("PATCH", path, {"region": "x"}, If_Match=f'"{version - 1}"').status_code == 412
    late = admin("PATCH", path, {"region": "x", "version": version - 1})
    assert late.status_code == 409
    assert admin("PATCH", path, {"region": "x"}, If_Match="nonsense").status_code == 422
    assert admin("GET", path).get_json()["region"] == "上海市"


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": "a", "nothing": 1}, "nothing"),
    ({"name": "a", "id": str(uuid4())}, "id"),
    ({"name": "a", "version": 7}, "version"),
    ({"name": "a", "created_at": "2020-01-01T00:00:00Z"}, "created_at"),
    ({"name": "a", "stage": "won"}, "stage"),
    ({"name": "a", "expected": 1}, "expected"),
    ({"name": "a", "level": "a"}, "level"),
    ({"name": "a", "number": "X"}, "number"),
    ({"name": "a", "customer": str(uuid4())}, "customer"),
    ({"name": "a", "amount": "many"}, "amount"),
    ({"name": "a", "amount": -1}, "amount"),
    ({"name": "a", "close_date": "2026-02-30"}, "close_date"),
    ({"name": "a", "priority": "huge"}, "priority"),
    ({"name": "a" * 200}, "name"),
    ({}, "name"),
)


def test_what_may_not_be_written_is_told_by_field(caller: Make) -> None:
    """Unknown, computed, system and ill-formed values: 422 that names the field."""
    admin = caller("admin")
    for values, field in REFUSED:
        answer = admin("POST", "/opportunity", {"record_type": "sale", **values})
        assert answer.status_code == 422, (values, answer.text)
        assert field in {error["field"] for error in answer.get_json()["errors"]}, answer.text


def test_a_body_that_is_no_object_is_refused(caller: Make) -> None:
    """Whatever bytes come, the answer is a problem, not a failure."""
    admin = caller("admin")
    headers = {"Authorization": f"Bearer {admin.token}"}
    for body in (b"", b"{", b"[]", b'"a"', b"null", b"1e999", b"\xed\xa0\x80"):
        answer = admin.client.post("/api/v1/task", data=body, content_type="application/json", headers=headers)
        assert answer.status_code == 422, (body, answer.text)


def test_unreadable_absent_and_deleted_are_one(caller: Make) -> None:
    """The same status and body, whatever the reason."""
    admin, wang = caller("admin"), caller("wang")
    foreign = admin.id_of("customer", "深圳智联电子有限公司")
    deleted = admin("POST", "/customer", {"name": "Gone"}).get_json()["id"]
    admin("DELETE", f"/customer/{deleted}")
    answers = [wang("GET", f"/customer/{key}") for key in (foreign, deleted, uuid4())]
    answers += [wang("PATCH", f"/customer/{key}", {"region": "x"}) for key in (foreign, deleted, uuid4())]
    answers += [wang("DELETE", f"/customer/{key}") for key in (foreign, deleted, uuid4())]
    told = {(answer.status_code, answer.get_json()["detail"]) for answer in answers}
    assert len(told) == 1
    assert told.pop()[0] == 404


def test_scopes_narrow_a_token(caller: Make) -> None:
    """A token for reading writes nothing; one for an object reaches no other."""
    reading = caller("admin", scopes=["read"])
    assert reading("GET", "/customer").status_code == 200
    assert reading("POST", "/customer", {"name": "x"}).status_code == 403
    tasks = caller("admin", scopes=["task:write"])
    assert tasks("GET", "/task").status_code == 200
    assert tasks("POST", "/task", {"subject": "x"}).status_code == 201
    assert tasks("GET", "/customer").get_json()["code"] == "token_scope"


def test_the_same_request_again_is_carried_out_once(caller: Make) -> None:
    """An Idempotency-Key replays the answer; with another body it is refused."""
    admin = caller("admin")
    first = admin("POST", "/task", {"subject": "once"}, Idempotency_Key="k1")
    again = admin("POST", "/task", {"subject": "once"}, Idempotency_Key="k1")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert admin("POST", "/task", {"subject": "twice"}, Idempotency_Key="k1").get_json()["code"] == "idempotency_key"
    assert admin("GET", '/task?where=subject == "once"&count=10').get_json()["count"] == 1


def test_the_same_request_at_the_same_time_is_carried_out_once(app: Flask, caller: Make) -> None:
    """Eight threads with one key: one record, eight equal answers."""
    admin = caller("admin")
    answers: list[Any] = []

    def send() -> None:
        mine = Caller(app.test_client(), admin.token)
        answers.append(mine("POST", "/task", {"subject": "race"}, Idempotency_Key="race").get_json())

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in answers}) == 1
    assert admin("GET", '/task?where=subject == "race"&count=10').get_json()["count"] == 1


def test_a_batch_is_all_or_nothing(caller: Make) -> None:
    """Results in order; one bad row, told by its place, undoes the rest."""
    admin = caller("admin")
    kept = admin("POST", "/task", {"subject": "kept"}).get_json()["id"]
    operations = [
        {"op": "create", "values": {"subject": "b1"}},
        {"op": "create", "values": {"subject": "b2"}},
        {"op": "update", "id": kept, "values": {"priority": "high"}, "version": 1},
    ]
    results = admin("POST", "/task/batch", {"operations": operations}).get_json()["results"]
    assert [result["version"] for result in results] == [1, 1, 2]
    bad = [{"op": "create", "values": {"subject": "b3"}}, {"op": "update", "id": kept, "values": {"priority": "x"}}]
    answer = admin("POST", "/task/batch", {"operations": bad})
    assert (answer.status_code, answer.get_json()["errors"][0]["row"]) == (422, 1)
    assert admin("GET", '/task?where=starts_with(subject, "b")&count=10').get_json()["count"] == 2
    gone = [{"op": "delete", "id": result["id"]} for result in results]
    assert admin("POST", "/task/batch", {"operations": gone}).status_code == 200
    assert admin("GET", f"/task/{kept}").status_code == 404


def test_an_ill_formed_batch_is_explained(caller: Make) -> None:
    """422 that names the operation."""
    admin = caller("admin")
    create_with_id = {"op": "create", "id": str(uuid4())}
    for operations in ([], {}, [1], [{"op": "x"}], [{"op": "update"}], [{"op": "delete", "id": "x"}], [create_with_id]):
        answer = admin("POST", "/task/batch", {"operations": operations})
        assert (answer.status_code, answer.get_json()["code"]) == (422, "parameter"), operations


def test_warnings_pass_once_confirmed(caller: Make) -> None:
    """A warning is told first and accepted with the header."""
    admin = caller("admin")
    customer = admin.id_of("customer", "上海云帆科技股份有限公司")
    values = {"name": "No phone", "customer": customer}
    told = admin("POST", "/contact", values).get_json()
    assert told["only_warnings"] is True
    assert admin("POST", "/contact", values, Formline_Confirm="true").status_code == 201


def test_masked_values_stay_masked(caller: Make) -> None:
    """A sales person sees a colleague's number masked, and cannot filter or sort by it."""
    wang = caller("wang")
    row = wang("GET", '/user?where=login == "li"&fields=name,mobile').get_json()["data"][0]
    assert "****" in row["mobile"]
    assert wang("GET", "/user?sort=mobile").status_code == 422
    assert wang("GET", '/user?where=starts_with(mobile, "138")').status_code == 422


def test_addresses_that_do_not_exist(caller: Make) -> None:
    """Problem details for unknown objects, addresses and methods too."""
    admin = caller("admin")
    for method, path in (("GET", "/nothing"), ("GET", "/a/b/c/d"), ("PUT", "/task"), ("POST", f"/task/{uuid4()}")):
        answer = admin(method, path)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json"), (method, path)


def test_rights_taken_away_are_gone_with_the_next_request(caller: Make, crm: Site) -> None:
    """Deactivation ends every token at once."""
    admin, wu = caller("admin"), caller("wu")
    assert wu("GET", "/task").status_code == 200
    path = f"/user/{admin.id_of('user', '吴芳')}"
    assert admin("PATCH", path, {"active": False}).status_code == 200
    assert wu("GET", "/task").status_code == 401


def test_a_change_of_rows_alone_answers_with_the_version(caller: Make) -> None:
    """The parent is not written when only its rows are; its version is told all the same."""
    admin = caller("admin")
    path = f"/contract/{admin.id_of('contract', '云帆仓储二期合同')}"
    before = admin("GET", path).get_json()["version"]
    rows = admin("GET", '/instalment?where=contract.name == "云帆仓储二期合同"&fields=name').get_json()["data"]
    renamed = [{"id": row["id"], "name": f"{row['name']}!"} for row in rows]
    answer = admin("PATCH", path, {"instalments": renamed})
    assert (answer.status_code, answer.get_json()["version"]) == (200, before), answer.text
    assert answer.headers["ETag"] == f'"{before}"'


def test_what_is_wrong_in_an_expression_has_a_place(caller: Callable[..., Caller]) -> None:
    answer = caller("wang")("GET", "/opportunity?where=amount > 1 and and true")
    assert answer.status_code == 422
    (found,) = answer.get_json()["errors"]
    assert (found["line"], found["column"], found["offset"]) == (1, 16, 15)
    assert found["message"] == answer.get_json()["detail"]


def test_a_part_of_a_field_is_asked_for_by_its_path(crm: Site, caller: Callable[..., Caller]) -> None:
    ask = caller("admin")
    rows = ask("GET", "/task?where=about != null&fields=subject,about.object&limit=3").get_json()["data"]
    targets = crm.release.catalog.object("task").fields["about"].to
    assert {row["about.object"] for row in rows} <= set(targets)
    assert {frozenset(row) for row in rows} == {frozenset({"id", "version", "subject", "about.object"})}
    (deal,) = ask("GET", "/opportunity?where=amount > 0&fields=amount.currency&limit=1").get_json()["data"]
    assert deal.keys() == {"id", "version", "amount.currency"}
    for path in ("about.sort", "about.nothing", "subject.object"):
        refused = ask("GET", f"/task?fields={path}")
        assert (refused.status_code, refused.get_json()["code"]) == (422, "query_path")


def test_rows_of_one_record_are_limited(caller: Callable[..., Caller]) -> None:
    ask = caller("admin")
    key = ask("GET", "/contract?limit=1").get_json()["data"][0]["id"]
    rows = [{"name": str(number), "amount": 1} for number in range(501)]
    answer = ask("PATCH", f"/contract/{key}", {"instalments": rows})
    assert answer.status_code == 422
    assert [error["code"] for error in answer.get_json()["errors"]] == ["too_many_rows"]
