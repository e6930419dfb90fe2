"""What can happen to an approval, as data. Everything impure (people, conditions, time) enters here and only here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Literal

from formline.workflow.approvals.state import Path


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was chosen; ``why`` names the selector that chose, as evidence."""

    id: str
    weight: int = 1
    veto: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log. ``actor`` is empty where the platform acts."""

    at: datetime
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Submitted(Event):
    """The submitter asks for it; ``data`` is the digest of the record's values."""

    data: str = ""


@dataclass(frozen=True, slots=True)
class StepOpened(Event):
    """The facts a block asked for, found at one moment.

    ``applies``: its ``when`` holds. ``people``: chosen and active, in order. ``chosen``: branches or cases whose
    condition holds, or numbers of items. ``manager``: the submitter's. ``purpose``: what was asked, see ``Ask``.
    ``reason``: why a script found nobody.
    """

    path: Path = ()
    applies: bool = True
    people: tuple[Person, ...] = ()
    chosen: tuple[str, ...] = ()
    manager: str = ""
    data: str = ""
    purpose: str = "open"
    child: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OnBallot(Event):
    """Something about one ballot. ``substitute``: the actor may act for the ballot's person (checked outside)."""

    ballot: str = ""
    opinion: str = ""
    substitute: bool = False


@dataclass(frozen=True, slots=True)
class Decided(OnBallot):
    """A ballot is cast. ``data``: digest of what was shown; ``changed``: fields edited in the step.

    ``signature``: the strokes that were drawn, or the name that was typed, see ``signing``.
    """

    choice: Literal["approve", "reject", "abstain"] = "approve"
    signed: bool = False
    signature: str = ""
    data: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned(OnBallot):
    """Back to an earlier step or the submitter."""

    to: str = "submitter"


@dataclass(frozen=True, slots=True)
class Resubmitted(Event):
    """The submitter revised it; ``changed`` are names of fields."""

    data: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordChanged(Event):
    """The record changed while the approval runs."""

    data: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transferred(OnBallot):
    """Another person takes the ballot over; ``eligible``: is among the step's candidates, and active."""

    to: str = ""
    eligible: bool = True


@dataclass(frozen=True, slots=True)
class Consulted(OnBallot):
    """Another person is asked for an opinion first."""

    to: str = ""
    eligible: bool = True


@dataclass(frozen=True, slots=True)
class OpinionGiven(OnBallot):
    """The person consulted answers; the ballot is its person's again."""


@dataclass(frozen=True, slots=True)
class ConsultEnded(OnBallot):
    """The ballot's person does not wait for the opinion any longer."""


@dataclass(frozen=True, slots=True)
class Added(OnBallot):
    """Another person joins the step before, after or beside the ballot."""

    to: str = ""
    where: Literal["before", "after", "beside"] = "beside"
    eligible: bool = True


@dataclass(frozen=True, slots=True)
class VoterRemoved(OnBallot):
    """The undecided ballot ``target`` is taken out by the person of ``ballot``."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Copied(OnBallot):
    """People are told and may read."""

    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Reassigned(OnBallot):
    """An administrator, or the deactivation of a user, gives an open ballot to another person."""

    to: str = ""


@dataclass(frozen=True, slots=True)
class DecisionUndone(OnBallot):
    """A person takes the own decision back."""


@dataclass(frozen=True, slots=True)
class Urged(Event):
    """Everybody with an open task is reminded."""


@dataclass(frozen=True, slots=True)
class Commented(Event):
    """Somebody writes about it; ``people`` are mentioned."""

    opinion: str = ""
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawn(Event):
    """The submitter takes it back."""

    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """An administrator ends it."""

    opinion: str = ""


@dataclass(frozen=True, slots=True)
class DuePassed(Event):
    """The due time of a run passed."""

    path: Path = ()
    number: int = 1


@dataclass(frozen=True, slots=True)
class SubprocessEnded(Event):
    """The approval that a block started has ended."""

    path: Path = ()
    outcome: str = "approved"


@dataclass(frozen=True, slots=True)
class ApplyFailed(Event):
    """What was approved could not be carried out; ``message`` says why."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class ApplyRetried(Event):
    """It is tried again."""


@dataclass(frozen=True, slots=True)
class ReturnedForRepair(Event):
    """After a failure to carry it out it goes back to the submitter."""

    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Migrated(Event):
    """The instance goes on with another version; ``steps`` maps old names to new ones, missing ones are dropped."""

    steps: tuple[tuple[str, str], ...] = ()


class _Registry:
    """Event classes by the name they have in the log."""

    classes: ClassVar[dict[str, type[Event]]] = {}


def _collect(cls: type[Event]) -> None:
    for one in cls.__subclasses__():
        _Registry.classes[one.__name__] = one
        _collect(one)


_collect(Event)


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON data; what equals its default is left out."""
    found: dict[str, Any] = {"event": type(event).__name__}
    for one in fields(event):
        value = getattr(event, one.name)
        if value != one.default:
            found[one.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Person):
        return {one.name: getattr(value, one.name) for one in fields(value) if getattr(value, one.name) != one.default}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def from_json(data: Mapping[str, Any]) -> Event:
    """Return the event that :func:`to_json` wrote; KeyError for one that this version does not know."""
    given = {key: _value(key, value) for key, value in data.items() if key != "event"}
    return _Registry.classes[data["event"]](**given)


def _value(key: str, value: Any) -> Any:
    if key == "at":
        return datetime.fromisoformat(value)
    if key == "people":
        return tuple(Person(**one) for one in value)
    if key == "steps":
        return tuple((old, new) for old, new in value)
    return tuple(value) if isinstance(value, list) else value
