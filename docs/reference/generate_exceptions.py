"""The page of errors that requests and commands end with, from the exceptions themselves."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import formline
from formline.errors import FormlineError

PAGE = Path(__file__).parents[1] / "errors/requests.md"
HEAD = """# Errors of requests and commands

Generated from the code by `docs/reference/generate.py`; do not edit.

The API answers with a problem (RFC 9457) that has `status` and `code`; pages show the same in words; a command prints
the message and its hint. An error with the code `validation` lists what is wrong with each field in `errors`; those
codes are in [the API page](../reference/api.md#codes-of-fields).

| code | status | meaning |
|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"| {code} | {status} | {text} |\n" for code, status, text in sorted(rows()))


def rows() -> Iterator[tuple[str, int, str]]:
    """Yield code, HTTP status and meaning of every kind of error."""
    for found in pkgutil.walk_packages(formline.__path__, "formline."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for kind in {*_below(FormlineError)}:
        yield kind.code, kind.status, (kind.__doc__ or "").splitlines()[0]


def _below(kind: type[FormlineError]) -> Iterator[type[FormlineError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
