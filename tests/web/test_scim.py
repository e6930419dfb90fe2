"""SCIM 2.0: a directory creates people, changes them, closes their accounts, and keeps departments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from formline.web.api.tokens import create_token
from tests.web.conftest import Person
from tests.web.test_accounts import user_id

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
Directory = Callable[..., Any]


@pytest.fixture
def directory(app: Flask, crm: Site) -> Directory:
    """Return a directory that calls with a token of the administrator."""
    with crm.writing() as connection:
        _id, token = create_token(connection, user_id(crm, "admin"), "directory", kind="scim", days=1)

    def call(method: str, path: str, body: Any = None, token: str = token) -> Any:
        arguments: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"Authorization": f"Bearer {token}"}
        return app.test_client().open(f"/scim/v2{path}", method=method, headers=headers, **arguments)

    return call


def found(directory: Directory, text: str, resource: str = "Users") -> list[dict[str, Any]]:
    answer = directory("GET", f"/{resource}?filter={quote(text)}")
    assert answer.status_code == 200, answer.text
    resources: list[dict[str, Any]] = answer.get_json()["Resources"]
    return resources


def operation(op: str, path: str | None, value: Any = None) -> dict[str, Any]:
    one = {"op": op, "value": value} | ({} if path is None else {"path": path})
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [one]}


def test_a_person_is_created_found_and_changed(crm: Site, directory: Directory) -> None:
    given = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "grace",
        "name": {"givenName": "Grace", "familyName": "Hopper"},
        "emails": [{"value": "old@example.com"}, {"value": "grace@example.com", "primary": True}],
        "externalId": "passed over",
    }
    made = directory("POST", "/Users", given)
    assert (made.status_code, made.mimetype) == (201, "application/scim+json")
    person = made.get_json()
    assert made.headers["Location"] == person["meta"]["location"]
    assert (person["userName"], person["displayName"], person["active"]) == ("grace", "Grace Hopper", True)
    assert person["emails"] == [{"value": "grace@example.com", "type": "work", "primary": True}]
    assert [each["id"] for each in found(directory, 'userName eq "GRACE"')] == [person["id"]]
    assert found(directory, 'userName eq "nobody"') == []
    again = directory("POST", "/Users", given)
    assert (again.status_code, again.get_json()["scimType"]) == (409, "uniqueness")
    path = f"/Users/{person['id']}"
    changed = directory("PATCH", path, operation("replace", 'emails[type eq "work"].value', "g@example.com"))
    assert changed.get_json()["emails"][0]["value"] == "g@example.com"
    assert directory("PUT", path, {"userName": "grace", "title": "Admiral"}).get_json()["title"] == "Admiral"
    assert directory("PATCH", path, operation("remove", "title")).get_json().get("title") is None


@pytest.mark.parametrize(
    "change", [operation("replace", "active", False), operation("Replace", None, {"active": "False"})], ids=str
)
def test_closing_an_account_signs_the_person_out(
    crm: Site, sign_in: SignIn, directory: Directory, change: dict[str, Any]
) -> None:
    person = sign_in("wang")
    path = f"/Users/{user_id(crm, 'wang')}"
    assert directory("PATCH", path, change).get_json()["active"] is False
    assert person.get("/o/customer").status_code == 302
    assert directory("PATCH", path, operation("replace", "active", True)).get_json()["active"] is True
    assert directory("DELETE", path).status_code == 204
    assert directory("GET", path).get_json()["active"] is False


def test_departments_are_groups_with_their_people(crm: Site, directory: Directory) -> None:
    people = [str(user_id(crm, login)) for login in ("wang", "wu")]
    given = {"displayName": "Directory", "members": [{"value": people[0]}]}
    group = directory("POST", "/Groups", given).get_json()
    assert [each["value"] for each in group["members"]] == people[:1]
    path = f"/Groups/{group['id']}"

    def members() -> set[str]:
        return {each["value"] for each in directory("GET", path).get_json()["members"]}

    assert directory("PATCH", path, operation("add", "members", [{"value": people[1]}])).status_code == 200
    assert members() == set(people)
    assert directory("PATCH", path, operation("remove", f'members[value eq "{people[0]}"]')).status_code == 200
    assert members() == {people[1]}
    assert directory("PUT", path, {"displayName": "Renamed", "members": []}).get_json()["displayName"] == "Renamed"
    assert members() == set()
    assert [each["id"] for each in found(directory, 'displayName eq "Renamed"', "Groups")] == [group["id"]]
    assert directory("DELETE", path).status_code == 204
    assert directory("GET", path).status_code == 404


def test_lists_have_pages(directory: Directory) -> None:
    everybody = directory("GET", "/Users").get_json()
    page = directory("GET", "/Users?startIndex=2&count=2").get_json()
    assert (page["startIndex"], page["itemsPerPage"]) == (2, 2)
    assert page["totalResults"] == everybody["totalResults"] == len(everybody["Resources"])
    assert page["Resources"] == everybody["Resources"][1:3]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("GET", "/Users?filter=userName%20co%20%22a%22", None, 400, "invalidFilter"),
        ("GET", "/Users?filter=password%20eq%20%22a%22", None, 400, "invalidFilter"),
        ("GET", "/Users?count=many", None, 400, "invalidValue"),
        ("POST", "/Users", {"displayName": "Nobody"}, 400, "invalidValue"),
        ("POST", "/Users", ["x"], 400, "invalidSyntax"),
        ("POST", "/Groups", {"displayName": "G", "members": ["x"]}, 400, "invalidValue"),
        ("PATCH", "/Users/{wang}", {"Operations": []}, 400, "invalidSyntax"),
        ("PATCH", "/Users/{wang}", operation("move", "active", True), 400, "invalidSyntax"),
        ("PATCH", "/Users/{wang}", operation("replace", "roles", ["administrator"]), 400, "invalidPath"),
        ("PATCH", "/Users/{wang}", operation("replace", "active", "perhaps"), 400, "invalidValue"),
        ("GET", "/Users/00000000-0000-0000-0000-000000000001", None, 404, None),
        ("GET", "/Secrets", None, 404, None),
    ],
    ids=str,
)
def test_errors_are_in_scims_words(
    crm: Site, directory: Directory, method: str, path: str, body: Any, status: int, kind: str | None
) -> None:
    answer = directory(method, path.format(wang=user_id(crm, "wang")), body)
    told = answer.get_json()
    assert (answer.status_code, told["status"], told.get("scimType")) == (status, str(status), kind)
    assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_only_a_directorys_token_of_somebody_who_manages_people_counts(
    crm: Site, sign_in: SignIn, directory: Directory
) -> None:
    with crm.writing() as connection:
        admin, wang = user_id(crm, "admin"), user_id(crm, "wang")
        _id, ordinary = create_token(connection, admin, "api", days=1)
        _id, weak = create_token(connection, wang, "scim", kind="scim", days=1)
    assert [directory("GET", "/Users", None, each).status_code for each in ("", ordinary, weak)] == [401, 401, 403]
    # The browser's cookie counts for nothing here.
    assert sign_in("admin").get("/scim/v2/Users").status_code == 401


def test_such_a_token_is_made_on_the_page_by_who_manages_people(sign_in: SignIn, directory: Directory) -> None:
    values = {"name": "Directory", "access": "scim", "days": "30"}
    person = sign_in("wang")
    assert person.post("/profile/tokens", values, person.get("/profile/tokens").text).status_code == 403
    admin = sign_in("admin")
    page = admin.post("/profile/tokens", values, admin.get("/profile/tokens").text).text
    given = page.partition("<code>")[2].partition("</code>")[0]
    assert directory("GET", "/ServiceProviderConfig", None, given).get_json()["patch"] == {"supported": True}
    assert directory("GET", "/ResourceTypes", None, given).get_json()["totalResults"] == 2
