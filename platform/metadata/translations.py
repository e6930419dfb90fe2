"""Checks translations against the merged definitions they translate; applies nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from formline.errors import Problem
from formline.metadata import names
from formline.metadata.layers import Definition, Key
from formline.metadata.patches import item_name
from formline.metadata.positions import Path

#: Keys of definitions that hold texts for people.
TEXTS = frozenset({"label", "plural", "help", "placeholder", "message", "confirm", "title", "because"})


def check(definitions: dict[Key, Definition], unread: Collection[str] = ()) -> Iterator[Problem]:
    """Yield a problem per text that has no counterpart in the definitions.

    ``unread``: names of files with problems; what they would have defined is not said to be missing.
    """
    for (kind, _), translation in definitions.items():
        if kind != "translations":
            continue
        of = translation.data["of"]
        known = [name for other, name in definitions if other == of]
        for name, texts in translation.data["texts"].items():
            definition = definitions.get((of, name))
            if definition is None and name not in unread:
                hint = names.did_you_mean(name, known)
                yield _problem(translation, ("texts", name), f'There is no {of} "{name}" to translate.', hint)
            elif definition is not None:
                yield from _unknown(translation, ("texts", name), texts, definition.data)


def _unknown(translation: Definition, path: Path, texts: dict[str, Any], source: Any) -> Iterator[Problem]:
    named = children(source)
    for key, text in texts.items():
        here = (*path, key)
        if isinstance(text, dict):
            if key in named and isinstance(named[key], (dict, list)):
                yield from _unknown(translation, here, text, named[key])
            else:
                hint = names.did_you_mean(key, [name for name in named if isinstance(named[name], (dict, list))])
                yield _problem(translation, here, f'The definition has no "{key}" here.', hint)
        elif key not in TEXTS:
            hint = names.did_you_mean(key, TEXTS)
            yield _problem(translation, here, f'"{key}" is not a text that can be translated.', hint)


def children(source: Any) -> dict[str, Any]:
    """Return what a map or list of a definition has by name; names of a bare list have no more inside."""
    if isinstance(source, dict):
        return source
    if isinstance(source, list):
        return {item_name(item): item if isinstance(item, dict) else {} for item in source}
    return {}


def _problem(translation: Definition, path: Path, message: str, hint: str) -> Problem:
    return Problem("unknown-text", message, hint, translation.positions.key(path), ".".join(map(str, path)))
