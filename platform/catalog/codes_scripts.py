"""Codes about scripts. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_OBJECT = "---\nkind: object\nname: deal\nfields:\n  name: {type: text}\n"
_CHOOSES = "kind: script\nname: seller\nobject: deal\nruns: people\nsource: result = record.owner\n"
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
    CodeDoc(
        "script-occasion",
        "A script that chooses people says when it runs.",
        "It runs when a people selector asks for it: an approver, somebody told, a sharing rule.",
        f"{_CHOOSES}on: [created]\n{_OBJECT}",
        f"{_CHOOSES}{_OBJECT}",
        "scripts/seller.yaml",
        group="catalog",
    ),
)
