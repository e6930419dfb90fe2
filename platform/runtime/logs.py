"""How a process logs: lines for people in development, JSON lines in production; what is logged is said elsewhere.

Values of statements and settings are never logged; what looks like a secret in a message is blacked out.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine, event

from formline.settings import Settings

_SECRET = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|api[_-]?key|cookie)"
    r"([\"']?\s*[=:]\s*[\"']?(?:bearer\s+)?)([^\s,;&\"'}]+)"
)
_URL_PASSWORD = re.compile(r"(\w+://[^:/\s]+:)[^@\s]+@")
_log = logging.getLogger("formline.sql")


def redacted(text: str) -> str:
    """Return the text without what looks like a password, token or key."""
    return _URL_PASSWORD.sub(r"\1***@", _SECRET.sub(r"\1\2***", text))


class _Redacting(logging.Formatter):
    """Formats as usual, then blacks out."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the trace of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return orjson.dumps(line).decode()


def configure(settings: Settings) -> None:
    """Send this process's log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    plain = _Redacting("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonLines() if settings.log_json or settings.production else plain)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.getLogger("transitions").setLevel(logging.WARNING)  # it notes every callback of every state change


def watch_slow_statements(engine: Engine, limit_ms: int) -> None:
    """Log statements (never their values) that take longer than ``limit_ms``; 0 watches nothing."""
    if limit_ms <= 0:
        return

    def before(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context is not None:
            context.formline_started = time.perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        taken = (time.perf_counter() - context.formline_started) * 1000 if context is not None else 0.0
        if taken > limit_ms:
            _log.warning("slow statement, %d ms: %s", taken, " ".join(statement.split())[:1000])

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
