"""The shared fixtures do what they promise: smoke tests, one per fixture."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from tests.fixtures.browser import Screen
from tests.fixtures.web_server import Serve

PAGE = """<!doctype html><html lang="en"><head><title>Smoke</title><link rel="icon" href="data:,"></head>
<body><main><h1>Smoke</h1>{body}</main></body></html>"""


def page_server(body: str) -> Flask:
    """Return an application with one page and the strict policy of the real one."""
    app = Flask(__name__)

    @app.get("/")
    def index() -> tuple[str, dict[str, str]]:
        policy = "default-src 'self'; img-src 'self' data:"
        return PAGE.format(body=body), {"Content-Security-Policy": policy}

    return app


def fill(url: str) -> None:
    """Make a table with one row."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mark (word TEXT)"))
        connection.execute(text("INSERT INTO mark VALUES ('prepared')"))
    engine.dispose()


def words(url: str) -> list[str]:
    """Return the words of the table made by :func:`fill`."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(text("SELECT word FROM mark ORDER BY word")).scalars())
    engine.dispose()
    return found


def test_database_url_is_an_empty_database_of_the_named_kind(database: str, database_url: str) -> None:
    engine = create_engine(database_url)
    assert engine.dialect.name == database
    fill(database_url)
    assert words(database_url) == ["prepared"]


def test_copies_of_a_prepared_database_are_independent(
    database_copy: Callable[[str, Callable[[str], None]], str],
) -> None:
    first, second = database_copy("smoke", fill), database_copy("smoke", fill)
    engine = create_engine(first)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM mark"))
    engine.dispose()
    assert (words(first), words(second)) == ([], ["prepared"])


def test_redis_url_names_a_database_of_this_worker(redis_url: str) -> None:
    assert redis_url.startswith("redis://")
    assert redis_url.rsplit("/", 1)[1] != "0"


def test_a_clean_page_has_no_problems_and_no_axe_violations(browser_page: Screen, serve: Serve) -> None:
    browser_page.page.goto(serve(page_server("<p>All is well.</p>")))
    assert browser_page.page.title() == "Smoke"
    assert browser_page.axe_violations() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>window.x = 1</script>", "Content Security Policy"),
        ("<p style='color: red'>red</p>", "Content Security Policy"),
        ("<img src='/missing.png' alt='missing'>", "404"),
    ],
)
def test_violations_and_console_errors_are_collected(screen: Screen, serve: Serve, body: str, said: str) -> None:
    screen.page.goto(serve(page_server(body)), wait_until="networkidle")
    assert any(said in problem for problem in screen.problems)


def test_axe_finds_an_input_without_a_label(screen: Screen, serve: Serve) -> None:
    screen.page.goto(serve(page_server("<input name='nameless'>")))
    assert [line.split(":")[0] for line in screen.axe_violations()] == ["label"]
