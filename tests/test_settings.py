"""Settings: where values come from, what is refused, what is hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from formline.errors import DefinitionError
from formline.settings import Settings, described, load, shown


def test_environment_beats_the_file_and_the_file_beats_the_default(tmp_path: Path) -> None:
    (tmp_path / "formline.toml").write_text('port = 9000\nbase_currency = "EUR"\n', encoding="utf-8")
    settings = load(tmp_path, {"FORMLINE_PORT": "9100"})
    assert (settings.port, settings.base_currency, settings.host) == (9100, "EUR", "127.0.0.1")
    sources = {name: source for name, _, source in shown(settings)}
    assert (sources["port"], sources["host"]) == ("FORMLINE_PORT", "default")
    assert sources["base_currency"].endswith("formline.toml")


def test_paths_of_the_file_are_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "formline.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    assert load(tmp_path, {}).data_dir == tmp_path / "data"
    assert load(tmp_path, {}).url == f"sqlite:///{tmp_path / 'data' / 'formline.db'}"


def test_a_secret_may_be_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("very secret\n", encoding="utf-8")
    settings = load(tmp_path, {"FORMLINE_SECRET_KEY_FILE": str(tmp_path / "key")})
    assert settings.secret_key == "very secret"
    assert "very secret" not in "".join(value for _, value, _ in shown(settings))


def test_an_unknown_setting_is_warned_about_with_the_nearest_name(tmp_path: Path) -> None:
    settings = load(tmp_path, {"FORMLINE_DATABSE_URL": "sqlite:///x"})
    assert [(problem.code, problem.hint) for problem in settings.warnings] == [
        ("setting-unknown", "did you mean database_url?")
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "many", "invalid literal"),
        ("ENV", "test", "expected one of development, production"),
        ("EMBEDDED_WORKER", "perhaps", "expected true or false"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        load(tmp_path, {f"FORMLINE_{name}": value})


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"port": 8105}, "http://127.0.0.1:8105"),
        ({"host": "0.0.0.0", "port": 81}, "http://127.0.0.1:81"),  # noqa: S104 - listened on by nobody here
        ({"host": "crm.local"}, "http://crm.local:8000"),
        ({"host": "::1"}, "http://[::1]:8000"),
        ({"public_url": "https://crm.example/", "port": 81}, "https://crm.example"),
    ],
)
def test_links_lead_to_where_the_server_listens_unless_told_otherwise(given: dict[str, Any], address: str) -> None:
    assert Settings(**given).address == address


def test_postgresql_urls_get_the_driver_we_use() -> None:
    assert Settings(database_url="postgresql://me@host/db").url == "postgresql+psycopg://me@host/db"


def test_every_setting_says_what_it_is_for() -> None:
    assert all(text for _, _, text in described())
