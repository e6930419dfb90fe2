"""The distance of two places is the same to the metre in every target, and right."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from formline.expressions.functions.place_functions import distance_km
from tests.expressions.agreement import Targets
from tests.expressions.test_agreement import targets as targets  # the world in every target

KNOWN = [
    ("22.543096,114.057865", "22.543096,114.057865", "0"),
    ("0.000000,0.000000", "0,1", "111.195"),  # a degree of longitude at the equator
    ("90,0", "-90,0", "20015.114"),  # from pole to pole
    ("0,-180", "0,180", "0"),
    ("51.470600, -0.461941", "40.639751,-73.778925", "5539.657"),  # Heathrow to Kennedy
]
NOWHERE = ["", "here", "91,0", "0,181", "1e3,0", "22.5;114", "22.5,114\n", "١,٢"]


@pytest.mark.parametrize(("start", "end", "kilometres"), KNOWN)
def test_known_distances(start: str, end: str, kilometres: str) -> None:
    found = distance_km(start, end)
    assert found is not None
    assert abs(found - Decimal(kilometres)) <= Decimal("0.002")
    assert distance_km(end, start) == found


@pytest.mark.parametrize("text", NOWHERE)
def test_what_is_no_place_has_no_distance(text: str) -> None:
    assert distance_km(text, "0,0") is None
    assert distance_km("0,0", text) is None


def test_every_target_gives_the_same_metre(targets: Targets) -> None:
    """Far and near, over the poles and the date line, and texts that are no places."""
    chance = random.Random(7)  # noqa: S311 - draws cases, keeps no secret

    def place() -> str:
        if chance.random() < 0.05:
            return chance.choice(NOWHERE).strip()
        return f"{chance.uniform(-90, 90):.6f},{chance.uniform(-180, 180):.6f}"

    def near(text: str) -> str:
        lat, _, lon = text.partition(",")
        try:
            return f"{float(lat) + chance.uniform(-0.001, 0.001):.6f},{float(lon):.5f}"
        except ValueError:
            return text

    pairs = [(one, near(one) if chance.random() < 0.3 else place()) for one in (place() for _ in range(400))]
    texts = [f'distance_km(concat("{one}", ""), concat("{two}", ""))' for one, two in pairs]
    for start in range(0, len(texts), 50):
        assert "\n".join(targets.disagreements(texts[start : start + 50])) == ""
