"""An object with everything compiled from its definition on first use; what it needs of others it asks the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog import formulas, rules
from formline.catalog.links import raw_fields
from formline.catalog.model import Index, Layout, Link, ListView, RecordType, RollupFeed, Rule, Unique
from formline.catalog.system_fields import system_params
from formline.fields.all_types import TYPES
from formline.fields.field import Field, former_names, humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition

#: Types of fields that people read out to each other: the search finds a record by them unless it is told otherwise.
QUOTED = frozenset({"auto_number", "email", "phone"})


@dataclass(frozen=True, eq=False)
class Object:
    """An object of the catalog. ``fields`` has the system fields too, after the declared ones."""

    catalog: Catalog = field(repr=False)
    name: str
    data: Mapping[str, Any] = field(repr=False)
    fields: Mapping[str, Field] = field(repr=False)

    @property
    def label(self) -> str:
        """The label in the base language."""
        return str(self.data.get("label") or humanise(self.name))

    @property
    def plural(self) -> str:
        """What several records are called."""
        return str(self.data.get("plural") or self.label)

    @property
    def icon(self) -> str:
        """A symbol of the icon sprite."""
        return str(self.data.get("icon") or "database")

    @cached_property
    def title(self) -> str:
        """The field that names a record to people; the id where nothing else can."""
        return title_of(self.data)

    @property
    def default_access(self) -> str:
        """``private``, ``read``, ``read_write`` or ``controlled_by_parent``."""
        return str(self.data.get("default_access") or "private")

    @property
    def history(self) -> bool:
        """Whether changes are kept."""
        return self.data.get("history", True) is not False

    @property
    def attachments(self) -> bool:
        """Whether files can be attached to a record as a whole; where nothing is declared, where changes are kept."""
        return bool(self.data.get("attachments", self.history and not self.append_only))

    @property
    def append_only(self) -> bool:
        """Whether records can only be added, as in a ledger."""
        return bool(self.data.get("append_only"))

    @property
    def tree(self) -> str:
        """The self-lookup whose tree ``within`` follows: the declared one, else the only one, else ""."""
        declared = self.data.get("tree")
        if isinstance(declared, str):
            return declared
        own = [f.name for f in self.declared if f.type.name in ("lookup", "parent") and f.to == (self.name,)]
        return own[0] if len(own) == 1 else ""

    @cached_property
    def search(self) -> tuple[str, ...]:
        """Fields the global search finds a record by; where none are declared, the title and what people quote."""
        declared = self.data.get("search")
        if declared is False:
            return ()
        if isinstance(declared, list):
            return tuple(declared)
        return tuple(dict.fromkeys((self.title, *(one.name for one in self.declared if one.type.name in QUOTED))))

    @cached_property
    def declared(self) -> tuple[Field, ...]:
        """The fields of the definition, in order, without the platform's own."""
        return tuple(one for one in self.fields.values() if not one.system)

    @cached_property
    def record_types(self) -> Mapping[str, RecordType]:
        """The kinds of record, empty where there is only one."""
        declared = self.data.get("record_types") or {}
        return MappingProxyType({name: _record_type(name, data or {}) for name, data in declared.items()})

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """What must hold, in order."""
        return rules.rules_of(self)

    @cached_property
    def unique(self) -> tuple[Unique, ...]:
        """Fields of which no two live records share the values."""
        return rules.unique_of(self)

    @cached_property
    def indexes(self) -> tuple[Index, ...]:
        """Declared indexes; unique ones and those of foreign keys come by themselves."""
        own = tuple(Index((one.name,)) for one in self.declared if one.param("index"))
        return own + rules.indexes_of(self)

    @cached_property
    def parent(self) -> str | None:
        """The field of type parent."""
        return next((one.name for one in self.declared if one.type.name == "parent"), None)

    @cached_property
    def formulas(self) -> tuple[Field, ...]:
        """Formulas stored in the row, each after those it reads."""
        return formulas.in_order(self)

    @cached_property
    def read_formulas(self) -> tuple[Field, ...]:
        """Formulas evaluated when a record is read."""
        return tuple(one for one in self._of_type("formula") if not one.stored)

    @cached_property
    def rollups(self) -> tuple[Field, ...]:
        """Rollups over children, lowest rank first."""
        return tuple(sorted(self._of_type("rollup"), key=lambda f: formulas.rank(self.catalog, self.name, f.name)))

    @cached_property
    def mirrors(self) -> tuple[Field, ...]:
        """Fields that show a field of another record."""
        return self._of_type("mirror")

    @cached_property
    def state_fields(self) -> tuple[str, ...]:
        """Names of the state fields."""
        return tuple(one.name for one in self._of_type("state"))

    @cached_property
    def auto_numbers(self) -> tuple[Field, ...]:
        """The fields numbered by the platform."""
        return self._of_type("auto_number")

    def _of_type(self, name: str) -> tuple[Field, ...]:
        return tuple(one for one in self.declared if one.type.name == name)

    @cached_property
    def children(self) -> tuple[Link, ...]:
        """Every declared lookup of any object that points here."""
        return self.catalog.links.incoming(self.name)

    def child(self, reverse: str) -> Link | None:
        """Return the link behind a reverse name, or None."""
        return self.catalog.links.behind(self.name, reverse)

    @cached_property
    def feeds(self) -> tuple[RollupFeed, ...]:
        """Rollups of other objects that rows of this one feed, lowest rank first."""
        return formulas.feeds_of(self)

    def machine_name(self, field: str, record_type: str | None = None) -> str | None:
        """Return which machine moves a state field of records of a type."""
        declared = self.record_types.get(record_type or "")
        return (declared.machines.get(field) if declared else None) or self.fields[field].machine

    @cached_property
    def layouts(self) -> tuple[Layout, ...]:
        """The layouts of this object; a generated one where none is declared."""
        from formline.catalog import pages

        return pages.layouts_of(self)

    @cached_property
    def list_views(self) -> tuple[ListView, ...]:
        """The list views of this object; a generated one where none is declared."""
        from formline.catalog import pages

        return pages.list_views_of(self)

    @property
    def was(self) -> tuple[str, ...]:
        """Former names."""
        return former_names(self.data)


def title_of(data: Mapping[str, Any]) -> str:
    """Return the declared title, else ``name``, else the first required text, else ``id``."""
    declared = data.get("title")
    fields = dict(raw_fields(data))
    if isinstance(declared, str) and declared in fields:
        return declared
    if "name" in fields:
        return "name"
    texts = (n for n, p in fields.items() if p.get("type") == "text" and p.get("required") is True)
    numbers = (n for n, p in fields.items() if p.get("type") == "auto_number")
    return next(texts, None) or next(numbers, None) or "id"


def build_object(catalog: Catalog, definition: Definition) -> Object:
    """Make an object; fields of unknown types are left out, the check reports them."""
    data = definition.data
    title = title_of(data)
    declared = {
        name: Field(definition.name, name, TYPES[params["type"]], params, catalog.compiler, title=name == title)
        for name, params in raw_fields(data)
        if isinstance(params.get("type"), str) and params["type"] in TYPES
    }
    stamps = {
        name: Field(definition.name, name, TYPES[params["type"]], params, catalog.compiler, system=True)
        for name, params in system_params(
            definition.name, bool(data.get("record_types")), _is_guarded(catalog, definition.name)
        ).items()
        if name not in declared
    }
    return Object(catalog, definition.name, data, MappingProxyType({**declared, **stamps}))


def _is_guarded(catalog: Catalog, name: str) -> bool:
    approvals = (one for (kind, _), one in catalog.definitions.items() if kind == "approval")
    return any(one.data.get("object") == name for one in approvals)


def _record_type(name: str, data: Mapping[str, Any]) -> RecordType:
    return RecordType(
        name,
        str(data.get("label") or humanise(name)),
        MappingProxyType(dict(data.get("machines") or {})),
        MappingProxyType({name: tuple(codes) for name, codes in (data.get("choices") or {}).items()}),
        former_names(data),
    )
