"""Registers the shared fixtures; they themselves live in ``tests/fixtures/``, one module per thing they provide."""

pytest_plugins = [
    "tests.fixtures.services",
    "tests.fixtures.compiled",
    "tests.fixtures.databases",
    "tests.fixtures.sales_files",
    "tests.fixtures.receivers",
    "tests.fixtures.sites",
    "tests.fixtures.smtp",
    "tests.fixtures.web_server",
    "tests.fixtures.browser",
    "tests.fixtures.demo",
]
