"""Liveness and readiness for load balancers; they say nothing about data and need no session."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from formline.errors import FormlineError
from formline.web.visit import connection, site

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    """Say whether the database answers and a release is loaded."""
    try:
        connection().execute(text("SELECT 1"))
        release = site().release
    except (SQLAlchemyError, FormlineError) as error:
        return jsonify(status="unavailable", reason=type(error).__name__), 503
    return jsonify(status="ok", release=release.number), 200
