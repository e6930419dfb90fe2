"""Buttons, trials and second tries: who may press, what is asked, what is kept of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from formline.errors import AccessDeniedError, ConflictError, NotFoundError, ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.tables import automation_run, history, notification, outbox
from formline.workflow.automation.pressing import press
from formline.workflow.automation.retrying import retry
from formline.workflow.automation.trying import try_automation
from tests.workflow.automation.conftest import automation, change, person, rows, runs, work, write

if TYPE_CHECKING:
    from formline.runtime.site import Site

Firm = Callable[..., "Site"]
SPREAD = automation(
    "spread",
    "{button: {label: Spread, visible: amount > 0, ask: {count: {type: integer, min: 1, required: true},"
    " first: {type: date}, whom: {type: user}}}}",
    "[{split: {into: lines, amount: amount, count: input.count, each: {name: part,"
    " day: 'add_months(input.first, index)', person: input.whom}}}, {wait: 1d}, {set: {count: input.count}}]",
)
ROLE = (
    "---\nkind: role\nname: presser\nobjects: {deal: {read: all, update: all, actions: [spread]},"
    " line: {create: true, read: all}, user: {read: all}}\n"
)


def test_a_button_is_pressed_by_who_may_where_it_is_shown(firm: Firm) -> None:
    """A role grants it by name, as a transition; answers are checked one by one; the run has the person's rights."""
    site = firm(SPREAD, ROLE)
    small, key = write(site, "deal", name="small", amount=0), write(site, "deal", name="x", amount=10)
    clerk, ann = person(site, "ben", "clerk"), person(site, "ann", "presser")
    good = {"count": "3", "first": "2026-01-31", "whom": str(clerk.user_id)}
    with pytest.raises(AccessDeniedError):
        press(site, clerk, "spread", key, good)
    with pytest.raises(AccessDeniedError):
        press(site, ann, "spread", small, good)
    with pytest.raises(NotFoundError):
        press(site, ann, "look", key, good)
    with pytest.raises(ValidationError) as refused:
        press(site, ann, "spread", key, {"count": "0", "other": "1"})
    assert [error.field for error in refused.value.errors] == ["count", "other"]
    assert runs(site) == []
    press(site, ann, "spread", key, good)
    assert [(str(row["amount"]), str(row["day"]), row["person"]) for row in rows(site, "line")] == [
        ("3.33", "2026-01-31", clerk.user_id),
        ("3.33", "2026-02-28", clerk.user_id),
        ("3.34", "2026-03-31", clerk.user_id),
    ]
    (run,) = runs(site)
    assert (run.state, run.trigger, run.actor_id) == ("waiting", "button", ann.user_id)
    assert run.rest["input"] == {"count": 3, "first": "2026-01-31", "whom": str(clerk.user_id)}


def test_a_trial_shows_values_and_keeps_nothing(firm: Firm) -> None:
    """No record, no event, no notice, no row; what would be refused at the end is told."""
    site = firm(
        automation("all", "created", "[{set: {note: 'for {name}'}}, {create: task, values: {name: name}},"
                   " {notify: look, to: {role: boss}}, {transition: win}]", "when: amount > 1"),
        automation("bad", "created", "[{set: {count: 1}}, {create: task, values: {name: {expression: note}}}]"),
        automation("veto", "updated", "[{stop: 'never {name}'}]", "timing: before_save"),
    )  # fmt: skip
    person(site, "ann", "boss")
    key = write(site, "deal", name="x", amount=5)
    tables = (automation_run, history, notification, outbox)
    with site.reading() as connection:
        before = [connection.execute(select(func.count()).select_from(table)).scalar() for table in tables]
    all_, bad, veto = (site.release.catalog.get("automation", name) for name in ("all", "bad", "veto"))
    trial = try_automation(site, all_, key, Actor.system())
    assert (trial.applies, trial.error) == (True, "never x")  # the set would be refused by the other automation
    trial = try_automation(site, veto, key, Actor.system())
    assert (trial.applies, [step["do"] for step in trial.story.steps], trial.error) == (True, ["stop"], "never x")
    trial = try_automation(site, bad, key, Actor.system())
    assert "never x" in trial.error
    change_free = write(site, "deal", name="y", amount=1)
    assert try_automation(site, all_, change_free, Actor.system()).applies is False
    with pytest.raises(NotFoundError):
        try_automation(site, all_, rows(site, "user")[0]["id"], Actor.system())
    with site.reading() as connection:
        after = [connection.execute(select(func.count()).select_from(table)).scalar() for table in tables]
    assert after == [before[0], before[1] + 1, before[2], before[3] + 1]  # the one record written above
    assert rows(site, "task") == []


def test_a_failed_run_is_tried_again_once_its_cause_is_mended(firm: Firm) -> None:
    """The new row takes the place of the failed one; somebody else can take it over."""
    site = firm(automation("tasks", "created", "[{create: task, values: {name: {expression: note}}}]"))
    ann, ben = person(site, "ann", "boss"), person(site, "ben", "clerk")
    key = write(site, "deal", ben, name="x")
    work(site)
    (failed,) = runs(site)
    assert failed.state == "failed"
    assert retry(site, failed.id) == "failed"
    change(site, "deal", key, note="now")
    work(site)
    (failed,) = runs(site)
    assert (failed.attempts, retry(site, failed.id)) == (2, "failed")  # the clerk may create no tasks
    (failed,) = runs(site)
    assert retry(site, failed.id, ann) == "done"
    (done,) = runs(site)
    assert (done.attempts, done.actor_id, [row["name"] for row in rows(site, "task")]) == (4, ann.user_id, ["now"])
    with pytest.raises(ConflictError):
        retry(site, done.id)
    with pytest.raises(NotFoundError):
        retry(site, key)
