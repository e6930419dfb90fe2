"""Buttons on a record: which somebody may press, what they are asked for, and pressing one in a unit of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select, true

from formline.errors import AccessDeniedError, FieldError, NotFoundError, ValidationError
from formline.fields.base import ValueProblem
from formline.fields.locale import PLAIN, Locale
from formline.runtime.access.permitted import permitted
from formline.runtime.access.predicates import user_root
from formline.runtime.access.rights import rights
from formline.runtime.keys import uuid7
from formline.runtime.queries.source import source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.unit import Unit, run_unit
from formline.workflow.actions.performing import perform
from formline.workflow.actions.running import Run, Scope, Story
from formline.workflow.actions.values import holding
from formline.workflow.automation import runs
from formline.workflow.automation.definition import Automation, automations_of
from formline.workflow.automation.executing import line_of
from formline.workflow.automation.identity import actor_of
from formline.workflow.automation.runs import Cause
from formline.workflow.automation.waiting import keep_waits

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.site import Site


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button did: whether its condition held, and the story."""

    automation: Automation
    applies: bool
    story: Story


def buttons(
    connection: Connection, release: Release, actor: Actor, object_name: str, key: UUID, clock: Mapping[str, Any]
) -> list[Automation]:
    """Return the automations whose buttons somebody sees and may press on a record: one statement at most.

    ``clock`` has ``today`` and ``now``.
    """
    found = [one for one in automations_of(release, object_name) if one.trigger.button is not None]
    if not found:
        return []
    access = rights(release, actor).object(object_name)
    statement = Statement(release)
    source = source_of(statement, object_name, roots={"user": user_root(statement)})
    columns = []
    for number, one in enumerate(found):
        button = one.trigger.button
        tests = [] if button is None else [test for test in (button.visible, button.people) if test is not None]
        held = [func.coalesce(test.sql(source), False) for test in tests]
        columns.append((func.coalesce(_all(held), False)).label(f"b{number}"))
    wanted = select(*columns).select_from(source.source()).where(source.key == key, source.alive())
    user = {**actor.user, "id": actor.user_id, "roles": rights(release, actor).role_names}
    row = connection.execute(wanted, statement.parameters({"user": user, "clock": clock})).one_or_none()
    if row is None:
        return []
    return [
        one
        for one, shown in zip(found, row, strict=True)
        if shown and (actor.is_system or _named(one) or access.can(one.name))
    ]


def _all(tests: list[Any]) -> Any:
    result = true()
    for test in tests:
        result = result & test
    return result


def _named(automation: Automation) -> bool:
    button = automation.trigger.button
    return button is not None and button.people is not None


def press(
    site: Site, actor: Actor, name: str, key: UUID, answers: Mapping[str, Any], *, locale: Locale = PLAIN
) -> Pressed:
    """Press a button on a record with the answers to its questions, as they were typed.

    Raises:
        NotFoundError: no such button, or no such record for this person. AccessDeniedError: they may not press it.
        ValidationError: an answer is missing or wrong, or an action is refused; nothing is kept then.
    """
    release = site.release
    automation = button_named(release, name)
    with site.reading() as connection:
        check_press(connection, site, actor, automation, key)
    given = read_answers(automation, answers, locale)
    with site.reading() as connection:
        _check_lookups(connection, release, actor, automation, given)
        cause = Cause(f"button {uuid7()}", "button", str(actor.kind), actor.user_id, 0, (), given)
        acting = actor_of(connection, release, automation.run_as, cause)

    def work(unit: Unit) -> Pressed:
        return press_in(unit, automation, key, cause)

    return run_unit(site, acting, work, source="automation", confirm=True, locale=locale, depth=1)


def press_in(unit: Unit, automation: Automation, key: UUID, cause: Cause) -> Pressed:
    """Run the actions of a button inside a unit."""
    record = unit.hold(automation.object, [key]).get(key)
    if record is None:
        raise NotFoundError
    run = Run(unit, automation.object, automation.origin, inputs=automation.place.inputs)
    scope = Scope(key, Story(), record=record, input=cause.input)
    held = holding(run, automation.when, [scope])
    perform(run, automation.actions, held)
    line = line_of(unit, automation, cause, key)
    line.tell(scope.story, unit.id)
    if not held:
        line.state = "skipped"
    keep_waits(run, {key: line})
    runs.write(unit.connection, [line], unit.now)
    return Pressed(automation, bool(held), scope.story)


def button_named(release: Release, name: str) -> Automation:
    """Return the automation of a button.

    Raises:
        NotFoundError: there is none of this name.
    """
    found = release.catalog.all("automation").get(name)
    if found is None or found.trigger.button is None or not found.active:
        raise NotFoundError("There is no such button.")
    automation: Automation = found
    return automation


def check_press(connection: Connection, site: Site, actor: Actor, automation: Automation, key: UUID) -> None:
    """Refuse a button on a record that somebody does not see, or may not press there."""
    release = site.release
    if not actor.is_system and key not in permitted(connection, release, actor, automation.object, [key], "read"):
        raise NotFoundError
    now = datetime.now(UTC)
    clock = {"now": now, "today": now.astimezone(release.zone).date()}
    if automation not in buttons(connection, release, actor, automation.object, key, clock):
        raise AccessDeniedError(f"You may not press {automation.label} on this record now.")


def read_answers(automation: Automation, answers: Mapping[str, Any], locale: Locale) -> dict[str, Any]:
    """Return answers as values.

    Raises:
        ValidationError: each that is missing or wrong, under its name.
    """
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, field in automation.place.inputs.items():
        raw = answers.get(name)
        try:
            value = None if raw in (None, "") else field.type.parse(field, raw, locale)
            problems = [] if value is None else list(field.type.validate(field, value))
        except ValueProblem as problem:
            value, problems = None, [(problem.code, problem.message)]
        if value is None and not problems and field.params.get("required") is True:
            problems = [("required", f"{field.label} is required.")]
        errors += [FieldError(name, code, message) for code, message in problems]
        found[name] = value
    for name in answers:
        if name not in automation.place.inputs:
            errors.append(FieldError(name, "unknown_field", f"Nothing named {name} is asked for."))
    if errors:
        raise ValidationError(errors)
    return found


def _check_lookups(
    connection: Connection, release: Release, actor: Actor, automation: Automation, given: Mapping[str, Any]
) -> None:
    """Refuse a record as an answer that the person could not pick."""
    for name, field in automation.place.inputs.items():
        value = given.get(name)
        if value is None or not field.to or actor.is_system:
            continue
        if value not in permitted(connection, release, actor, field.to[0], [value], "read"):
            raise ValidationError([FieldError(name, "not_found", "There is no such record.")])
