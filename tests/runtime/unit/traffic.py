"""Generated work of one clerk: seeded, so that a failure can be played again. Also run as a process of its own."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from formline.errors import FormlineError, NotFoundError, ValidationError
from formline.runtime.site import Site
from formline.runtime.unit import Change, Unit
from tests.fixtures.sites import settings_for
from tests.runtime.unit.shop import add, create, rows, write


def prepare_records(site: Site) -> None:
    """Make few records, so that clerks meet."""
    customers = create(site, "customer", *({"name": f"Customer {n}", "level": "a"} for n in range(3)))
    for number in range(4):
        nested = [{"amount": 10, "due_on": "2026-01-01"}, {"amount": 20}]
        add(site, "contract", name=f"K{number}", customer=customers[number % 3], amount=1000, instalments=nested)
    for number in range(2):
        add(site, "member", name=f"M{number}")
        add(site, "receipt", amount=100)
        add(site, "bill", amount=100)


class Clerk:
    """One person working on a site; ``outcomes`` counts what happened."""

    def __init__(self, site: Site, seed: int) -> None:
        """Learn which records there are."""
        self.site = site
        self.random = random.Random(seed)  # noqa: S311 - work to do again, no secret
        self.outcomes: Counter[str] = Counter()
        self.deletions: list[UUID] = []
        self.actions: list[Callable[[], Any]] = [
            self.plan, self.plan, self.replan, self.replan, self.move_instalment, self.amend, self.hand_over,
            self.drop_instalment, self.drop_contract, self.restore, self.sign, self.form, self.earn, self.spend,
            self.spend, self.allocate, self.allocate, self.new_contract,
        ]  # fmt: skip

    def work(self, count: int) -> None:
        """Do ``count`` things; what a person may be told is counted, anything else is raised."""
        for _ in range(count):
            action = self.random.choice(self.actions)
            try:
                action()
                self.outcomes["done"] += 1
            except (ValidationError, NotFoundError) as error:
                self.outcomes[error.code] += 1
            except FormlineError as error:
                self.outcomes[f"{action.__name__}: {error.code}"] += 1

    def some(self, name: str, count: int = 1) -> list[UUID]:
        """Return ids of some records in any order."""
        keys = list(rows(self.site, name))
        if len(keys) < count:
            raise NotFoundError
        return self.random.sample(keys, count)

    def unit(self, work: Callable[[Unit], Any]) -> Any:
        """Run a unit with warnings accepted."""
        return write(self.site, work, confirm=True)

    def day(self) -> date | None:
        return self.random.choice([None, date(2026, self.random.randint(1, 12), 1)])

    def plan(self) -> None:
        """Add instalments to several contracts at once."""
        targets = self.some("contract", self.random.randint(1, 3))
        new = [{"contract": key, "amount": self.random.randint(1, 90), "due_on": self.day()} for key in targets]
        self.unit(lambda unit: unit.create("instalment", new))

    def replan(self) -> None:
        """Change several instalments."""
        keys = self.some("instalment", self.random.randint(1, 4))
        changes = [Change(key, {"amount": self.random.randint(1, 90), "due_on": self.day()}) for key in keys]
        self.unit(lambda unit: unit.update("instalment", changes))

    def move_instalment(self) -> None:
        """Give instalments another contract."""
        keys = self.some("instalment", 2)
        target = self.some("contract")[0]
        self.unit(lambda unit: unit.update("instalment", [Change(key, {"contract": target}) for key in keys]))

    def amend(self) -> None:
        """Change amounts of contracts."""
        changes = [Change(key, {"amount": self.random.randint(60, 1500)}) for key in self.some("contract", 2)]
        self.unit(lambda unit: unit.update("contract", changes))

    def hand_over(self) -> None:
        """Give contracts another customer, or none."""
        target = self.random.choice([None, *self.some("customer")])
        changes = [Change(key, {"customer": target}) for key in self.some("contract", 2)]
        self.unit(lambda unit: unit.update("contract", changes))

    def drop_instalment(self) -> None:
        """Delete an instalment."""
        keys = self.some("instalment", 1)
        self.deletions.append(self.unit(lambda unit: unit.delete("instalment", keys)).deletion_id)

    def drop_contract(self) -> None:
        """Delete a contract with its instalments."""
        keys = self.some("contract", 1)
        self.deletions.append(self.unit(lambda unit: unit.delete("contract", keys)).deletion_id)

    def restore(self) -> None:
        """Bring back one's last deletion."""
        if self.deletions:
            last = self.deletions.pop()
            self.unit(lambda unit: unit.restore(last))

    def sign(self) -> None:
        """Take a contract to the next state."""
        keys = self.some("contract", 1)
        self.unit(lambda unit: unit.transition("contract", keys, "sign"))

    def form(self) -> None:
        """Save a contract's form: itself, one of its instalments, a new one."""
        key = self.some("contract")[0]
        own = [each for each, record in rows(self.site, "instalment").items() if record["contract"] == key]
        nested: list[dict[str, Any]] = [{"amount": self.random.randint(1, 50)}]
        nested += [{"id": each, "amount": self.random.randint(1, 50)} for each in own[:1]]
        self.unit(
            lambda unit: unit.update(
                "contract", [Change(key, {"instalments": nested, "note": str(self.random.random())})]
            )
        )

    def new_contract(self) -> None:
        """Create a contract with instalments."""
        row = {"name": f"N{self.random.randint(0, 5)}", "amount": 100, "customer": self.some("customer")[0]}
        nested = [{"amount": self.random.randint(1, 40)} for _ in range(self.random.randint(0, 3))]
        self.unit(lambda unit: unit.create("contract", [{**row, "instalments": nested}]))

    def earn(self) -> None:
        """Give points to two members."""
        new = [{"member": key, "points": self.random.randint(1, 9)} for key in self.some("member", 2)]
        self.unit(lambda unit: unit.create("points", new))

    def spend(self) -> None:
        """Take points, possibly more than there are."""
        key = self.some("member")[0]
        self.unit(lambda unit: unit.create("points", [{"member": key, "points": -self.random.randint(1, 9)}]))

    def allocate(self) -> None:
        """Write receipts off against bills, possibly more than is left."""
        new = [
            {"receipt": self.some("receipt")[0], "bill": self.some("bill")[0], "amount": self.random.randint(1, 9)}
            for _ in range(2)
        ]
        self.unit(lambda unit: unit.create("allocation", new))


if __name__ == "__main__":
    url, folder, seed, count = sys.argv[1:]
    opened = Site.open(settings_for(url, Path(folder)))
    try:
        clerk = Clerk(opened, int(seed))
        clerk.work(int(count))
        print(dict(clerk.outcomes))
    finally:
        opened.close()
