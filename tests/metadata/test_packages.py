"""Packages require versions of others, which must be below them."""

from __future__ import annotations

import pytest

from formline.metadata import checks, packages
from tests.metadata.stacks import stack


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ("1.2.0", ">=1.2", True),
        ("1.2", ">=1.2.0", True),
        ("1.10", ">1.9", True),
        ("1.2", "<1.2", False),
        ("2.0.0", ">=1.0, <2", False),
        ("1.9.9", ">=1.0,<2", True),
        ("1.4.3", "~=1.4", True),
        ("2.0", "~=1.4", False),
        ("1.4.9", "~=1.4.2", True),
        ("1.5.0", "~=1.4.2", False),
        ("1.0.0", "==1.0", True),
        ("1.0.0-beta1", ">=1.0", True),
    ],
)
def test_a_version_is_in_a_range_or_not(found: str, wanted: str, expected: bool) -> None:
    assert packages.fits(found, wanted) is expected


@pytest.mark.parametrize(
    ("requires", "codes"),
    [
        ('{crm: ">=1.0"}', []),
        ('{crm: ">=2.0"}', ["package-version"]),
        ('{cmr: ">=1.0"}', ["package-missing"]),
        ('{top: ">=1.0"}', ["package-order"]),
        ('{formline: ">=99"}', ["package-version"]),
    ],
)
def test_what_a_package_requires_is_below_it(requires: str, codes: list[str]) -> None:
    text = "kind: package\nname: {}\nversion: 1.5.0\n"
    merged = stack(text.format("crm"), text.format("sales") + f"requires: {requires}\n", text.format("top"))
    assert [problem.code for problem in checks.check_merged(merged).problems] == codes
