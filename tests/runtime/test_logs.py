"""Logs: JSON lines, no secrets, slow statements without their values."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy import create_engine, text

from formline.runtime.logs import JsonLines, configure, redacted, watch_slow_statements
from formline.settings import Settings


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("password=hunter2 for ann", "hunter2"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ('{"token": "t0ps3cret"}', "t0ps3cret"),
        ("postgresql://me:hunter2@host/db", "hunter2"),
        ("api_key=42x", "42x"),
    ],
)
def test_what_looks_like_a_secret_is_blacked_out(line: str, hidden: str) -> None:
    assert hidden not in redacted(line)
    assert "***" in redacted(line)


def test_an_ordinary_line_stays_as_it_is() -> None:
    assert redacted("request 12ab failed: customer 7 not found") == "request 12ab failed: customer 7 not found"


def test_a_json_line_has_time_level_logger_and_message() -> None:
    record = logging.LogRecord("formline.web", logging.WARNING, __file__, 1, "secret=%s", ("x1",), None)
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "formline.web", "secret=***")
    assert line["time"].endswith("+00:00")


def test_the_log_does_not_note_every_callback_of_a_state_change() -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure(Settings())
        assert not logging.getLogger("transitions.core").isEnabledFor(logging.INFO)
        assert logging.getLogger("formline").isEnabledFor(logging.INFO)
    finally:
        root.handlers, root.level = handlers, level


def test_a_slow_statement_is_logged_without_its_values(caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("sqlite://")
    watch_slow_statements(engine, 1)
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT count(*) FROM n"
    with caplog.at_level(logging.WARNING, "formline.sql"), engine.connect() as connection:
        connection.execute(text(counting), {"most": 300_001})
    (record,) = caplog.records
    assert "SELECT count(*) FROM n" in record.getMessage()
    assert "300001" not in record.getMessage()
