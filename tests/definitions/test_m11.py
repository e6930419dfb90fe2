"""M11 Task: participants, checklist, progress notes, repetition, what is overdue."""

from __future__ import annotations

from decimal import Decimal

from tests.definitions.crm import Crm, messages


def test_participants_see_and_change_the_task(crm: Crm) -> None:
    task = crm.create("wang", "task", subject="联合任务")
    assert crm.get("task", task, "subject", who="wu") is None
    crm.update("wang", "task", task, participants=[crm.key("user", "wu")])
    assert crm.get("task", task, "subject", who="wu") == "联合任务"
    crm.update("wu", "task", task, progress=40)
    crm.update("wang", "task", task, participants=[])
    assert crm.get("task", task, "subject", who="wu") is None


def test_a_checklist_is_worked_off_before_the_task_is_done(crm: Crm) -> None:
    task = crm.create("wang", "task", subject="清单", items=[{"subject": "一"}, {"subject": "二", "done": True}])
    assert crm.get("task", task, "steps", "steps_done") == (2, 1)
    assert "checklist" in messages(lambda: crm.move("wang", "task", task, "finish"))
    rows = crm.rows("task_item", "done", who="wang", where={"field": "task", "op": "eq", "value": task})
    for row in rows:
        crm.update("wang", "task_item", row["id"], done=True)
    crm.move("wang", "task", task, "finish")
    assert crm.get("task", task, "status", "progress", "done_on") == ("done", Decimal(100), crm.today)


def test_notes_tell_how_it_goes(crm: Crm) -> None:
    task = crm.create("wang", "task", subject="记录", about={"object": "visit", "id": crm.key("visit", "v1")})
    crm.create("wang", "progress_note", task=task, note="完成一半", percent=50)
    where = {"field": "task", "op": "eq", "value": task}
    assert [row["note"] for row in crm.rows("progress_note", "note", who="li", where=where)] == ["完成一半"]
    assert crm.rows("progress_note", "note", who="wu", where=where) == []


def test_repetition_and_dates_are_sensible(crm: Crm) -> None:
    task = crm.create("wang", "task", subject="每周", due_on=crm.day(3), repeats="weekly", repeat_until=crm.day(90))
    assert task in crm.in_view("tasks_repeating", "task", "wang")
    ends = messages(lambda: crm.update("wang", "task", task, repeat_until=crm.day(1)))
    starts = messages(lambda: crm.update("wang", "task", task, starts_on=crm.day(9)))
    assert "repetition ends" in ends
    assert "before it starts" in starts


def test_overdue_and_own_tasks_have_lists(crm: Crm) -> None:
    task = crm.create("wang", "task", subject="过期", due_on=crm.day(-1))
    assert task in crm.in_view("tasks_overdue", "task", "wang")
    assert task in crm.in_view("tasks_mine", "task", "wang")
    crm.move("wang", "task", task, "finish")
    assert task not in crm.in_view("tasks_overdue", "task", "wang")
