"""Compiles a catalog's expressions, each once, and answers what fields ask about the rest of the catalog."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog import formulas
from formline.catalog.scope import AskingScope, CatalogScope
from formline.expressions.compiler import ROOTS, compile_expression
from formline.expressions.expression import Expression
from formline.expressions.types import Type
from formline.fields.choice import choices_from
from formline.fields.field import Choice, Field, RollupSpec

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog


class Compiler:
    """The one compiler of a catalog; implements :class:`formline.fields.field.Surroundings`."""

    def __init__(self, catalog: Catalog) -> None:
        """Keep the catalog; nothing is compiled yet."""
        self.catalog = catalog
        self.scope = CatalogScope(catalog)
        self._compiled: dict[Any, Expression] = {}
        #: Ranks of rollups found so far.
        self.ranks: dict[tuple[str, str], int] = {}
        self._thread = threading.local()
        #: Compiling asks for the types of other formulas, so the same thread may come again.
        self._lock = threading.RLock()

    @property
    def asked(self) -> set[tuple[str, str]]:
        """The formulas this thread is compiling right now; a formula met again closes a circle."""
        found: set[tuple[str, str]] | None = getattr(self._thread, "asked", None)
        if found is None:
            found = self._thread.asked = set()
        return found

    def compile(
        self,
        source: str | Mapping[str, Any],
        *,
        object: str,
        expects: Type | None = None,
        roots: frozenset[str] = ROOTS,
        stored: bool = False,
        where_of: str | None = None,
        variables: Mapping[str, Type] | None = None,
        found: bool = False,
        inputs: Mapping[str, Type] | None = None,
    ) -> Expression:
        """Compile an expression of a definition of ``object``; equal calls share one result.

        ``inputs``: the types of what a button asks for, which ``input.name`` names.
        """
        named, asked = _sorted(variables), _sorted(inputs)
        key = (_frozen(source), object, expects, roots, stored, where_of, named, found, asked)
        known = self._compiled.get(key)
        if known is not None:
            return known
        with self._lock:
            made = compile_expression(
                source,
                AskingScope(self.catalog, inputs) if inputs else self.scope,
                object=object,
                roots=roots,
                expects=expects,
                stored=stored,
                where_of=where_of,
                variables=variables,
                found=found,
            )
            return self._compiled.setdefault(key, made)

    def choices_of(self, list_name: str) -> Mapping[str, Choice]:
        """Return the choices of a shared list; ``roles`` is the list of all roles where none is declared."""
        if self.catalog.has("choice_list", list_name):
            choices: Mapping[str, Choice] = self.catalog.get("choice_list", list_name).choices
            return choices
        if list_name == "roles":
            return MappingProxyType({r.name: Choice(r.name, r.label) for r in self.catalog.all("role").values()})
        return MappingProxyType({})

    def states_of(self, field: Field) -> Mapping[str, Choice]:
        """Return the states of a field's machines, those of all record types."""
        object_ = self.catalog.object(field.object)
        names = dict.fromkeys(
            name
            for name in (field.machine, *(t.machines.get(field.name) for t in object_.record_types.values()))
            if name and self.catalog.has("state_machine", name)
        )
        found: dict[str, Choice] = {}
        for name in names:
            # Not the built machine: building it compiles conditions, which ask for these very choices.
            for state, choice in choices_from(
                self.catalog.definitions["state_machine", name].data.get("states")
            ).items():
                found.setdefault(state, choice)
        return MappingProxyType(found)

    def record_types_of(self, field: Field) -> Mapping[str, Choice]:
        """Return the record types of a field's object."""
        types = self.catalog.object(field.object).record_types
        return MappingProxyType({t.name: Choice(t.name, t.label, was=t.was) for t in types.values()})

    @property
    def languages(self) -> tuple[str, ...]:
        """The base language and those with translations."""
        return self.catalog.texts.languages

    def rollup_of(self, field: Field) -> RollupSpec:
        """Resolve what a rollup adds up."""
        return formulas.rollup_spec(self.catalog, field)

    def path_end(self, object: str, path: tuple[str, ...]) -> Field | None:
        """Follow a dotted path through lookups and return the field at its end, or None."""
        current = self.catalog.objects.get(object)
        for index, name in enumerate(path):
            field = current.fields.get(name) if current else None
            if field is None or index == len(path) - 1:
                return field
            targets = field.to
            current = self.catalog.objects.get(targets[0]) if len(targets) == 1 else None
        return None

    def stored_in_row(self, field: Field) -> bool:
        """Whether a formula reads nothing but stored fields of its own row and no clock."""
        return formulas.stored_in_row(self.catalog, field)

    def choice_label(self, field: Field, value: str, language: str) -> str:
        """Return the label of a choice or state in a language."""
        return self.catalog.texts.choice_label(field, value, language)


def _sorted(types: Mapping[str, Type] | None) -> tuple[tuple[str, Type], ...]:
    return tuple(sorted(types.items(), key=lambda one: one[0])) if types else ()


def _frozen(source: Any) -> Any:
    """Return a hashable form of an expression written as text or as a find."""
    if isinstance(source, Mapping):
        return tuple((key, _frozen(value)) for key, value in source.items())
    return tuple(_frozen(value) for value in source) if isinstance(source, list) else source
