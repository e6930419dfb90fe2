"""Approvals through the API: the lists of one's inbox, one approval, deciding, everything else that people do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

from flask import Response, request

from formline.errors import NotFoundError
from formline.runtime.unit.plan import plan_of
from formline.web import problems
from formline.web.api.blueprint import blueprint
from formline.web.api.caller import Caller, caller
from formline.web.api.openapi_approvals import ACTIONS, CHOICES, MOST
from formline.web.api.reading import ParameterError
from formline.web.api.writing import body, respond
from formline.web.visit import connection, site
from formline.workflow.approvals import explaining, inbox, possible, shell, tasks
from formline.workflow.approvals.events import to_json
from formline.workflow.approvals.inbox import Row, Tab
from formline.workflow.approvals.proposals import values_of
from formline.workflow.approvals.state import RefusedError
from formline.workflow.approvals.storage import Case
from formline.workflow.approvals.tasks import Task

_TEXTS = ("opinion", "step", "where", "target")


@blueprint.get("/approvals")
def list_approvals() -> Response:
    """Answer with one list of the inbox: ``?list=open|mine|done|copies``, a page of it from ``after`` on."""
    who, now = caller(), datetime.now(UTC)
    wanted, limit = request.args.get("list", "open"), request.args.get("limit", "50")
    if wanted not in get_args(Tab):
        raise ParameterError(f'"list" is one of {", ".join(get_args(Tab))}.')
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= MOST):
        raise ParameterError(f'"limit" is a number from 1 to {MOST}.')
    sought = request.args.get("q", "").strip()[:100]
    among = inbox.matching(who.release, who.actor, sought) if sought else None
    rows = inbox.page(
        connection(),
        _me(who),
        wanted,  # type: ignore[arg-type]  # one of the lists
        now,
        among=among,
        after=request.args.get("after", ""),
        limit=int(limit) + 1,
    )
    shown = [row for row in rows[: int(limit)] if _in_scope(who, row)]
    data = [_line(who, row) for row in shown]
    return respond({"data": data, "next": rows[int(limit) - 1].place if len(rows) > int(limit) else None})


@blueprint.get("/approvals/<uuid:key>")
def get_approval(key: UUID) -> Response:
    """Answer with one approval: how it stands, what it would write, its log, what one may do."""
    who = caller()
    return respond(_described(who, _case(who, key, "read")))


@blueprint.post("/approvals/<uuid:key>/decide")
def decide(key: UUID) -> Response:
    """Cast a ballot: ``{"task": id, "choice": "approve", "opinion": text, "seen": digest}``."""
    who = caller()
    _case(who, key, "write")
    given = _given({"task", "choice", "opinion", "seen", "signature", "values"}, {"task", "choice"})
    values = given.get("values", {})
    if given["choice"] not in CHOICES or not isinstance(values, dict):
        raise ParameterError(f'"choice" is one of {", ".join(CHOICES)}, "values" an object.')
    task, opinion, seen, signature = (_text(given, name) for name in ("task", "opinion", "seen", "signature"))

    def work() -> str:
        return shell.decide(
            site(),
            who.actor,
            key,
            task,
            given["choice"],
            opinion=opinion,
            seen=seen,
            signature=signature,
            values=values,
            source="api",
        )

    return _done(work)


@blueprint.post("/approvals/<uuid:key>/act")
def act(key: UUID) -> Response:
    """Do something else: ``{"action": "transfer", "task": id, "to": id}``; see the list of actions in the reference."""
    who = caller()
    _case(who, key, "write")
    given = _given({"action", "task", "to", "people", "values", *_TEXTS}, {"action"})
    if given["action"] not in ACTIONS:
        raise ParameterError(f'"action" is one of {", ".join(ACTIONS)}.')
    return _done(lambda: _acted(who, key, given))


def _acted(who: Caller, key: UUID, given: Mapping[str, Any]) -> str:
    action, opinion, actor = given["action"], _text(given, "opinion"), who.actor
    match action:
        case "withdraw":
            return shell.withdraw(site(), actor, key, opinion)
        case "urge":
            return shell.urge(site(), actor, key)
        case "resubmit":
            values = given.get("values", {})
            if not isinstance(values, dict):
                raise ParameterError('"values" is an object.')
            return shell.resubmit(site(), actor, key, values)
        case "comment":
            return shell.comment(site(), actor, key, opinion)
        case "retry":
            return shell.retry(site(), actor, key)
        case "repair":
            return shell.return_for_repair(site(), actor, key)
    more: dict[str, Any] = {name: _text(given, name) for name in _TEXTS if name in given}
    if "to" in given:
        more["to"] = _id(given["to"])
    if "people" in given:
        more["people"] = [_id(one) for one in given["people"]] if isinstance(given["people"], list) else []
    return shell.act(site(), actor, key, _text(given, "task"), action, **more)


def _done(work: Any) -> Response:
    """Answer with the status after what was done; a conflict says who was faster with what."""
    try:
        return respond({"status": work()})
    except RefusedError as error:
        return problems.problem(error.status, error.code, error.message, by=error.by, choice=error.choice)


def _me(who: Caller) -> UUID:
    if who.actor.user_id is None:
        raise NotFoundError
    return who.actor.user_id


def _case(who: Caller, key: UUID, action: str) -> Case:
    """Return an approval that the caller may see and whose object the token's scopes name."""
    case = tasks.case_of(site(), who.actor, key)
    who.require(case.definition.object, action)
    return case


def _in_scope(who: Caller, row: Row) -> bool:
    name = who.release.object_named(row.object_id)
    return name is not None and who.allows(name, "read")


def _line(who: Caller, row: Row) -> dict[str, Any]:
    found = {
        "id": row.approval_id,
        "name": row.name,
        "status": row.status,
        "object": who.release.object_named(row.object_id),
        "record": row.record_id,
        "submitter": row.submitter_id,
        "at": row.at.isoformat(),
    }
    if row.ballot:
        found |= {"task": row.ballot, "step": row.step, "state": row.state, "person": row.person_id}
    return found | ({"decision": row.decision} if row.decision else {})


def _described(who: Caller, case: Case) -> dict[str, Any]:
    definition, state, me = case.definition, case.state, str(who.actor.user_id)
    plan = plan_of(who.release, definition.object, site().dialect)
    access = who.rights.object(definition.object)
    proposal = {name: value for name, value in values_of(plan, case.proposal).items() if access.readable(name)}
    now = datetime.now(UTC)
    return {
        "id": case.id,
        "name": definition.name,
        "label": definition.label,
        "object": definition.object,
        "record": case.record_id,
        "event": definition.guard.event,
        "transition": case.transition or None,
        "status": state.status,
        "revision": state.revision,
        "submitter": case.submitter_id,
        "submitted_at": case.submitted_at.isoformat(),
        "proposal": proposal,
        "steps": [{"step": run.name, "status": run.status, "tasks": _ballots(run)} for run in state.runs.values()],
        "log": [_logged(one) for one in case.log],
        "waits": [{"code": one.code, **one.values} for one in explaining.why_waiting(case)],
        "tasks": _own(who, case),
        "actions": [*possible.of_submitter(definition, state, me, now), "comment"],
        "undoable": list(possible.undoable(definition, state, me, now)),
    }


def _ballots(run: Any) -> list[dict[str, Any]]:
    return [
        {"task": one.id, "person": one.person, "status": one.status, "by": one.by or None, "opinion": one.opinion}
        for one in run.ballots
    ]


def _logged(event: Any) -> dict[str, Any]:
    """Return an event without digests, which say nothing to a reader."""
    return {name: value for name, value in to_json(event).items() if name != "data"}


def _own(who: Caller, case: Case) -> list[dict[str, Any]]:
    """Return the caller's open tasks, with what comes back when they are decided."""
    found = []
    for _run, ballot in case.state.open_ballots():
        try:
            found.append(tasks.task_of(connection(), site(), who.actor, case, ballot.id))
        except NotFoundError:
            continue
    return [_task(one) for one in found]


def _task(one: Task) -> dict[str, Any]:
    found: dict[str, Any] = {"task": one.id, "step": one.step, "for": one.for_id, "seen": one.seen}
    more = {"show": one.show, "editable": one.editable, "return_to": one.return_to, "actions": one.actions}
    return found | {"opinion": one.opinion, "signature": one.signature} | {k: list(v) for k, v in more.items()}


def _given(allowed: set[str], required: set[str]) -> dict[str, Any]:
    """Return the body; ParameterError for other members than these."""
    found = body()
    wrong = sorted(set(found) - allowed) or sorted(required - set(found))
    if wrong:
        raise ParameterError(f"The body has {', '.join(sorted(allowed))}; wrong or missing: {', '.join(wrong)}.")
    return found


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > 20_000 or "\0" in value:
        raise ParameterError(f'"{name}" is a text.')
    return value


def _id(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise ParameterError("An id is a UUID.") from None
