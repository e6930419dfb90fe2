"""S1, HTTP baseline: no address leads to another site, changes come from our own pages."""

from __future__ import annotations

import pytest

from formline.web.auth.login import safe_next


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "o",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "/\n/elsewhere.example",
        "/\r\\elsewhere.example",
        "/\x0b/elsewhere.example",
        "\t//elsewhere.example",
        " //elsewhere.example",
        "https://elsewhere.example",
        "javascript:alert(1)",
    ],
)
def test_the_way_on_stays_on_this_site(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/", "/o/customer?view=mine", "/o/customer?q=华东 精密", "/%09/page"])
def test_the_way_on_is_a_path(target: str) -> None:
    assert safe_next(target) == target
