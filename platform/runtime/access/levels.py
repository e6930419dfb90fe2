"""The words of rights: rights on objects, record scopes, levels of fields, administration rights; no evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from formline.expressions.expression import Expression

Level = Literal["hidden", "masked", "read", "edit"]
LEVELS: Final[tuple[Level, ...]] = ("hidden", "masked", "read", "edit")
RANK: Final[dict[str, int]] = {level: rank for rank, level in enumerate(LEVELS)}

#: Record scopes with a name, from narrow to wide within one hierarchy.
NAMED_SCOPES: Final = (
    "own",
    "own_and_reports",
    "team",
    "own_and_team",
    "department",
    "department_and_below",
    "company",
    "account",
    "account_and_below",
    "all",
)

#: A record scope: one of :data:`NAMED_SCOPES`, or a condition over the record and ``user``.
Scope = str | Expression

#: Rights on objects whose value is a scope.
SCOPED_RIGHTS: Final = ("read", "update", "delete", "export", "transfer")
#: Rights on objects that one has or has not.
PLAIN_RIGHTS: Final = ("create", "import", "import_history", "set_state")

ADMINISTRATION: Final = (
    "manage_users",
    "manage_access",
    "manage_definitions",
    "manage_integrations",
    "read_audit",
    "manage_data",
)


def higher(left: Level, right: Level) -> Level:
    """Return the level that allows more."""
    return left if RANK[left] >= RANK[right] else right


def union(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return the alternatives without those that another contains, in an order that does not depend on theirs.

    The shape of a statement depends on what is left, so equal rights share their statements.
    """
    found = {scope for scope in scopes if scope != "none"}
    names = {scope for scope in found if isinstance(scope, str)}
    if "all" in names:
        return ("all",)
    kept = sorted(name for name in names if not (_WIDER.get(name, frozenset()) & names))
    written = {scope.source: scope for scope in found if isinstance(scope, Expression)}
    return (*kept, *(written[source] for source in sorted(written)))


_WIDER: Final[dict[str, frozenset[str]]] = {
    "own": frozenset({"own_and_reports", "own_and_team", "team", "all"}),
    "own_and_reports": frozenset({"all"}),
    "team": frozenset({"own_and_team", "all"}),
    "own_and_team": frozenset({"all"}),
    "department": frozenset({"department_and_below", "all"}),
    "department_and_below": frozenset({"all"}),
    "company": frozenset({"all"}),
    "account": frozenset({"account_and_below", "all"}),
    "account_and_below": frozenset({"all"}),
}
