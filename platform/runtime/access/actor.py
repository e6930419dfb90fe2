"""Who acts: a person, an integration, a guest or the system, with the sets of ids their scopes need.

Loading one from the database lives in :mod:`formline.runtime.access.loading`; what they may do in ``rights``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

_NO_VALUES: Mapping[str, Any] = MappingProxyType({})


class ActorKind(StrEnum):
    """What kind of party acts."""

    USER = "user"
    INTEGRATION = "integration"  # cannot sign in; has roles and tokens
    GUEST = "guest"  # a public page
    SYSTEM = "system"  # the platform itself: sees and does all


@dataclass(frozen=True, slots=True)
class Reach:
    """Ids around a person that scopes compare with; each set contains the person's own.

    ``reports``: the person and everybody below in the reporting line. ``departments``: the person's department and
    all below it. ``accounts``: the account of an external person and all below it. ``principals``: texts
    by which a share may name this person (their id, department, groups, roles); ``departments_above``: the person's
    department and those above, as texts, for shares with a department and all below.
    """

    reports: tuple[UUID, ...] = ()
    departments: tuple[UUID, ...] = ()
    accounts: tuple[UUID, ...] = ()
    account: tuple[UUID, ...] = ()
    principals: tuple[str, ...] = ()
    departments_above: tuple[str, ...] = ()

    def values(self) -> Mapping[str, Any]:
        """Return the sets by name, as statements ask for them under the root ``reach``."""
        return {name: getattr(self, name) for name in Reach.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """One acting party as of one moment; immutable, replaced when an epoch moves.

    ``user``: values of the user record by field name, many-to-many fields included. ``epochs``: (user epoch, rights
    epoch) it was loaded at. ``shared``: ids of the objects of which records are shared with the person.
    ``scopes``: what a token leaves of the person's rights, such as ``customer:read``; None where nothing narrows them.
    ``form``: the web form that is all a guest may do.
    """

    kind: ActorKind
    user_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    user: Mapping[str, Any] = field(default_factory=lambda: _NO_VALUES)
    reach: Reach = field(default_factory=Reach)
    shared: frozenset[int] = frozenset()
    epochs: tuple[int, int] = (0, 0)
    scopes: frozenset[str] | None = None
    form: str = ""

    @staticmethod
    def system() -> Actor:
        """Return the platform itself: no rights are asked for what it does."""
        return _SYSTEM

    @staticmethod
    def guest(roles: frozenset[str] = frozenset()) -> Actor:
        """Return a visitor of a public page; sees only what its roles list."""
        return Actor(ActorKind.GUEST, roles=roles)

    @staticmethod
    def sender(form: str) -> Actor:
        """Return who sends a web form, by page or mail: may write what the form lists, and read nothing."""
        return Actor(ActorKind.GUEST, form=form)

    @property
    def is_system(self) -> bool:
        """Whether rights are not asked."""
        return self.kind is ActorKind.SYSTEM

    @property
    def key(self) -> str:
        """A text that differs between actors: cursors and caches are bound to it."""
        return f"{self.kind}:{self.user_id}"


_SYSTEM = Actor(ActorKind.SYSTEM)
