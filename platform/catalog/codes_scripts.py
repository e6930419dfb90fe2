"""Codes about scripts. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_OBJECT = "---\nkind: object\nname: deal\nfields:\n  name: {type: text}\n"
_START = "kind: script\nname: shout\nobject: deal\nruns: patch\nsource: |\n"

register(
    CodeDoc(
        "script-source",
        "The source of a script is no Python, or says what scripts may not say.",
        "Scripts have no imports, classes or names that start with _; a locked-down process reads the source and says "
        "which line it refuses.",
        f"{_START}  import os\n{_OBJECT}",
        f"{_START}  record.name = record.name.upper()\n{_OBJECT}",
        "scripts/shout.yaml",
        group="catalog",
    ),
)
