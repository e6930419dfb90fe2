"""The registry of rules about one merged definition by itself; the rules live in the modules named in ``load``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from formline.errors import Level, Problem
from formline.metadata.positions import Path, Positions

#: Yields ``Finding`` objects for the plain data of a definition.
Rule = Callable[[dict[str, Any]], Iterator["Finding"]]
_RULES: dict[str, list[Rule]] = defaultdict(list)


class Finding:
    """What a rule found at ``path``; ``at_key`` points to the key instead of its value."""

    __slots__ = ("at_key", "code", "hint", "level", "message", "path")

    def __init__(
        self, code: str, message: str, hint: str, path: Path, *, at_key: bool = False, level: Level = Level.ERROR
    ) -> None:
        """Keep what makes the problem; the position is looked up later."""
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.at_key = at_key
        self.level = level

    def problem(self, positions: Positions) -> Problem:
        """Return the problem with its place."""
        position = positions.key(self.path) if self.at_key else positions.at(self.path)
        return Problem(self.code, self.message, self.hint, position, ".".join(map(str, self.path)), self.level)


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a rule for kinds of definition."""

    def add(function: Rule) -> Rule:
        for kind in kinds:
            _RULES[kind].append(function)
        return function

    return add


@cache
def load() -> None:
    """Import the modules with rules."""
    from formline.metadata import dashboard_rules, data_rules, naming, page_rules, state_rules  # noqa: F401


def check(kind: str, data: dict[str, Any], positions: Positions) -> list[Problem]:
    """Return what the rules of its kind find in a complete definition whose schema holds."""
    load()
    return [found.problem(positions) for one in _RULES[kind] for found in one(data)]


def maps(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the named maps inside a map of named things; anything else is passed over."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield name, inner
