"""S19, demo: on this machine only, random passwords shown once, and never in production."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from formline.cli.demo import load_demo
from formline.errors import AccessDeniedError, DefinitionError
from formline.runtime.production import require_fit
from formline.settings import Settings

if TYPE_CHECKING:
    from formline.runtime.site import Site

SECURE = "https://crm.example"


def _passwords(site: Site) -> dict[str, str]:
    people = [line.split() for line in load_demo(site) if line.startswith("  ")]
    return {login: password for login, password, *_name in people}


def test_a_site_listens_on_this_machine_only() -> None:
    assert Settings().host == "127.0.0.1"


def test_passwords_are_random_and_shown_once(crm: Site) -> None:
    shown = _passwords(crm)
    assert len(shown) > 5
    assert len(set(shown.values())) == len(shown)
    assert {len(password) for password in shown.values()} == {16}
    assert _passwords(crm) == {}


def test_production_makes_no_demo(crm: Site) -> None:
    crm.settings = crm.settings.with_values(env="production", public_url=SECURE)
    with pytest.raises(AccessDeniedError):
        _passwords(crm)


@pytest.mark.parametrize(
    ("demo", "public_url", "codes"),
    [
        (False, SECURE, []),
        (False, "http://crm.example", ["production-url"]),
        (True, SECURE, ["production-demo"]),
        (True, "http://crm.example", ["production-url", "production-demo"]),
    ],
)
def test_production_refuses_demo_people_and_plain_addresses(
    crm: Site, demo: bool, public_url: str, codes: list[str]
) -> None:
    if demo:
        _passwords(crm)
    crm.settings = crm.settings.with_values(env="production", public_url=public_url)
    found: list[str] = []
    try:
        require_fit(crm)
    except DefinitionError as refused:
        found = [problem.code for problem in refused.problems]
    assert found == codes
