"""What it takes to go from the live release to a candidate, and what stands in the way; changes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection

from formline.catalog.plan_hooks import plan_problems
from formline.catalog.security import SecurityChange, security_diff
from formline.errors import Level, Problem
from formline.runtime import fence
from formline.runtime.candidates import Candidate
from formline.runtime.collecting import collecting_rarely
from formline.runtime.migration import kept_values, ledger, preview, referrers, removals, steps
from formline.runtime.migration.identity import Identity, match
from formline.runtime.migration.operations import Operation, operations_of
from formline.runtime.migration.upgrade_conflicts import upgrade_conflicts
from formline.runtime.physical import PhysicalMap
from formline.runtime.release import Release
from formline.runtime.releases import unfinished
from formline.runtime.site import Site


@dataclass(frozen=True)
class Plan:
    """A plan against one state of the site; another state makes it stale.

    ``changed`` are the objects whose place may have changed. ``blockers`` must be mended first. ``losses`` are rows
    that would not convert exactly; apply wants them accepted where values would be missing afterwards. ``security``
    lists who may do more or less than before.
    """

    base: int | None
    revision: int
    candidate: Candidate
    physical: PhysicalMap
    changed: tuple[str, ...]
    operations: tuple[Operation, ...]
    steps: tuple[steps.Step, ...]
    blockers: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    losses: tuple[preview.Loss, ...] = ()
    security: tuple[SecurityChange, ...] = ()
    going_back: bool = False

    @property
    def number(self) -> int:
        """The number the release would get if nothing was abandoned before."""
        return (self.base or 0) + 1

    @property
    def empty(self) -> bool:
        """Whether the candidate is what is live already."""
        return not self.operations and not self.candidate.errors

    @property
    def failing_rows(self) -> int:
        """How many values would be missing after the conversion."""
        return sum(loss.failed for loss in self.losses)

    @property
    def opened_rows(self) -> int:
        """How many secret values would be readable afterwards."""
        return sum(loss.total - loss.failed for loss in self.losses if loss.sealing == "opened")

    def objects(self, kind: str) -> frozenset[str]:
        """Return the objects that are added or removed whole, as ``kind`` says."""
        found = (one.what.removeprefix("object/") for one in self.operations if one.kind == kind)
        return frozenset(name for name in found if "." not in name and "/" not in name)

    def to_json(self) -> dict[str, Any]:
        """Return what is shown and kept with the release."""
        return {
            "base": self.base,
            "operations": [asdict(one) for one in self.operations],
            "blockers": [str(one) for one in self.blockers],
            "warnings": [str(one) for one in self.warnings],
            "losses": [asdict(one) for one in self.losses],
            "security": [asdict(one) for one in self.security],
        }


@dataclass(frozen=True)
class _Found:
    """What was read of the site in one connection."""

    live: fence.Live
    old: Release | None
    identity: Identity
    new: Release
    problems: list[Problem] = field(default_factory=list)


@collecting_rarely()
def plan(site: Site, candidate: Candidate, *, back_to: PhysicalMap | None = None) -> Plan:
    """Return the plan that makes ``candidate`` live.

    ``back_to`` is (a part of) the map of an earlier release: things of these names get those ids and columns again.
    """
    with site.reading(patient=True) as connection:
        found = _find(site, connection, candidate, back_to)
        losses = preview.losses(connection, found.old, found.new, found.identity) if found.old else ()
        found.problems.extend(preview.duplicates(connection, found.old, found.new, found.identity))
        found.problems.extend(removals.warnings(connection, found.old, found.new, found.identity))
        if found.old is not None:
            days = site.settings.quarantine_days
            found.problems.extend(kept_values.left_behind(losses, found.live.release, days))
            found.problems.extend(kept_values.comes_back_empty(connection, found.old, found.identity, days))
        if found.old is not None and not candidate.errors:
            found.problems.extend(referrers.problems(connection, found.old, found.new))
        operations = () if candidate.errors else operations_of(found.old, found.new, found.identity)
    back = back_to is not None
    if found.old:
        found.problems.extend(upgrade_conflicts(found.old.catalog, candidate.catalog))
        found.problems.extend(plan_problems(found.old.catalog, candidate.catalog, back=back))
    blockers = [*candidate.errors, *(one for one in found.problems if one.level is Level.ERROR)]
    warnings = [one for one in (*candidate.problems, *found.problems) if one.level is Level.WARNING]
    security = tuple(security_diff(found.old.catalog, candidate.catalog, back=back)) if found.old else ()
    return Plan(
        base=found.live.release,
        revision=found.live.revision,
        candidate=candidate,
        physical=found.new.physical,
        changed=tuple(found.identity.objects),
        operations=operations,
        steps=() if candidate.errors else steps.steps_of(found.old, found.new, found.identity),
        blockers=tuple(blockers),
        warnings=tuple(warnings),
        losses=losses,
        security=security,
        going_back=back,
    )


def _find(site: Site, connection: Connection, candidate: Candidate, back_to: PhysicalMap | None) -> _Found:
    live = fence.read_live(connection)
    problems = [_unfinished(connection)]
    if candidate.errors:
        # A catalog with mistakes cannot be compiled; the plan shows them and nothing else.
        empty = Identity(PhysicalMap({}), {}, ())
        return _Found(live, None, empty, site.release_of(0, candidate.catalog, PhysicalMap({})), _some(problems))
    old = site.load(connection, live.release) if live.release is not None else None
    before = (old.catalog, old.physical) if old else None
    identity = match(before, candidate.catalog, ledger.read(connection), back_to)
    back = back_to is not None
    new = site.release_of((live.release or 0) + 1, candidate.catalog, identity.physical, going_back=back)
    return _Found(live, old, identity, new, _some(problems))


def _unfinished(connection: Connection) -> Problem | None:
    running = unfinished(connection)
    if running is None:
        return None
    message = f"The apply of release {running.number} is not finished."
    return Problem("apply-unfinished", message, "run `formline apply --resume`, or `formline apply --abandon`")


def _some(problems: list[Problem | None]) -> list[Problem]:
    return [problem for problem in problems if problem is not None]
