"""Maps of children and routes of a day: the arithmetic by cases, the pages within the rights, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from formline.web.records.maps import MARGIN, arrange, cut
from formline.web.records.routes import Stop, draw, kilometres, nearest, point_of
from tests.web.conftest import Person, token_of

if TYPE_CHECKING:
    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
A, B, C, D = (UUID(int=number) for number in range(1, 5))
SHANGHAI, SUZHOU, BEIJING, NANJING = (31.23, 121.47), (31.30, 120.62), (39.90, 116.41), (32.06, 118.80)


@pytest.mark.parametrize(
    ("above", "levels"),
    [
        ({}, {}),
        ({A: None, B: A, C: A, D: C}, {A: 1, B: 2, C: 2, D: 3}),
        ({A: None, B: None}, {A: 1, B: 1}),
        ({A: D, B: A}, {A: 1, B: 2}),  # who stands above is not to be seen
        ({A: B, B: A}, {A: 1, B: 2}),
        ({A: A}, {A: 1}),
    ],
)
def test_levels_follow_who_stands_above_whom(above: dict[UUID, UUID | None], levels: dict[UUID, int]) -> None:
    places = arrange(above)
    assert {key: level for key, (level, _x) in places.items()} == levels
    for key in places:
        same = [x for level, x in places.values() if level == places[key][0]]
        assert len(same) == len(set(same))
        assert min(same) >= MARGIN


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Anna", "Anna"), ("a" * 30, "a" * 20 + "…"), ("张" * 20, "张" * 9 + "…"), ("张三", "张三")],
)
def test_texts_are_cut_to_their_box(text: str, shown: str) -> None:
    assert cut(text) == shown


def stop(number: int, point: tuple[float, float] | None) -> Stop:
    return Stop(UUID(int=number), 1, f"stop {number}", "", "", "", "blue", None, None, point)


def test_distances_go_around_the_earth() -> None:
    assert round(kilometres(SHANGHAI, BEIJING)) == 1067
    assert kilometres(SHANGHAI, SHANGHAI) == 0
    assert round(kilometres((0, 179.5), (0, -179.5))) == 111


def test_the_nearest_next_is_gone_to_and_unknown_places_come_last() -> None:
    stops = [stop(1, SHANGHAI), stop(2, None), stop(3, BEIJING), stop(4, NANJING), stop(5, SUZHOU)]
    assert [one.id.int for one in nearest(stops)] == [1, 5, 4, 3, 2]
    assert nearest([]) == []


@pytest.mark.parametrize(
    "points", [[SHANGHAI], [SHANGHAI, SHANGHAI], [SHANGHAI, SUZHOU, BEIJING], [(0.0, 0.0), (60.0, 170.0)]]
)
def test_a_drawing_stays_inside_its_frame(points: list[tuple[float, float]]) -> None:
    drawn = draw([stop(number, point) for number, point in enumerate(points)])
    assert all(0 < one.x < drawn.width and 0 < one.y < drawn.height for one in drawn.stops)
    assert 0 < drawn.scale_width <= 161
    assert drawn.total_km == pytest.approx(sum(one.leg or 0 for one in drawn.stops))
    assert draw([]).stops == ()


@pytest.mark.parametrize(("value", "point"), [("31.23,121.47", SHANGHAI), (None, None), ("***", None), ("a,b", None)])
def test_a_stored_place_is_two_numbers(value: Any, point: Any) -> None:
    assert point_of(value) == point


def test_a_map_shows_the_people_of_a_customer_to_who_may_read_it(crm: Site, sign_in: SignIn) -> None:
    from tests.definitions.crm import Crm

    customer = Crm(crm).key("customer", "huadong")
    page = sign_in("wang").get(f"/o/customer/{customer}/map")
    assert page.status_code == 200
    for text in ("张志强", "任燕", "relation-map", "map-list"):
        assert text in page.text
    assert sign_in("wu").get(f"/o/customer/{customer}/map").status_code == 404
    assert sign_in("wang").get(f"/o/task/{UUID(int=1)}/map").status_code == 404


def test_a_route_is_ordered_and_moved_by_its_owner_only(crm: Site, sign_in: SignIn) -> None:
    from tests.definitions.crm import Crm

    helper = Crm(crm)
    day = date.today() + timedelta(days=40)
    owner = helper.key("user", "wang")
    keys = [
        helper.create("wang", "visit", subject=name, customer=helper.key("customer", name), planned_on=day)
        for name in ("huadong", "yangshan", "minhang")
    ]
    person = sign_in("wang")
    address = f"/o/visit/route?day={day}&who={owner}"
    assert person.get(address).text.count('class="stop ') == 3

    def post(who: Person, action: str, **values: Any) -> int:
        token = token_of(who.get("/profile").text)
        values |= {"day": str(day), "who": str(owner), "csrf_token": token}
        return who.client.post(f"/o/visit/route/{action}", data=values).status_code

    def order() -> list[UUID]:
        places = {key: helper.get("visit", key, "route_order") for key in keys}
        return sorted(keys, key=lambda key: places[key])

    assert post(person, "nearest") == 303
    assert order() == [keys[0], keys[2], keys[1]]
    assert post(person, "move", id=str(keys[1]), by="-1") == 303
    assert order() == [keys[0], keys[1], keys[2]]
    assert post(person, "move", id=str(UUID(int=9)), by="1") == 404
    assert post(person, "move", id=str(keys[1]), by="7") == 404
    stranger = sign_in("wu")
    assert 'class="stop ' not in stranger.get(address).text
    assert post(stranger, "move", id=str(keys[1]), by="1") == 404
    assert person.get("/o/visit/route?day=x").status_code == 404
    assert person.get("/o/task/route").status_code == 404
