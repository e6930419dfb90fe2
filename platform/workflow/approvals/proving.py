"""The tests that a definition brings: a record, and the steps that are asked if everybody approves. No database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from formline.catalog.catalog import Catalog
from formline.errors import FormlineError, Problem
from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.base import ValueProblem, name_of
from formline.workflow.approvals.definition import Approval, Approve, Block, Cc, Choose, ForEach, Inclusive
from formline.workflow.approvals.effects import Ask
from formline.workflow.approvals.engine import run
from formline.workflow.approvals.events import Decided, Event, Person, StepOpened, Submitted
from formline.workflow.approvals.reading import ROOTS_HERE
from formline.workflow.approvals.state import START, Instance

_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
_MOST_DECISIONS = 200
Record = Mapping[str, Any]


class CannotTellError(FormlineError):
    """A test whose conditions read what only a database knows."""

    code = "approval_test"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test came out: ``problem`` is empty where the path was as written."""

    approval: str
    test: str
    path: tuple[str, ...]
    problem: str = ""


def prove(catalog: Catalog) -> Iterator[Outcome]:
    """Run the tests of every approval of a checked catalog."""
    for approval in catalog.all("approval").values():
        for name, test in (approval.data.get("tests") or {}).items():
            yield _outcome(catalog, approval, name, test)


def _outcome(catalog: Catalog, approval: Approval, name: str, test: Mapping[str, Any]) -> Outcome:
    wanted = tuple(test["path"])
    try:
        path = path_of(catalog, approval, test)
    except CannotTellError as error:
        return Outcome(approval.name, name, (), error.message)
    problem = "" if path == wanted else f"asks {', '.join(path) or 'nobody'}, not {', '.join(wanted) or 'nobody'}"
    return Outcome(approval.name, name, path, problem)


def path_of(catalog: Catalog, approval: Approval, test: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the approve steps that are asked for a record, in the order in which they open.

    Raises:
        CannotTellError: a value is none of its field, or a condition reads other records.
    """
    record = record_of(catalog, approval.object, test["record"])
    submitter = {"id": "submitter", **record_of(catalog, "user", test.get("submitter") or {})}
    env = Env(record, None, submitter, _AT.date(), _AT, roots={"submitter": submitter})
    asked: list[str] = []

    def answer(state: Instance, ask: Ask) -> Event:
        block = approval.blocks[ask.path[-1]]
        found: dict[str, Any] = {"path": ask.path, "purpose": ask.purpose, "manager": "manager"}
        found["applies"] = block.when is None or _holds(catalog, approval, block.when, env)
        if isinstance(block, Approve | Cc):
            found["people"] = (Person(f"one of {block.name}"),)
        else:
            found["chosen"] = _chosen(catalog, approval, block, env)
        if isinstance(block, Approve) and found["applies"]:
            asked.append(block.name)
        return StepOpened(_AT, **found)

    state, _, _ = run(approval, START, Submitted(_AT, "submitter"), answer)
    for _ in range(_MOST_DECISIONS):
        waiting = next(state.open_ballots(), None)
        if waiting is None:
            break
        ballot = waiting[1]
        vote = Decided(_AT, ballot.acts_now, ballot=ballot.id, opinion="-", signed=True)
        state, _, _ = run(approval, state, vote, answer)
    return tuple(asked)


def record_of(catalog: Catalog, object_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat record of the values a test gives; amounts are in the base currency."""
    object_ = catalog.object(object_name)
    record: dict[str, Any] = {}
    for name, raw in values.items():
        field = object_.fields.get(name)
        if field is None:
            raise CannotTellError(f"{object_name} has no field {name}")
        try:
            parts = field.type.parse_parts(field, raw)
        except ValueProblem as problem:
            raise CannotTellError(f"{name}: {problem.message}") from problem
        record |= {name_of(part, name): value for part, value in parts.items()}
        if any(part.name == "base" for part in field.parts):
            record[name_of("base", name)] = parts.get("")
    return record


def _chosen(catalog: Catalog, approval: Approval, block: Block, env: Env) -> tuple[str, ...]:
    if isinstance(block, ForEach):
        return ("0",)  # one item stands for all
    if isinstance(block, Choose | Inclusive):
        branches = block.cases if isinstance(block, Choose) else block.branches
        return tuple(n for n, one in branches.items() if _holds(catalog, approval, str(one.when), env))
    return ()


def _holds(catalog: Catalog, approval: Approval, condition: str, env: Env) -> bool:
    made: Expression = catalog.compiler.compile(
        condition, object=approval.object, expects=BOOLEAN, roots=ROOTS_HERE - {"candidate"}
    )
    elsewhere = [one for one in made.reads if len(one.path) > 1 and one.path[0] not in ("submitter", "user", "this")]
    if elsewhere or made.asks:
        raise CannotTellError(f'"{condition}" reads other records, which a test does not have')
    return made.condition(env)


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Yield a problem for every test that came out otherwise, at its place in the file."""
    for one in prove(catalog):
        if one.problem:
            position = catalog.source("approval", one.approval).positions.at(("tests", one.test))
            where = f"approval/{one.approval}.tests.{one.test}"
            yield Problem("test-failed", f'"{one.test}" {one.problem}.', "mend the steps, or the test", position, where)
