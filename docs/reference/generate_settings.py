"""The page of settings, from their declaration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from formline.settings import PREFIX, Settings

PAGE = Path(__file__).parent / "settings.md"
HEAD = """# Settings

Generated from the code by `docs/reference/generate.py`; do not edit.

A value comes from the environment variable, else from `formline.toml` in the folder where the command runs, else it is
the default. Paths in `formline.toml` and the default paths are relative to that folder. A list is written with commas
in a variable and as a list in the file. A secret may also be given as a file that holds it: the variable's name with
`_FILE` at the end. A name that is no setting is warned about; a value that does not fit stops the command.

`formline config` shows every setting with its value and where the value came from.

| in `formline.toml` | variable | default | meaning |
|---|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    for entry in dataclasses.fields(Settings):
        if "help" not in entry.metadata:
            continue
        variable = f"`{PREFIX}{entry.name.upper()}`" + (" (secret)" if entry.metadata["secret"] else "")
        yield f"| `{entry.name}` | {variable} | {_default(entry.default)} | {entry.metadata['help']} |"


def _default(value: Any) -> str:
    if value in ("", None, ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
