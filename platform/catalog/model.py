"""The parts an object and its pages are made of, as plain data; what builds and checks them lives beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formline.errors import Level
from formline.expressions.expression import Expression
from formline.fields.field import Choice, Field


@dataclass(frozen=True, slots=True)
class RecordType:
    """One of several kinds of record in an object: own machines per state field, own choices per choice field."""

    name: str
    label: str
    machines: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    was: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for a record. ``deferred``: reads children or rollups, so it runs at the end of the unit.

    ``message`` is text with expressions in it: its literal pieces and :class:`Expression` values in order.
    """

    name: str
    when: Expression | None
    check: Expression
    message: tuple[str | Expression, ...]
    field: str
    level: Level
    deferred: bool


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields whose values no two live records share, where ``where``; ``during``: no overlapping periods."""

    fields: tuple[str, ...]
    where: Expression | None
    during: tuple[str, str] | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """A declared database index over rows where ``where`` (None: all)."""

    fields: tuple[str, ...]
    where: Expression | None = None
    descending: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """A lookup, parent, user or department field of ``object`` that points here; ``reverse`` is "" where unnamed.

    ``many`` marks a many-to-many field, which has no column.
    """

    object: str
    field: str
    reverse: str
    on_delete: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class RollupFeed:
    """A rollup of another object that rows of this one feed. Parents are locked by ``rank``, then by id.

    ``of_field`` is None for a plain count; rank 1 reads no other rollup; ``where`` is over the row of this object.
    """

    parent_object: str
    rollup: Field
    link_field: str
    of_field: str | None
    aggregate: str
    where: Expression | None
    rank: int

    @property
    def rollup_field(self) -> str:
        """The name of the rollup."""
        return self.rollup.name


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A shared list of choices; values of a list with ``parent`` values depend on another list."""

    name: str
    label: str
    choices: Mapping[str, Choice]
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with more than its path: another heading, a total below (``sum avg min max count``)."""

    path: str
    label: str = ""
    total: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of a form: rows of field names, or ``table``: children edited in the form, with columns."""

    name: str
    label: str
    rows: tuple[tuple[str, ...], ...] = ()
    table: str = ""
    columns: tuple[str, ...] = ()
    visible: Expression | bool = True
    collapsed: bool = False
    sort: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDisplay:
    """What a layout changes of a field, for display only: it may hide or tighten. None leaves the object's word."""

    label: str = ""
    help: str = ""
    visible: Expression | bool | None = None
    required: Expression | bool | None = None
    read_only: Expression | bool | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Children listed on the record page: the reverse name and the columns shown."""

    list: str
    label: str
    columns: tuple[str, ...] = ()
    where: Expression | None = None
    sort: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a layout or list view is for; empty means everybody."""

    record_types: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    app: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """Cards grouped by a choice or state field; ``total`` is a field added up per column."""

    group_by: str
    card: tuple[str, ...] = ()
    total: str = ""
    sort: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarView:
    """Records on a calendar from the date ``start``, up to ``end`` where given; ``color`` is a choice or state."""

    start: str
    end: str = ""
    title: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Children told on a record's timeline: the reverse name, their fields for text, kind, time and what is next."""

    list: str
    text: str
    kind: str = ""
    at: str = "created_at"
    next: str = ""


@dataclass(frozen=True, slots=True)
class Ties:
    """Children of a child that tie it to another: the reverse name, their lookup to the other, what ties them."""

    list: str
    to: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ChildMap:
    """Children drawn with who stands above whom: the reverse name, and their fields for what a box shows."""

    list: str
    above: str
    note: str = ""
    marks: tuple[str, ...] = ()
    color: str = ""
    ties: Ties | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Records of a day in the order they are gone to; ``place`` is the path of a geolocation."""

    day: str
    order: str
    place: str
    at: str = ""
    color: str = ""
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How one record of an object is shown; ``generated`` where the definitions have none."""

    name: str
    object: str
    audience: Audience
    form: tuple[Section, ...]
    highlights: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    fields: Mapping[str, FieldDisplay] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    filters: tuple[str, ...] = ()
    board: Board | None = None
    calendar: CalendarView | None = None
    timeline: Timeline | None = None
    map: ChildMap | None = None
    route: Route | None = None
    generated: bool = False

    @property
    def hidden(self) -> frozenset[str]:
        """Fields that the layout never shows."""
        return frozenset(name for name, display in self.fields.items() if display.visible is False)

    @property
    def read_only(self) -> frozenset[str]:
        """Fields that the layout always shows read-only."""
        return frozenset(name for name, display in self.fields.items() if display.read_only is True)


@dataclass(frozen=True, slots=True)
class ListView:
    """A declared list of records: columns, filter, order. Its sort is a declared shape with an index.

    ``sort`` is (path, descending) in order.
    """

    name: str
    label: str
    object: str
    audience: Audience
    columns: tuple[str, ...]
    where: Expression | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    filters: tuple[str, ...] = ()
    group_by: str = ""
    details: Mapping[str, Column] = field(default_factory=dict)
    generated: bool = False


@dataclass(frozen=True, slots=True)
class AppItem:
    """An entry of the navigation: an object, list view or page; ``items`` where it is a group."""

    kind: str
    name: str
    label: str = ""
    icon: str = ""
    items: tuple[AppItem, ...] = ()


@dataclass(frozen=True, slots=True)
class App:
    """A navigation for a group of people."""

    name: str
    label: str
    icon: str
    items: tuple[AppItem, ...]
    home: str = ""
    audience: str = "internal"
    account: str = ""
    #: Entries that a phone shows in its bottom bar: the first two that a person may open.
    bottom: tuple[AppItem, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldRight:
    """What a role may do with a field: ``hidden, masked, read, edit``, or by relation to the record.

    With ``scope`` the right is ``access`` where the scope holds and ``otherwise`` elsewhere.
    """

    access: str
    scope: str | Expression = ""
    otherwise: str = ""
    #: Whether a masked value can be looked up whole.
    match: bool = False


@dataclass(frozen=True, slots=True)
class ObjectRights:
    """Rights of a role on an object. A scope is a word such as ``own`` or ``all``, or an expression."""

    object: str
    create: bool = False
    read: str | Expression = "none"
    update: str | Expression = "none"
    delete: str | Expression = "none"
    export: str | Expression = "none"
    import_: bool = False
    import_history: bool = False
    transfer: str | Expression = "none"
    set_state: bool = False
    actions: tuple[str, ...] = ()
    fields: Mapping[str, FieldRight] = field(default_factory=dict)


#: In ``grants``: every role that administers nothing.
BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of rights; ``includes`` are roles whose rights it has too.

    ``grants`` holds :data:`BUSINESS` for every role without rights of administration.
    """

    name: str
    label: str
    includes: tuple[str, ...]
    objects: Mapping[str, ObjectRights]
    apps: tuple[str, ...]
    admin_rights: frozenset[str]
    audience: str = "internal"
    #: Roles its holders give and take although they hold less, and roles nobody has beside this one.
    grants: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mapping_:  # the kind is called mapping; the plain word is the standard library's
    """An import mapping. ``columns`` is target field to the source as written (a heading, or a map)."""

    name: str
    label: str
    object: str
    columns: Mapping[str, str | Mapping[str, Any]]
    source: Mapping[str, Any]
    key: tuple[str, ...] = ()
    mode: str = "upsert"
    where: str = ""
    set_state: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """Rows shipped with definitions, by object and key; ``match`` are the fields that recognise a row, by object."""

    name: str
    label: str
    records: Mapping[str, Mapping[str, Mapping[str, Any]]]
    match: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Translations:
    """Texts of one language for one kind: ``{name: {key path: text}}``."""

    language: str
    kind: str
    texts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """A set of definitions with a version and settings (name to declared type and default)."""

    name: str
    label: str
    version: str
    requires: Mapping[str, str]
    settings: Mapping[str, Mapping[str, Any]]
