"""Groups and orders of the shipped CRM's lists, on both databases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.web.conftest import Person
from tests.web.test_pages import LINKS, ids, stored

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
LIST = "/o/opportunity"
HEAD = re.compile(r'data-group-rows="([^"]+)">.*?</svg>([^<]*)<span class="board-count">(\d+)<', re.S)


def heads(person: Person, group: str, query: str = "") -> list[tuple[str, str, int]]:
    """Return (address of the rows, label, count) of every group."""
    page = person.get(f"{LIST}?view=opportunities_all&group={group}{query}").text
    return [(unescape(rows), label.strip(), int(count)) for rows, label, count in HEAD.findall(page)]


@pytest.mark.parametrize("group", ["stage", "owner", "customer", "close_date", "created_at:week", "key_project"])
def test_each_group_opens_to_as_many_records_as_its_head_says(sign_in: SignIn, group: str) -> None:
    person = sign_in("zhao")
    found = heads(person, group)
    assert found
    seen: list[str] = []
    for address, _label, count in found:
        rows = LINKS.findall(person.get(address).text)
        assert len(rows) == count
        seen += rows
    assert len(seen) == len(set(seen)) == sum(count for _address, _label, count in found)


def test_heads_count_and_add_up_within_the_rights_and_filters(crm: Site, sign_in: SignIn) -> None:
    (wang,) = ids(crm, "user", login="wang")
    own = [stored(crm, "opportunity", key) for key in ids(crm, "opportunity", owner=wang)]
    counted = Counter(str(row["stage"]) for row in own)
    found = heads(sign_in("wang"), "stage")
    assert sorted(count for _address, _label, count in found) == sorted(counted.values())
    assert [count for *_rest, count in heads(sign_in("wang"), "stage", "&f=stage~eq~propose")] == [counted["propose"]]
    total = sum(row["amount"] or 0 for row in own if row["stage"] == "propose")  # type: ignore[misc]
    assert f"{total:,.2f}" in sign_in("wang").get(f"{LIST}?view=opportunities_all&group=stage").text


@pytest.mark.parametrize("group", ["nothing", "description", "close_date:century"])
def test_what_cannot_be_grouped_by_is_left_out(sign_in: SignIn, group: str) -> None:
    assert sign_in("zhao").get(f"{LIST}?group={group}").status_code == 200


def test_a_list_is_sorted_by_several_fields(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("zhao")
    chosen = person.get(f"{LIST}/columns/choose?column=name&sort=stage&sort=-amount&sort=").headers["Location"]
    assert "sort=stage,-amount" in chosen
    rows = [stored(crm, "opportunity", UUID(key)) for key in LINKS.findall(person.get(chosen).text)]
    stages = [str(row["stage"]) for row in rows]
    assert len(set(stages)) < len(stages)
    for before, after in pairwise(rows):
        if before["stage"] == after["stage"] and None not in (before["amount"], after["amount"]):
            assert before["amount"] >= after["amount"]  # type: ignore[operator]
