"""Addresses of boards: the page, the next cards of a column, and moving a card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, jsonify, render_template, request, url_for

from formline.catalog.objects import Object
from formline.errors import BudgetError, FormlineError, NotFoundError, ValidationError
from formline.runtime.unit import Change, run_unit
from formline.web.i18n import gettext as _
from formline.web.records import boards, ways
from formline.web.records.blueprint import blueprint
from formline.web.records.list_address import BOARD, read_address
from formline.web.records.move_words import worded
from formline.web.records.refusals import refusal
from formline.web.records.targets import readable_object, record_or_404
from formline.web.records.ways import Way
from formline.web.visit import Visit, visit

Answer = Response | tuple[Response, int]


@blueprint.get("/o/<object_name>/board")
def board_page(object_name: str) -> str:
    """Show the records as cards in columns."""
    here = visit()
    obj = readable_object(here, object_name)
    address, view = read_address(here, obj, request.args, BOARD)
    return render_template("records/board.html", board=boards.build(here, obj, address, view))


@blueprint.get("/o/<object_name>/board/cards")
def board_cards(object_name: str) -> str:
    """Return the next cards of one column."""
    here = visit()
    obj = readable_object(here, object_name)
    address, view = read_address(here, obj, request.args, BOARD)
    state = request.args.get("state", "")
    cards, more = boards.cards_of(here, obj, address, view, state, request.args.get("cursor", ""))
    return render_template("records/_board_cards.html", cards=cards, more=more, can_move=boards.may_move(here, obj))


@blueprint.get("/o/<object_name>/board/heads")
def board_heads(object_name: str) -> Response:
    """Return ``{column: {count, total}}`` as it is now; empty where counting takes too long."""
    here = visit()
    obj = readable_object(here, object_name)
    return jsonify(_heads(here, obj))


@blueprint.post("/o/<object_name>/board/move")
def move_card(object_name: str) -> Answer:
    """Move a card: take the transition that leads there, or set the choice.

    Body: ``{"id": ..., "to": ...}``. Answers ``{"columns": heads}`` when done, ``{"dialog": address}`` where the
    transition asks something first, ``{"detail": reason}`` with 4xx where it is refused.
    """
    here = visit()
    obj = readable_object(here, object_name)
    board = boards.required(here, obj)
    body = request.get_json(silent=True)
    record_id, to = _asked(body if isinstance(body, dict) else {})
    try:
        record = record_or_404(here, obj, record_id)
        if board.group_by in obj.state_fields:
            return _stepped(here, obj, record, board.group_by, to)
        _set(here, obj, record, board.group_by, to)
    except FormlineError as error:
        if error.status >= 500:
            raise
        return refusal(here, obj, error)
    return jsonify(columns=_heads(here, obj))


def _asked(body: Mapping[str, Any]) -> tuple[UUID, str]:
    try:
        return UUID(str(body.get("id"))), str(body.get("to") or "")
    except ValueError:
        raise NotFoundError from None


def _stepped(here: Visit, obj: Object, record: Mapping[str, Any], name: str, to: str) -> Answer:
    """Take the transition of a record that leads to a state, or name the dialog that asks what it needs."""
    fitting = (one for one in ways.ways(here, obj, record) if (one.field, one.to) == (name, to))
    way = next(fitting, None)
    if way is None or way.reason:
        return jsonify(detail=way.reason if way else _no_way(here, obj, name, record, to)), 422
    if way.asks or way.confirm:
        return jsonify(dialog=_dialog(obj, record["id"], way))
    return _taken(here, obj, record, way)


def _taken(here: Visit, obj: Object, record: Mapping[str, Any], way: Way) -> Answer:
    """Take a transition that asks nothing; warnings are shown, and accepted, in its dialog."""
    record_id = record["id"]
    try:
        run_unit(
            here.site,
            here.actor,
            lambda unit: unit.transition(obj.name, [record_id], f"{way.field}.{way.name}", {}),
            source="form",
            locale=here.locale,
        )
    except ValidationError as error:
        if not error.only_warnings:
            raise ValidationError(worded(here, way, record, error.errors)) from None
        return jsonify(dialog=_dialog(obj, record_id, way))
    return jsonify(columns=_heads(here, obj))


def _set(here: Visit, obj: Object, record: Mapping[str, Any], name: str, to: str) -> None:
    """Set the choice that makes the columns.

    Raises:
        ConflictError: somebody else changed the record while the card was in the air.
    """
    change = Change(record["id"], {name: to or None}, record.get("version"))
    run_unit(here.site, here.actor, lambda unit: unit.update(obj.name, [change]), source="form", locale=here.locale)


def _dialog(obj: Object, record_id: UUID, way: Way) -> str:
    return url_for(
        "records.transition_form", object_name=obj.name, record_id=record_id, name=f"{way.field}.{way.name}", stay=1
    )


def _no_way(here: Visit, obj: Object, name: str, record: Mapping[str, Any], to: str) -> str:
    """Say that no step leads there, and which ones there are."""
    field = obj.fields[name]
    target = here.labels.choice(field, to)
    now = here.labels.choice(field, str(record.get(name) or ""))
    open_ways = [one.label for one in ways.ways(here, obj, record) if one.field == name and not one.reason]
    words = {"now": now, "target": target}
    if not open_ways:
        return _("%(now)s cannot become %(target)s here, or not by you.") % words
    joiner = "、" if here.language.startswith("zh") else ", "
    words["steps"] = joiner.join(open_ways)
    return _("%(now)s cannot become %(target)s directly. Possible now: %(steps)s.") % words


def _heads(here: Visit, obj: Object) -> dict[str, dict[str, Any]]:
    address, view = read_address(here, obj, request.args, BOARD)
    try:
        heads = boards.heads_of(here, obj, address, view)
    except BudgetError:
        return {}
    return {name: {"count": head.count, "total": head.total} for name, head in heads.items()}
