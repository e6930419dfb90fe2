"""Scripts that choose people: approvers, who is told, who gets shares; outside the transaction, saying why nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from formline.errors import ValidationError
from formline.runtime import jobs
from formline.runtime.access import rule_job as rule_job  # registers its handler
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.access.permitted import permitted
from formline.runtime.keys import uuid7
from formline.runtime.tables import approval, approval_task, assignment_log, script_run, share
from formline.runtime.unit import Change, Unit, run_unit
from formline.workflow.approvals.explaining import why_asked
from formline.workflow.approvals.previewing import preview
from formline.workflow.approvals.storage import load_case
from formline.workflow.scripts import sharing as script_sharing
from formline.workflow.scripts.trying import try_script
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import publish

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

OBJECTS = """
kind: object
name: sale
title: name
fields:
  name: {type: text}
  area: {type: text}
  amount: {type: decimal, scale: 2}
  stage: {type: state, machine: sale_stage}
---
kind: object
name: duty
title: name
fields: {name: {type: text}, area: {type: text}, person: {type: user}}
---
kind: state_machine
name: sale_stage
object: sale
initial: open
states: {open: {label: Open}, won: {label: Won, final: true}}
transitions: {win: {from: open, to: won}}
---
kind: role
name: seller
objects: {sale: {create: true, read: own, update: own, actions: [win]}}
---
kind: role
name: keeper
objects: {sale: {read: own}}
admin: [manage_definitions]
---
kind: script
name: responsible
object: sale
runs: people
inputs: {limit: 1000}
source: |
  if record.name == "broken":
      fail("No table for " + record.name + ".")
  if record.name == "slow":
      while True:
          pass
  found = [one.person for one in find("duty", {"area": record.area})]
  if record.name == "numbers":
      found = [1, 2]
  log(len(found), user.login)
  result = found
"""
APPROVAL = """
kind: approval
name: sale_approval
object: sale
guards: {transition: win}
steps: [{approve: duty, approvers: {script: responsible}}, {cc: told, to: {script: responsible}}]
"""
STRICT = APPROVAL.replace("{script: responsible}}, {cc", "{script: responsible}, when_empty: fail_submit}, {cc")
RULE = """
kind: sharing_rule
name: of_the_area
object: sale
where: amount > 10
to: [{script: responsible}]
"""
ASSIGNING = """
kind: assignment_rule
name: by_script
object: sale
on_create: true
rules: {found: {assign: {script: responsible}}}
"""


class Market:
    """A site with people and their duties."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ids = {name: self.person(name) for name in ("ann", "bob", "cid")}
        self.keeper = self.person("kim", "keeper")
        for area, name in (("north", "ann"), ("north", "bob"), ("south", "cid")):
            self.write("duty", name=f"{name} {area}", area=area, person=self.ids[name])

    def person(self, name: str, role: str = "seller") -> UUID:
        return self.write("user", name=name, login=name, roles=[role], active=True)

    def write(self, object: str, by: UUID | None = None, **values: Any) -> UUID:
        return run_unit(self.site, self.actor(by), lambda unit: unit.create(object, [values]), confirm=True)[0]

    def change(self, object: str, key: UUID, **values: Any) -> None:
        run_unit(self.site, Actor.system(), lambda unit: unit.update(object, [Change(key, values)]))

    def actor(self, key: UUID | None) -> Actor:
        if key is None:
            return Actor.system()
        with self.site.reading() as connection:
            return load_actor(connection, self.site.release, key)

    def names(self, ids: Any) -> list[str]:
        known = {str(key): name for name, key in {**self.ids, "kim": self.keeper}.items()}
        return sorted(known[str(one)] for one in ids)

    def rows(self, statement: Any) -> list[Any]:
        with self.site.reading() as connection:
            return list(connection.execute(statement).all())

    def win(self, *keys: UUID) -> None:
        seller = self.actor(self.ids["cid"])
        run_unit(self.site, seller, lambda unit: unit.transition("sale", list(keys), "win"), confirm=True)

    def asked(self, key: UUID) -> list[str]:
        c = approval_task.c
        wanted = select(c.person_id).join(approval, approval.c.id == c.approval_id)
        return self.names(row[0] for row in self.rows(wanted.where(approval.c.record_id == key, c.state == "open")))

    def work(self) -> list[str]:
        """Run every waiting job; return their kinds."""
        done, holder = [], uuid7()
        while True:
            with self.site.writing() as connection:
                claimed = jobs.claim(connection, holder, datetime.now(UTC))
            if not claimed:
                return done
            jobs.run(self.site, claimed[0], holder)
            with self.site.reading() as connection:
                state = jobs.get(connection, claimed[0].id)
            assert state is not None
            assert state.state == "done", state
            done.append(claimed[0].kind)

    def readers(self, key: UUID) -> list[str]:
        with self.site.reading() as connection:
            return [
                name
                for name, person in self.ids.items()
                if key in permitted(connection, self.site.release, self.actor(person), "sale", [key], "read")
            ]


@pytest.fixture
def market(make_site: MakeSite, database_url: str) -> Callable[..., Market]:
    """Return ``market(*definitions)``: a site with the script and these."""
    return lambda *texts: Market(make_site([*ORGANISATION.values(), OBJECTS, *texts], database_url))


def test_a_script_chooses_who_decides_and_the_log_keeps_its_answer(market: Callable[..., Market]) -> None:
    here = market(APPROVAL)
    seller = here.ids["cid"]
    north = here.write("sale", seller, name="A", area="north")
    south = here.write("sale", seller, name="B", area="south")
    here.win(north, south)
    assert here.asked(north) == ["ann", "bob"]
    assert here.asked(south) == ["kim"]  # who submits it decides nothing, and has no manager
    (key,) = here.rows(select(approval.c.id).where(approval.c.record_id == north))[0]
    with here.site.reading() as connection:
        case = load_case(connection, here.site.release, key)
    assert case is not None
    ballot = next(one.id for run in case.state.runs.values() for one in run.ballots)
    assert [one.values for one in why_asked(case, ballot) if one.code == "chosen"] == [
        {"selector": "script: responsible"}
    ]
    noted = here.rows(select(script_run.c.state, script_run.c.calls, script_run.c.log))
    assert [row.state for row in noted] == ["done", "done"]
    assert noted[0].log[0].endswith(" cid")


def test_changed_duties_change_nothing_that_was_asked(market: Callable[..., Market]) -> None:
    """The answer is evidence: replaying the log asks nobody again."""
    here = market(APPROVAL)
    key = here.write("sale", here.ids["cid"], name="A", area="north")
    here.win(key)
    for row in here.rows(select(here.site.release.model("duty").id)):
        here.change("duty", row[0], area="west")
    assert here.asked(key) == ["ann", "bob"]


FAILURES: Mapping[str, tuple[dict[str, Any], str]] = {
    "it says why": ({"name": "broken"}, "No table for broken."),
    "it returns no people": ({"name": "numbers", "area": "north"}, "The script Responsible: It returned something"),
    "it runs too long": ({"name": "slow"}, "ran longer than"),
}


@pytest.mark.parametrize("case", FAILURES, ids=str)
def test_a_failure_asks_who_administers_processes_and_says_why(market: Callable[..., Market], case: str) -> None:
    values, said = FAILURES[case]
    here = market(APPROVAL)
    key = here.write("sale", here.ids["cid"], **values)
    here.win(key)
    assert here.asked(key) == ["kim"]
    (found,) = here.rows(select(approval.c.id).where(approval.c.record_id == key))[0]
    with here.site.reading() as connection:
        log = load_case(connection, here.site.release, found)
    assert log is not None
    ballot = next(one.id for run in log.state.runs.values() for one in run.ballots)
    reasons = [one.values["reason"] for one in why_asked(log, ballot) if one.code == "administrator"]
    assert len(reasons) == 1
    assert said in reasons[0]
    (noted, *_) = here.rows(select(script_run.c.state, script_run.c.error))
    assert noted.state == "failed"
    assert said in noted.error


def test_a_submission_that_must_find_somebody_is_refused_with_the_reason(market: Callable[..., Market]) -> None:
    here = market(STRICT)
    key = here.write("sale", here.ids["cid"], name="broken")
    with pytest.raises(ValidationError, match="No table for broken"):
        here.win(key)
    assert here.asked(key) == []
    assert [row[0] for row in here.rows(select(script_run.c.state))] == ["failed"]


def test_a_preview_names_the_same_people_and_writes_nothing(market: Callable[..., Market]) -> None:
    here = market(APPROVAL)
    key = here.write("sale", here.ids["cid"], name="A", area="north")
    found = preview(here.site, here.actor(here.ids["cid"]), "sale", key, transition="win")
    assert found is not None
    assert [here.names(person.id for person in step.people) for step in found.steps] == [["ann", "bob"]] * 2
    assert here.rows(select(script_run.c.id)) == []


def test_the_script_runs_while_no_row_is_locked(market: Callable[..., Market], monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two runs of the unit somebody else writes the record; the second run sees that and asks again."""
    here = market(APPROVAL)
    key = here.write("sale", here.ids["cid"], name="A", area="north")
    from formline.runtime.scripts import conversation

    real, times = conversation.run, []

    def run(*arguments: Any, **named: Any) -> Any:
        if not times:
            here.change("sale", key, area="south")
        times.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(conversation, "run", run)
    here.win(key)
    assert len(times) == 2
    assert here.asked(key) == ["kim"]


def test_fifty_records_are_one_process(market: Callable[..., Market], monkeypatch: pytest.MonkeyPatch) -> None:
    here = market(ASSIGNING)
    from formline.runtime.scripts import conversation

    real, times = conversation.run, []

    def run(*arguments: Any, **named: Any) -> Any:
        times.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(conversation, "run", run)
    rows = [{"name": f"S{number}", "area": "south"} for number in range(50)]

    def work(unit: Unit) -> list[UUID]:
        return unit.create("sale", rows)

    keys = run_unit(here.site, here.actor(here.ids["ann"]), work)
    model = here.site.release.model("sale")
    owners = here.rows(select(model.column("owner")).where(model.id.in_(keys)))
    assert {row[0] for row in owners} == {here.ids["cid"]}
    assert len(times) == 1
    assert len(here.rows(select(assignment_log.c.record_id))) == 50


def test_shares_follow_by_a_job_and_end_at_once(market: Callable[..., Market]) -> None:
    here = market(RULE)
    key = here.write("sale", name="A", area="north", amount=50)
    assert here.readers(key) == []
    assert "sharing_rule_script" in here.work()
    assert here.readers(key) == ["ann", "bob"]
    here.change("sale", key, name="A again")
    assert here.readers(key) == ["ann", "bob"]
    here.change("sale", key, amount=5)
    assert here.readers(key) == []
    here.change("sale", key, amount=50, area="south")
    here.work()
    assert here.readers(key) == ["cid"]
    here.change("sale", key, name="broken")
    here.work()
    assert here.readers(key) == []
    errors = here.rows(select(script_run.c.error).where(script_run.c.state == "failed"))
    assert errors[0][0] == "No table for broken."


def test_what_the_script_reads_is_looked_at_each_day_and_after_a_release(market: Callable[..., Market]) -> None:
    here = market(RULE)
    key = here.write("sale", name="A", area="west", amount=50)
    here.work()
    here.write("duty", name="bob west", area="west", person=here.ids["bob"])
    assert here.readers(key) == []
    script_sharing.enqueue_all(here.site)
    here.work()
    assert here.readers(key) == ["bob"]
    changed = OBJECTS.replace("result = found", "result = []")
    publish(here.site, [*ORGANISATION.values(), changed, RULE])
    here.work()
    assert here.readers(key) == []
    publish(here.site, [*ORGANISATION.values(), OBJECTS, RULE])
    here.work()
    assert here.readers(key) == ["bob"]
    publish(here.site, [*ORGANISATION.values(), OBJECTS])
    assert here.rows(select(share.c.principal)) == []


def test_a_record_changed_while_its_script_ran_waits_for_the_next_job(
    market: Callable[..., Market], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = market(RULE)
    here.work()
    key = here.write("sale", name="A", area="north", amount=50)
    from formline.runtime.scripts import conversation

    real, times = conversation.run, []

    def run(*arguments: Any, **named: Any) -> Any:
        found = real(*arguments, **named)
        if not times:
            times.append(1)
            here.change("sale", key, area="south")
        return found

    monkeypatch.setattr(conversation, "run", run)
    assert here.work().count("sharing_rule_script") == 2
    assert here.readers(key) == ["cid"]


def test_trying_it_shows_whom_it_chooses(market: Callable[..., Market]) -> None:
    here = market()
    key = here.write("sale", name="A", area="north")
    script = here.site.release.catalog.get("script", "responsible")
    trial = try_script(here.site, script, key, Actor.system())
    assert here.names(trial.people) == ["ann", "bob"]
    broken = replace(script, source="result = 3")
    assert try_script(here.site, broken, key, Actor.system()).people is None
