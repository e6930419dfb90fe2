"""S11, secrets: values stay out of logs, of what an exception says, and of definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from formline.metadata.checks import check_text

if TYPE_CHECKING:
    from formline.runtime.site import Site


@pytest.mark.parametrize("engine", ["read", "write"])
def test_a_failed_statement_does_not_tell_its_values(crm: Site, engine: str) -> None:
    with getattr(crm.engines, engine).connect() as connection, pytest.raises(DBAPIError) as failure:
        connection.execute(text("SELECT :given FROM no_such_table"), {"given": "13800138000"})
    assert "no_such_table" in str(failure.value)
    assert "13800138000" not in str(failure.value)


# Put together here, so that no scanner takes this file for a leak.
KEYS = {
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub": "ghp_" + "a1B2c3D4e5" * 4,
    "Slack": "xox" + "b-1234567890-abcdefghij",
    "API": "sk" + "-proj-a1B2c3D4e5F6g7H8i9",
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "token": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.x",
    "address": "postgresql" + "://formline:hunter2@db/crm",
}
SETTING = "kind: package\nname: mail\nversion: 1.0.0\nsettings:\n  {name}: {{type: text, default: '{value}'}}\n"


def found(name: str, value: str) -> list[str]:
    problems = check_text(SETTING.format(name=name, value=value), "package.yaml").problems
    assert not any(value in str(problem) for problem in problems)
    return [problem.code for problem in problems]


@pytest.mark.parametrize("value", KEYS.values(), ids=list(KEYS))
def test_a_known_form_of_key_is_refused_anywhere(value: str) -> None:
    assert found("greeting", f"a {value} b") == ["secret-value"]


@pytest.mark.parametrize("name", ["password", "smtp_password", "client_secret", "token", "api_key"])
def test_a_drawn_text_is_refused_where_the_name_tells(name: str) -> None:
    assert found(name, "hT7kq9Zw3LmP") == ["secret-value"]
    assert found(name, "9f86d081884c7d659a2feaa0c55ad015") == ["secret-value"]
    assert found("greeting", "hT7kq9Zw3LmP") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "smtp_password"),
        ("secret", "smtp_password_2"),
        ("token", "setting.gateway_token"),
        ("password", "Please ask the administrator"),
        ("homepage", "https://example.com/a@b"),
        ("number_pattern", "CT-{date:%Y%m}-{n:4}"),
    ],
)
def test_the_name_of_a_secret_is_none(name: str, value: str) -> None:
    assert found(name, value) == []


def test_a_secret_in_an_extension_is_found_where_it_stands() -> None:
    text = f"kind: object\nextends: customer\nfields:\n  note: {{type: text, default: {KEYS['AWS']}}}\n"
    (problem,) = check_text(text, "objects/customer.yaml").problems
    assert (problem.code, str(problem.position)) == ("secret-value", "objects/customer.yaml:4:31")
