"""The registry of error codes, each with an example that a test reproduces, and the page that explains them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_SHOWN_LINES = 14
_SHOWN_WIDTH = 100


@dataclass(frozen=True, slots=True)
class CodeDoc:
    """One stable code.

    ``wrong`` is a definition that has the mistake, ``right`` the same one mended. ``file`` is its place in a layer.
    ``below`` is the definition of the layer below, ``beside`` another file of the same layer, where there is one;
    ``encoding`` is how ``wrong`` is written to disk.
    ``group`` is the part of the language: definitions, expressions, catalog ... In the group ``plan``, ``below`` is
    what is live, with records in it, and ``beside`` what was live before that.
    """

    code: str
    title: str
    why: str
    wrong: str
    right: str
    file: str = "objects/customer.yaml"
    below: str = ""
    beside: str = ""
    encoding: str = "utf-8"
    group: str = "definitions"


#: Every code by name. Complete once :func:`load` ran and the packages above were imported.
CODES: dict[str, CodeDoc] = {}


def register(*docs: CodeDoc) -> None:
    """Add codes; a code is described once."""
    for doc in docs:
        if doc.code in CODES:
            raise ValueError(f"The code {doc.code} is described twice.")
        CODES[doc.code] = doc


@cache
def load() -> None:
    """Import the modules that describe the codes of this package."""
    from formline.metadata import codes_layers, codes_reading, codes_rules, codes_schema  # noqa: F401


def page(group: str, title: str) -> str:
    """Return the Markdown page of one group of codes, in the order of the alphabet."""
    load()
    docs = sorted((doc for doc in CODES.values() if doc.group == group), key=lambda doc: doc.code)
    parts = [f"# {title}\n\nGenerated from the registry of codes by `docs/errors/generate.py`; do not edit.\n"]
    parts += [_section(doc) for doc in docs]
    return "\n".join(parts)


def _section(doc: CodeDoc) -> str:
    if doc.group == "plan":
        before = f"In the release before:\n\n{_block(doc.beside)}\n" if doc.beside else ""
        changed = f"Changed:\n\n{_block(doc.wrong)}\nWithout it:\n\n{_block(doc.right)}"
        return f"## {doc.code}\n\n{doc.title} {doc.why}\n\n{before}Live:\n\n{_block(doc.below)}\n{changed}"
    below = f"In the layer below:\n\n{_block(doc.below)}\n" if doc.below else ""
    below += f"In another file of the same layer:\n\n{_block(doc.beside)}\n" if doc.beside else ""
    return (
        f"## {doc.code}\n\n{doc.title} {doc.why}\n\n{below}"
        f"Wrong (`{doc.file}`):\n\n{_block(doc.wrong)}\nRight:\n\n{_block(doc.right)}"
    )


def _block(text: str) -> str:
    lines = [line if len(line) <= _SHOWN_WIDTH else f"{line[:_SHOWN_WIDTH]} ..." for line in text.rstrip().split("\n")]
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], "..."]
    return "```yaml\n" + "\n".join(lines) + "\n```\n"
