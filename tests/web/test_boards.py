"""Boards of the shipped CRM: columns, sums within the rights, moving cards; on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.web.conftest import Person, token_of
from tests.web.test_pages import ids, stored

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
BOARD = "/o/opportunity/board"
COLUMN = re.compile(r'data-state="(\w*)" data-label="([^"]*)" data-ways="([^"]*)"')
CARD = re.compile(r'data-id="([0-9a-f-]{36})"')


def columns(page: str) -> dict[str, list[str]]:
    """Return the ids of the cards by column."""
    pieces = COLUMN.split(page)
    return {name: CARD.findall(body) for name, body in zip(pieces[1::4], pieces[4::4], strict=True)}


def move(person: Person, record: UUID | str, to: str, address: str = BOARD) -> TestResponse:
    token = token_of(person.get("/profile").text)
    return person.client.post(f"{address}/move", json={"id": str(record), "to": to}, headers={"X-CSRFToken": token})


def amount_of(site: Site, keys: list[str]) -> Any:
    return sum(stored(site, "opportunity", UUID(key))["amount"] or 0 for key in keys)  # type: ignore[misc]


def test_a_board_has_a_column_per_state_with_its_cards_count_and_sum(crm: Site, sign_in: SignIn) -> None:
    page = sign_in("zhao").get(BOARD).text
    found = columns(page)
    assert list(found)[:5] == ["qualify", "propose", "negotiate", "won", "lost"]
    for name, keys in found.items():
        assert {stored(crm, "opportunity", UUID(key))["stage"] for key in keys} <= {name}
        assert f'data-count="{name}">{len(keys)}<' in page
    total = amount_of(crm, found["qualify"]) / 10_000
    shown = re.search(r'data-sum="qualify"[^>]*>¥([\d,.]+)万<', page)
    assert shown is not None
    assert float(shown[1].replace(",", "")) == float(round(total, 2))


def test_counts_and_sums_obey_the_rights_of_who_looks(sign_in: SignIn) -> None:
    def heads(login: str) -> dict[str, dict[str, Any]]:
        return dict(sign_in(login).get(f"{BOARD}/heads").json or {})

    wang, zhao = heads("wang"), heads("zhao")
    assert 0 < sum(each["count"] for each in wang.values()) < sum(each["count"] for each in zhao.values())


def test_a_board_obeys_the_filters_of_its_address(sign_in: SignIn) -> None:
    page = sign_in("zhao").get(f"{BOARD}?f=amount~ge~1000000").text
    assert 'class="filter-chip"' in page
    assert f'href="{BOARD}?view=opportunities_all"' in page
    everything = sign_in("zhao").get(BOARD).text
    assert 0 < len(CARD.findall(page)) < len(CARD.findall(everything))


def test_a_step_that_asks_nothing_moves_the_card_at_once(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    (task, *_) = ids(crm, "task", status="open")
    answer = move(person, task, "in_progress", "/o/task/board")
    assert answer.status_code == 200, answer.text
    assert stored(crm, "task", task)["status"] == "in_progress"
    assert answer.json is not None
    assert answer.json["columns"]["in_progress"]["count"] >= 1


def test_a_step_that_asks_for_fields_answers_with_its_dialog(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    deal = UUID(columns(person.get(BOARD).text)["qualify"][0])
    answer = move(person, deal, "lost")
    assert answer.json is not None
    dialog = answer.json["dialog"]
    assert stored(crm, "opportunity", deal)["stage"] == "qualify"
    drawn = person.get(dialog, headers={"HX-Request": "true"}).text
    posted_to = unescape(re.search(r'hx-post="([^"]+)"', drawn)[1])  # type: ignore[index]
    done = person.post(posted_to, {"lost_reason": "price"}, drawn, headers={"HX-Request": "true"})
    assert done.status_code == 204, done.text
    assert "record:changed" in done.headers["HX-Trigger"]
    assert stored(crm, "opportunity", deal)["stage"] == "lost"


def test_a_move_that_no_step_allows_is_refused_with_the_steps_there_are(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    (deal, *_) = [UUID(key) for key in columns(person.get(BOARD).text)["qualify"]]
    answer = move(person, deal, "won")
    assert answer.status_code == 422
    assert answer.json is not None
    assert "赢单" in answer.json["detail"]
    assert stored(crm, "opportunity", deal)["stage"] == "qualify"


def test_cards_of_others_cannot_be_moved_and_are_not_told_from_absent_ones(crm: Site, sign_in: SignIn) -> None:
    wang = sign_in("wang")
    own = {UUID(key) for keys in columns(wang.get(BOARD).text).values() for key in keys}
    foreign = next(key for key in ids(crm, "opportunity", stage="qualify") if key not in own)
    assert move(wang, foreign, "propose").status_code == 404
    assert move(wang, UUID(int=1), "propose").status_code == 404
    assert stored(crm, "opportunity", foreign)["stage"] == "qualify"


def test_what_cannot_be_read_as_a_move_is_refused(sign_in: SignIn) -> None:
    person = sign_in("zhao")
    token = token_of(person.get("/profile").text)
    for body in ({}, {"id": "x"}, [1]):
        answer = person.client.post(f"{BOARD}/move", json=body, headers={"X-CSRFToken": token})
        assert answer.status_code == 404
    assert person.client.post(f"{BOARD}/move", json={}).status_code == 400


def test_an_object_without_states_has_no_board(sign_in: SignIn) -> None:
    assert sign_in("zhao").get("/o/product/board").status_code == 404
    assert "/o/product/board" not in sign_in("zhao").get("/o/product").text
