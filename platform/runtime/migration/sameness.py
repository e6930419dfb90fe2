"""Whether a field's stored values stay right from one catalog to the next, or must be made anew; pure, no database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from formline.catalog.catalog import Catalog
from formline.catalog.objects import Object
from formline.fields.field import Field
from formline.runtime.physical import storage_name

#: Kinds whose change may rename values in any object's rows.
_SHARED_KINDS = ("choice_list", "state_machine", "package")


class Sameness:
    """Compares two catalogs; ``old`` is None before the first release."""

    def __init__(self, old: Catalog | None, new: Catalog) -> None:
        """Keep both."""
        self.old = old
        self.new = new

    def untouched(self, name: str) -> bool:
        """Whether an object's rows need no look at all: its definition, and all shared values, are as they were."""
        return self._shared_same and name not in self._touched

    @cached_property
    def _shared_same(self) -> bool:
        if self.old is None:
            return False
        return all(_data(self.old, kind) == _data(self.new, kind) for kind in _SHARED_KINDS)

    @cached_property
    def _touched(self) -> frozenset[str]:
        """Objects whose definition changed, and those with rollups over them."""
        before = _data(self.old, "object") if self.old else {}
        changed = {name for name, data in _data(self.new, "object").items() if before.get(name) != data}
        parents = {feed.parent_object for name in changed for feed in self.new.object(name).feeds}
        return frozenset(changed | parents)

    def computed(self, field: Field) -> bool:
        """Whether a new field's value follows from rows that exist: a stored formula, a rollup, a conversion."""
        return field.expression is not None or field.rollup is not None or bool(field.params.get("convert_from"))

    def rebuilt(self, new: Object, old_name: str, sources: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
        """Return the fields of ``new`` that need new columns: retyped, merged, converted, or computed differently."""
        if self.old is None:
            return frozenset()
        old = self.old.object(old_name)
        rebuilt = {
            name
            for name, field in new.fields.items()
            if sources[name] and self._differs(field, [old.fields[source] for source in sources[name]])
        }
        for formula in new.formulas:
            before = old.fields[sources[formula.name][0]] if sources[formula.name] else None
            if before is not None and self._computed_differently(formula, before, rebuilt, sources):
                rebuilt.add(formula.name)
        return frozenset(rebuilt)

    def _differs(self, field: Field, before: list[Field]) -> bool:
        if not field.parts:
            return False
        main = before[0]
        if main.type.sealed != field.type.sealed:
            return True
        if len(before) > 1 or not main.parts or storage_name(main.parts[0].type) != storage_name(field.parts[0].type):
            return True
        if field.rollup is not None or main.rollup is not None:
            return _rollup_words(field) != _rollup_words(main)
        # A choice that is gone stays in the rows as it is, so only renamed ones need new values.
        return any(value_after(main, field, name) not in (None, name) for name in main.choices)

    def _computed_differently(
        self, formula: Field, before: Field, rebuilt: set[str], sources: Mapping[str, tuple[str, ...]]
    ) -> bool:
        if formula.expression is None or before.expression is None:
            return True
        former = {name: each[0] if each else "" for name, each in sources.items()}
        reads = {path[0] for path in formula.expression.dependencies}
        moved = {former.get(name, name) for name in reads} != {path[0] for path in before.expression.dependencies}
        return bool(reads & rebuilt) or moved or self._reads_other_settings(formula, before)

    def _reads_other_settings(self, formula: Field, before: Field) -> bool:
        source = str(formula.params.get("expression"))
        if source != str(before.params.get("expression")):
            return True
        return "setting." in source and self.old is not None and self.old.settings != self.new.settings


def value_after(before: Field, after: Field, value: str) -> str | None:
    """Return what a choice of ``before`` is called in ``after``, renamed either way; None where it is gone."""
    if value in after.choices:
        return value
    heir = next((name for name, choice in after.choices.items() if value in choice.was), None)
    if heir is not None:
        return heir
    own = before.choices.get(value)
    return next((name for name in own.was if name in after.choices), None) if own else None


def _rollup_words(field: Field) -> tuple[object, ...]:
    return tuple(str(field.params.get(name)) for name in ("type", "of", "aggregate", "where"))


def _data(catalog: Catalog, kind: str) -> dict[str, object]:
    return {name: catalog.source(kind, name).data for name in catalog.names(kind)}
