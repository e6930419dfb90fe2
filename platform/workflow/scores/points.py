"""The arithmetic of scores, over what was read of a record: pure, and the same on every database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal

from formline.workflow.scores.definition import Criterion, Decay, Score

_EXACT = Context(prec=30)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Read:
    """What a criterion reads of one record: whether it is met, its points, the date that decay counts from."""

    met: bool
    points: Decimal | None
    since: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Factor:
    """Points that a criterion gave or took, to two places."""

    criterion: Criterion
    points: Decimal


def factors(score: Score, reads: Sequence[Read], now: datetime, zone: tzinfo) -> list[Factor]:
    """Return what each criterion gives now; those that give nothing are left out."""
    found = []
    for criterion, read in zip(score.criteria, reads, strict=True):
        points = _points(criterion, read, now, zone) if read.met else Decimal(0)
        if points:
            found.append(Factor(criterion, points))
    return found


def total(score: Score, found: Sequence[Factor]) -> Decimal:
    """Return the sum within the score's bounds."""
    points = sum((one.points for one in found), Decimal(0))
    if score.least is not None:
        points = max(points, score.least)
    return points if score.most is None else min(points, score.most)


def grade(score: Score, points: Decimal) -> str | None:
    """Return the best grade that the points reach."""
    return next((name for least, name in score.grades if points >= least), None)


def _points(criterion: Criterion, read: Read, now: datetime, zone: tzinfo) -> Decimal:
    points = read.points or Decimal(0)
    if criterion.at_most is not None:
        points = max(-criterion.at_most, min(points, criterion.at_most))
    if criterion.decay is not None:
        points = points * _left(criterion.decay, read.since, now, zone)
    return points.quantize(_CENT, ROUND_HALF_UP)


def _left(decay: Decay, since: date | datetime | None, now: datetime, zone: tzinfo) -> Decimal:
    """Return the share of the points that is left, 0 to 1; what lies ahead has not begun to fade."""
    if since is None:
        return Decimal(0)
    start = since if isinstance(since, datetime) else datetime.combine(since, time.min, zone).astimezone(UTC)
    passed = max(now - start, timedelta())
    if decay.half_life is not None:
        return _EXACT.power(Decimal("0.5"), _ratio(passed, decay.half_life))
    whole = decay.gone_after or timedelta(days=1)
    return max(Decimal(0), 1 - _ratio(passed, whole))


def _ratio(left: timedelta, right: timedelta) -> Decimal:
    second = timedelta(seconds=1)
    return _EXACT.divide(Decimal(left // second), Decimal(right // second))
