"""Keys that a definition may have and nothing acts on yet: the check says so, instead of letting people wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formline.catalog.checker import Checker
from formline.metadata.positions import Path

#: (kind, path), ``*`` for any name; whoever builds one takes its line away.
NOT_YET: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("integration", ("cursor",)),
    ("integration", ("on_conflict",)),
    ("integration", ("schedule",)),
    ("object", ("fields", "*", "on_owner_change")),
)


def check_not_yet(checker: Checker) -> None:
    """Warn of each key that has no effect in this version."""
    for kind, pattern in NOT_YET:
        if kind == checker.definition.kind:
            for path in _found(checker.data, pattern, ()):
                message = f'"{path[-1]}" has no effect in this version.'
                checker.warning("not-yet", message, path, "leave it out until it has", key=True)


def _found(value: Any, pattern: tuple[str, ...], path: Path) -> Iterator[Path]:
    if not pattern:
        yield path
    elif isinstance(value, dict):
        names = list(value) if pattern[0] == "*" else [pattern[0]] if pattern[0] in value else []
        for name in names:
            yield from _found(value[name], pattern[1:], (*path, name))
