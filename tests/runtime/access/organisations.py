"""Random organisations for hypothesis, and the naive oracle that says who may read what in them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from formline.runtime.access.shares import Share

Record = dict[str, Any]
LINES = ("steel", "wood", "glass")
SCOPES: Mapping[str, str] = {
    "own": "own",
    "own_and_reports": "own_and_reports",
    "team": "team",
    "department": "department",
    "department_and_below": "department_and_below",
    "company": "company",
    "account": "account",
    "account_and_below": "account_and_below",
    "matrix": "within(region, user.regions) and line in user.lines",
    "colleague": "owner.department == user.department",
    "deep": "parent.owner == user or parent.parent.owner == user",
    "has_line": "any(lines, amount > 5)",
    "regional": "within(region, parent.region)",
    "tagged": "within(region, tags)",
    "busy": "count(contacts) >= 2",
    "not_blocked": "not blocked",
    "all": "all",
}


def role_definitions() -> str:
    """Return one role per scope, which reads customers by it and updates them by it where ``edit_`` is before."""
    roles = []
    for name, scope in SCOPES.items():
        roles.append(
            f"kind: role\nname: read_{name}\nlabel: R\nobjects:\n"
            f"  customer: {{read: '{scope}'}}\n  contact: {{read: all}}"
        )
        roles.append(f"kind: role\nname: edit_{name}\nlabel: E\nobjects:\n  customer: {{update: '{scope}'}}")
    return "\n---\n".join(roles)


@dataclass
class Organisation:
    """Records by object and id, and who is in which record's team or has a share of it."""

    records: dict[str, dict[UUID, Record]] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)

    def all(self, object: str) -> dict[UUID, Record]:
        """Return the records of an object."""
        return self.records.setdefault(object, {})

    def below(self, object: str, parent: str, start: UUID | None) -> set[UUID]:
        """Return ``start`` and everything below it, by asking everybody again and again."""
        found = {start} if start else set()
        while True:
            more = {key for key, record in self.all(object).items() if record.get(parent) in found} - found
            if not more:
                return found  # type: ignore[return-value]
            found |= more


def organisation(seed: int) -> Organisation:
    """Make an organisation: cycles in its trees, missing owners and departments, and shares included."""
    dice = random.Random(seed)  # noqa: S311  # made-up data
    org = Organisation()

    def pick(choices: Sequence[Any]) -> Any:
        return None if dice.random() < 0.2 else dice.choice(choices)

    def keys(least: int, most: int) -> list[UUID]:
        return [UUID(int=dice.getrandbits(128)) for _ in range(dice.randint(least, most))]

    def make(object: str, ids: list[UUID], values: Callable[[], Record]) -> list[UUID]:
        records = {key: {"id": key, "name": f"{object} {number}", **values()} for number, key in enumerate(ids)}
        org.records[object] = records
        return ids

    companies = make("company", keys(1, 2), dict)
    departments = keys(1, 5)
    make("department", departments, lambda: {"parent": pick(departments)})
    regions = keys(1, 5)
    make("region", regions, lambda: {"parent": pick(regions)})
    customers, users = keys(1, 12), keys(1, 5)
    make(
        "user",
        users,
        lambda: {
            "department": pick(departments),
            "company": pick(companies),
            "manager": pick(users),
            "account": pick(customers),
            "regions": tuple(sorted({dice.choice(regions) for _ in range(dice.randint(0, 2))})),
            "lines": tuple(name for name in LINES if dice.random() < 0.5),
            "active": True,
        },
    )
    make(
        "customer",
        customers,
        lambda: {
            "owner": pick(users),
            "department": pick(departments),
            "company": pick(companies),
            "region": pick(regions),
            "line": pick(LINES),
            "parent": pick(customers),
            "rank": pick((1, 2, 3)),
            "level": pick("abc"),
            "blocked": pick((True, False)),
            "tags": tuple(sorted({dice.choice(regions) for _ in range(dice.randint(0, 2))})),
        },
    )
    make("contact", keys(0, 8), lambda: {"customer": pick(customers), "owner": pick(users)})
    make("line", keys(0, 6), lambda: {"customer": pick(customers), "amount": pick((1, 9))})
    for _ in range(dice.randint(0, 5)):
        principal = dice.choice(("user", "department", "department_below"))
        named = dice.choice(users if principal == "user" else departments)
        level, cause = dice.choice(("read", "read_write")), dice.choice(("team", "manual"))
        org.shares.append(Share(dice.choice(customers), principal, str(named), level, cause))
    return org


organisations = st.integers(0, 2**32).map(organisation)


class Oracle:
    """Says record by record what a user may do, in plain Python."""

    def __init__(self, org: Organisation, user: Record) -> None:
        """Look at ``org`` with the eyes of ``user``."""
        self.org = org
        self.user = user
        self.departments = org.below("department", "parent", user["department"])
        self.above = {
            key for key in org.all("department") if user["department"] in org.below("department", "parent", key)
        }

    def may(self, names: set[str], customer: Record) -> bool:
        """Return whether one of the named scopes, or a share, covers the customer."""
        return any(getattr(self, name)(customer) for name in names)

    def shared(self, customer: Record, *, write: bool = False, team: bool = False) -> bool:
        """Return whether a share names the user."""
        return any(
            share.record_id == customer["id"]
            and (not write or share.level == "read_write")
            and (not team or share.cause == "team")
            and self._named(share)
            for share in self.org.shares
        )

    def _named(self, share: Share) -> bool:
        if share.principal_kind == "user":
            return share.principal == str(self.user["id"])
        if share.principal_kind == "department":
            return share.principal == str(self.user["department"])
        return share.principal in {str(key) for key in self.above}

    def own(self, customer: Record) -> bool:
        return customer["owner"] == self.user["id"]

    def own_and_reports(self, customer: Record) -> bool:
        return customer["owner"] in self.org.below("user", "manager", self.user["id"])

    def team(self, customer: Record) -> bool:
        return self.own(customer) or self.shared(customer, team=True)

    def department(self, customer: Record) -> bool:
        return customer["department"] is not None and customer["department"] == self.user["department"]

    def department_and_below(self, customer: Record) -> bool:
        return customer["department"] in self.departments

    def company(self, customer: Record) -> bool:
        return customer["company"] is not None and customer["company"] == self.user["company"]

    def account(self, customer: Record) -> bool:
        return customer["id"] == self.user["account"]

    def account_and_below(self, customer: Record) -> bool:
        return customer["id"] in self.org.below("customer", "parent", self.user["account"])

    def matrix(self, customer: Record) -> bool:
        regions = {key for start in self.user["regions"] for key in self.org.below("region", "parent", start)}
        return customer["region"] in regions and customer["line"] in self.user["lines"]

    def colleague(self, customer: Record) -> bool:
        owner = self.org.all("user").get(customer["owner"], {})
        return owner.get("department") == self.user["department"]  # two missing ones are equal: == is null-safe

    def deep(self, customer: Record) -> bool:
        parent = self.org.all("customer").get(customer["parent"], {})
        grandparent = self.org.all("customer").get(parent.get("parent"), {})
        return self.user["id"] in (parent.get("owner"), grandparent.get("owner"))

    def has_line(self, customer: Record) -> bool:
        return any(
            line["customer"] == customer["id"] and (line["amount"] or 0) > 5 for line in self.org.all("line").values()
        )

    def regional(self, customer: Record) -> bool:
        parent = self.org.all("customer").get(customer["parent"], {})
        return customer["region"] in self.org.below("region", "parent", parent.get("region"))

    def tagged(self, customer: Record) -> bool:
        below = {key for start in customer["tags"] for key in self.org.below("region", "parent", start)}
        return customer["region"] in below

    def busy(self, customer: Record) -> bool:
        return sum(contact["customer"] == customer["id"] for contact in self.org.all("contact").values()) >= 2

    def not_blocked(self, customer: Record) -> bool:
        return not customer["blocked"]

    def all(self, customer: Record) -> bool:
        return True
