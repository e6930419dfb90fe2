"""How expressions see a catalog's names: fields, other sides of lookups, settings. Nothing is compiled here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog import formulas
from formline.expressions.scope import Member
from formline.expressions.types import BOOLEAN, DATE, INTEGER, NUMBER, TEXT, Type, refs

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.fields.field import Field

#: Types a package setting may have.
SETTING_TYPES: Mapping[str, Type] = MappingProxyType(
    {
        "integer": INTEGER,
        "decimal": NUMBER,
        "percent": NUMBER,
        "money": NUMBER,
        "text": TEXT,
        "boolean": BOOLEAN,
        "date": DATE,
    }
)
#: Fields by which people name a record in a definition, in order of preference.
_KEY_FIELDS = ("code", "login", "key")


class CatalogScope:
    """The names of one catalog; implements :class:`formline.expressions.scope.Scope`."""

    def __init__(self, catalog: Catalog) -> None:
        """Keep the catalog; members are made on first use."""
        self._catalog = catalog
        self._members: dict[tuple[str, str], Member | None] = {}

    @property
    def input(self) -> Mapping[str, Type]:
        """No questions, except where a button asks."""
        return {}

    def field(self, object: str, name: str) -> Member | None:
        """Return what ``name`` is on ``object``, system fields and other sides included; None when unknown."""
        key = (object, name)
        if key not in self._members:
            self._members[key] = self._member(object, name)
        return self._members[key]

    def names(self, object: str) -> Iterable[str]:
        """Return every name of ``object``."""
        found = self._catalog.objects.get(object)
        return (*found.fields, *self._catalog.links.reverses(object)) if found else ()

    def setting(self, name: str) -> tuple[Type, Any] | None:
        """Return type and value of the package setting ``name``."""
        declared = self._catalog.setting_declarations.get(name)
        if declared is None:
            return None
        return SETTING_TYPES.get(str(declared.get("type")), TEXT), self._catalog.settings[name]

    def natural_key(self, object: str) -> str | None:
        """Return the text field by which definitions name records of ``object``, or None."""
        found = self._catalog.objects.get(object)
        if found is None:
            return None
        unique = [f.name for f in found.declared if f.unique and f.type.name == "text"]
        preferred = [name for name in _KEY_FIELDS if name in unique]
        title = [found.title] if found.fields[found.title].type.name == "text" else []
        return next(iter([*preferred, *unique, *title]), None)

    def _member(self, object: str, name: str) -> Member | None:
        found = self._catalog.objects.get(object)
        if found is None:
            return None
        if name in found.fields:
            return self._field_member(found.fields[name])
        link = self._catalog.links.behind(object, name)
        if link is None:
            return None
        return Member(name, refs(link.object), (link.object,), (link.object, link.field), stored=False)

    def _field_member(self, field: Field) -> Member:
        rate_date = field.params.get("rate_date")
        return Member(
            field.name,
            field.value_type,
            field.to,
            None,
            formulas.is_stored(self._catalog, field),
            rate_date if isinstance(rate_date, str) else None,
            formulas.volatile(self._catalog, field),
        )


class AskingScope(CatalogScope):
    """The names of a catalog where a button asks for something."""

    def __init__(self, catalog: Catalog, inputs: Mapping[str, Type]) -> None:
        """``inputs``: the types of what is asked for."""
        super().__init__(catalog)
        self._inputs = inputs

    @property
    def input(self) -> Mapping[str, Type]:
        """What is asked for."""
        return self._inputs
