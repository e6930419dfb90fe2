"""The immutable set of definitions everything is compiled from: building touches raw data only, the rest is lazy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from formline.catalog import storage
from formline.catalog.compiling import Compiler
from formline.catalog.kinds import kinds
from formline.catalog.lazy import LazyMapping
from formline.catalog.links import Links
from formline.catalog.model import Package
from formline.catalog.objects import Object, build_object
from formline.catalog.texts import Texts
from formline.errors import DefinitionError, Problem
from formline.metadata.hashing import content_hash
from formline.metadata.layers import Definition, Merged
from formline.metadata.names import did_you_mean

if TYPE_CHECKING:
    from formline.catalog.impact import Uses

Key = tuple[str, str]


class Catalog:
    """Definitions of all layers, merged and frozen. Equal sources give equal hashes.

    A catalog may hold mistakes until :func:`formline.catalog.check.check` has found none: asking for a value that
    a mistake makes impossible raises :class:`DefinitionError` or ``ExpressionError`` then.
    """

    def __init__(self, definitions: Mapping[Key, Definition], base_language: str = "en") -> None:
        """Keep the merged definitions; nothing is built yet."""
        self.definitions = dict(definitions)
        self.base_language = base_language
        self._names: dict[str, list[str]] = defaultdict(list)
        for kind, name in self.definitions:
            self._names[kind].append(name)
        self._kinds: dict[str, LazyMapping[Any]] = {}
        self.objects: Mapping[str, Object] = LazyMapping(
            self._names["object"], lambda name: build_object(self, self.definitions["object", name])
        )
        self.compiler = Compiler(self)

    @staticmethod
    def build(merged: Merged, base_language: str = "en") -> Catalog:
        """Make a catalog of merged layers; their own problems stay with the caller."""
        return Catalog(merged.definitions, base_language)

    @cached_property
    def hash(self) -> str:
        """Return the SHA-256 of the merged source: kinds, names and data, not files, positions or layers."""
        source = {f"{kind}/{name}": self.definitions[kind, name].data for kind, name in sorted(self.definitions)}
        return content_hash([self.base_language, source])

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of a kind's definitions in layer and file order, building none."""
        return tuple(self._names.get(kind, ()))

    def has(self, kind: str, name: str) -> bool:
        """Return whether there is such a definition."""
        return (kind, name) in self.definitions

    def source(self, kind: str, name: str) -> Definition:
        """Return a definition's raw data with positions and origins; :class:`DefinitionError` where there is none."""
        try:
            return self.definitions[kind, name]
        except KeyError:
            raise self._unknown(kind, name) from None

    def object(self, name: str) -> Object:
        """Return an object; :class:`DefinitionError` with the nearest name where there is none."""
        try:
            return self.objects[name]
        except KeyError:
            raise self._unknown("object", name) from None

    def all(self, kind: str) -> Mapping[str, Any]:
        """Return the definitions of a kind by name, each built on first use."""
        if kind == "object":
            return self.objects
        if kind not in self._kinds:
            registered = kinds().get(kind)
            if registered is None:
                raise self._unknown_kind(kind)
            build = registered.build
            self._kinds[kind] = LazyMapping(
                self._names.get(kind, ()), lambda name: build(self, self.definitions[kind, name])
            )
        return self._kinds[kind]

    def get(self, kind: str, name: str) -> Any:
        """Return one built definition; :class:`DefinitionError` where there is none."""
        try:
            return self.all(kind)[name]
        except KeyError:
            raise self._unknown(kind, name) from None

    def _unknown(self, kind: str, name: str) -> DefinitionError:
        hint = did_you_mean(name, self._names.get(kind, ()))
        return DefinitionError([Problem(f"unknown-{kind.replace('_', '-')}", f'There is no {kind} "{name}".', hint)])

    def _unknown_kind(self, kind: str) -> DefinitionError:
        return DefinitionError([Problem("unknown-kind", f'There is no kind "{kind}".', did_you_mean(kind, kinds()))])

    @cached_property
    def links(self) -> Links:
        """Everything that points from one object to another, read from the raw data once."""
        return Links(self)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """Return the packages' settings by name: the default, or the value that a higher layer put there."""
        return {name: declared.get("default") for name, declared in self.setting_declarations.items()}

    @cached_property
    def setting_declarations(self) -> Mapping[str, Mapping[str, Any]]:
        """Return how the packages declare their settings."""
        packages: Iterable[Package] = self.all("package").values()
        return {name: declared for package in packages for name, declared in package.settings.items()}

    @cached_property
    def texts(self) -> Texts:
        """The labels of other languages."""
        return Texts(self)

    @cached_property
    def uses(self) -> Uses:
        """What every definition refers to, for "where used"."""
        from formline.catalog.impact import Uses

        return Uses(self)

    def translate(self, lang: str, kind: str, name: str, key_path: tuple[str, ...], default: str) -> str:
        """Return a text of a definition in a language, falling back to the base language's ``default``.

        ``key_path`` leads to the text inside the definition: ``("fields", "amount", "label")``.
        """
        return self.texts.get(lang, kind, name, key_path, default)

    def to_json(self) -> bytes:
        """Return the whole merged source, with positions and origins, for the table of releases."""
        return storage.to_json(self)

    @staticmethod
    def from_json(text: bytes | str) -> Catalog:
        """Return the catalog that :meth:`to_json` wrote; its hash is the same."""
        return storage.from_json(text)
