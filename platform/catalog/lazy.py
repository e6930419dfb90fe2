"""A mapping whose values are built on first use; iteration and membership build nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class LazyMapping(Mapping[str, V], Generic[V]):
    """Keys are known at once, values come from ``build(key)`` once each.

    Two threads may build the same value; both get the one stored first.
    """

    __slots__ = ("_build", "_built", "_keys")

    def __init__(self, keys: Iterable[str], build: Callable[[str], V]) -> None:
        """Keep the keys in order."""
        self._keys = dict.fromkeys(keys)
        self._build = build
        self._built: dict[str, V] = {}

    def __getitem__(self, key: str) -> V:
        built = self._built
        if key in built:
            return built[key]
        if key not in self._keys:
            raise KeyError(key)
        return built.setdefault(key, self._build(key))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
