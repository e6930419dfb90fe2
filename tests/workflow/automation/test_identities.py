"""Triggers of other systems and of approvals, and runs with the rights of an integration user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from formline.runtime.access.actor import Actor
from formline.runtime.unit import run_unit
from tests.workflow.automation.conftest import automation, change, person, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]
SHOP = """
---
kind: mapping
name: from_shop
object: deal
columns: {name: name}
---
kind: integration
name: shop
label: Shop
direction: in
mapping: from_shop
---
kind: integration
name: warehouse
label: Warehouse
direction: out
object: deal
fields: [name]
"""


def test_a_message_of_another_system_sets_it_off_and_it_tells_another(firm: Firm) -> None:
    """Where nobody has said yet where the other system is, nothing leaves, and the trace says so."""
    site = firm(SHOP, automation("came", "{webhook: shop}", "[{set: {note: came}}, {webhook: warehouse}]"))
    key = write(site, "deal", name="x")
    for name in ("other", "shop"):
        run_unit(
            site,
            Actor.system(),
            lambda unit, said=name: unit.journal.emit("deal", [key], "webhook", {"webhook": said}),
        )
    work(site)
    assert rows(site, "deal")[0]["note"] == "came"
    (run,) = runs(site)
    assert [(step["do"], step["outcome"]) for step in run.trace] == [("set", "done"), ("webhook", "nothing")]
    assert run.trigger == "webhook"


def test_it_has_the_rights_of_an_integration_user(firm: Firm) -> None:
    """Named by login; where there is none, or it was switched off, the run needs an owner."""
    site = firm(automation("sync", "created", "[{create: task, values: {name: name}}]", "run_as: {integration: erp}"))
    write(site, "deal", name="early")
    work(site)
    (run,) = runs(site)
    assert (run.state, "no active integration user erp" in run.error) == ("failed", True)
    erp = person(site, "erp", "boss")
    write(site, "deal", name="x")
    work(site)
    assert [(row["name"], row["created_by"]) for row in rows(site, "task")] == [("x", erp.user_id)]
    change(site, "user", erp.user_id, active=False)
    write(site, "deal", name="late")
    work(site)
    assert [run.state for run in runs(site)] == ["failed", "done", "failed"]


def test_a_record_is_submitted_to_an_approval(firm: Firm) -> None:
    """By who caused it, as if they had pressed the transition themselves; the platform alone cannot submit."""
    approval = (
        "---\nkind: approval\nname: sign\nobject: deal\nguards: {transition: win}\n"
        "steps: [{approve: boss, approvers: {role: boss}}]\n"
    )
    site = firm(approval, automation("ask", "{updated: [amount]}", "[{submit: sign}]"))
    ben, _ann = person(site, "ben", "clerk"), person(site, "ann", "boss")
    key = write(site, "deal", ben, name="x")
    change(site, "deal", key, ben, amount=3)
    work(site)
    (deal,) = rows(site, "deal")
    assert (deal["stage"], deal["approval_status"]) == ("open", "pending")
    assert runs(site)[0].state == "done"
