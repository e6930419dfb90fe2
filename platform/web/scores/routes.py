"""The dialog of a record's scores: each criterion with the points it gives now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for

from formline.catalog.objects import Object
from formline.errors import NotFoundError
from formline.runtime.access.permitted import record_rights
from formline.web import fragments
from formline.web.access import answers
from formline.web.i18n import gettext as _
from formline.web.records.actions import PROVIDERS, Action
from formline.web.visit import Visit, visit
from formline.workflow.scores.definition import Score, scores_of
from formline.workflow.scores.keeping import read
from formline.workflow.scores.points import total

blueprint = Blueprint("scores", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """One score: its points, and (sign and points, criterion, whether it gives) of each factor."""

    label: str
    points: str
    factors: tuple[tuple[str, str, bool], ...]


def actions(here: Visit, obj: Object, record: Mapping[str, Any]) -> Iterable[Action]:
    """Yield the way to the reasons of the scores that the reader may read; one alone is named with its points."""
    rated = [one for one in _readable(here, obj, record["id"]) if record.get(one.field) is not None]
    if rated:
        one = rated[0]
        label = f"{_label(here, one)} {here.formats.number(record[one.field])}" if len(rated) == 1 else _("Scores")
        address = url_for("scores.dialog", object_name=obj.name, record_id=record["id"])
        yield Action(label, address, "chart-bar", dialog=True)


PROVIDERS.append(actions)


@blueprint.get("/o/<object_name>/<uuid:record_id>/scores")
def dialog(object_name: str, record_id: UUID) -> str:
    """Show what gave a record its points, as of now."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    scores = _readable(here, obj, record_id)
    if not scores:
        raise NotFoundError
    shown = []
    for score in scores:
        found = read(here.connection, here.release, score, [record_id], here.now).get(record_id)
        if found is not None:
            lines = tuple(
                (
                    f"{'+' if one.points > 0 else ''}{here.formats.number(one.points)}",
                    here.labels.text("score", score.name, f"criteria.{one.criterion.name}.label", one.criterion.label),
                    one.points > 0,
                )
                for one in sorted(found, key=lambda one: -abs(one.points))
            )
            shown.append(Shown(_label(here, score), here.formats.number(total(score, found)), lines))
    return fragments.dialog("scores/dialog.html", _("Why this score"), scores=shown)


def _label(here: Visit, score: Score) -> str:
    return here.labels.text("score", score.name, "label", score.label)


def _readable(here: Visit, obj: Object, record_id: UUID) -> list[Score]:
    """Return the scores whose points the reader may read on this record."""
    scores = scores_of(here.release, obj.name)
    if not scores:
        return []
    found = record_rights(here.connection, here.release, here.actor, obj.name, [record_id]).get(record_id)
    return [one for one in scores if found is not None and found.field(one.field) in ("read", "edit")]
