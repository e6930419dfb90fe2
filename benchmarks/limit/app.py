"""The limit application: Flask and SQLAlchemy Core over one table, written by hand and with care."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from flask import Flask, Response, abort, g, request
from sqlalchemy import Engine, bindparam, insert, select, tuple_, update

from benchmarks.limit.tables import FIELDS, PHASES, audit, deal, token, user
from formline.runtime.keys import uuid7

COLUMNS = ("id", "name", "customer", "phase", "amount", "closes_on")
WHOLE = ("id", "version", "owner", *FIELDS)
NUMBERS = frozenset({"amount", "probability", "discount"})

AUTHENTICATE = (
    select(user.c.id, user.c.name, token.c.epoch)
    .join(token, token.c.user_id == user.c.id)
    .where(token.c.hash == bindparam("hash"))
)
_list = select(*(deal.c[name] for name in (*COLUMNS, "created_at"))).where(
    deal.c.phase == bindparam("phase"), deal.c.deleted_at.is_(None)
)
FIRST_PAGE = _list.order_by(deal.c.created_at.desc(), deal.c.id.desc()).limit(21)
NEXT_PAGE = FIRST_PAGE.where(
    tuple_(deal.c.created_at, deal.c.id)
    < tuple_(bindparam("at", type_=deal.c.created_at.type), bindparam("after", type_=deal.c.id.type))
)
ONE = select(*(deal.c[name] for name in WHOLE)).where(deal.c.id == bindparam("key"), deal.c.deleted_at.is_(None))
LOCKED = ONE.with_for_update(key_share=True)
INSERT = insert(deal)
AUDIT = insert(audit)

LIST_PAGE = """<!doctype html><html lang="en"><head><title>Deals</title></head><body><h1>Deals</h1>
<table><thead><tr>{% for c in columns %}<th>{{ c }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr><td><a href="/deal/{{ row.id }}">{{ row.name }}</a></td><td>{{ row.customer }}</td>
<td><span class="pill">{{ row.phase }}</span></td><td>{{ row.amount }}</td><td>{{ row.closes_on }}</td></tr>
{% endfor %}</tbody></table></body></html>"""
EDIT_PAGE = """<!doctype html><html lang="en"><head><title>{{ row.name }}</title></head><body><form method="post">
{% for name in fields %}<div class="f"><label for="f-{{ name }}">{{ name }}</label>
{% if name == 'phase' %}<select id="f-phase" name="phase">
{% for p in phases %}<option{{ ' selected' if p == row.phase }}>{{ p }}</option>{% endfor %}</select>
{% elif name == 'note' %}<textarea id="f-note" name="note">{{ row.note or '' }}</textarea>
{% elif name == 'hot' %}<input type="checkbox" id="f-hot" name="hot"{{ ' checked' if row.hot }}>
{% else %}<input id="f-{{ name }}" name="{{ name }}" value="{{ row[name] if row[name] is not none }}">{% endif %}</div>
{% endfor %}<button>Save</button></form></body></html>"""


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body, default=str), status, content_type="application/json")


def _validated(body: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """Check a payload as one would by hand and return typed values."""
    if set(body) - set(FIELDS) or (whole and not body.get("name")):
        abort(422)
    values = dict(body)
    for name in NUMBERS & body.keys():
        values[name] = Decimal(str(body[name]))
        if values[name] < 0:
            abort(422)
    if "phase" in body and body["phase"] not in PHASES:
        abort(422)
    for name in ("closes_on", "engaged_on"):
        if isinstance(body.get(name), str):
            values[name] = datetime.strptime(body[name], "%Y-%m-%d").replace(tzinfo=UTC).date()
    if isinstance(body.get("last_call"), str):
        values["last_call"] = datetime.fromisoformat(body["last_call"])
    return values


def create_app(read: Engine, write: Engine) -> Flask:
    """Return the application on an engine for reading (autocommit) and one for writing."""
    app = Flask(__name__)
    list_page = app.jinja_env.from_string(LIST_PAGE)
    edit_page = app.jinja_env.from_string(EDIT_PAGE)

    @app.before_request
    def authenticate() -> None:
        given = request.headers.get("Authorization", "")
        digest = hashlib.sha256(given.removeprefix("Bearer ").encode()).hexdigest()
        g.connection = read.connect()
        row = g.connection.execute(AUTHENTICATE, {"hash": digest}).first()
        if row is None:
            abort(401)
        g.user_id = row.id

    @app.teardown_request
    def release(error: BaseException | None) -> None:
        connection = g.pop("connection", None)
        if connection is not None:
            connection.close()

    @app.get("/api/ping")
    def ping() -> Response:
        return _json({"ok": True})

    def page() -> tuple[list[Any], str | None]:
        cursor = request.args.get("cursor")
        values: dict[str, Any] = {"phase": request.args.get("phase", "open")}
        statement = FIRST_PAGE
        if cursor:
            at, after = orjson.loads(base64.urlsafe_b64decode(cursor))
            values |= {"at": datetime.fromisoformat(at), "after": UUID(after)}
            statement = NEXT_PAGE
        rows = g.connection.execute(statement, values).all()
        more = None
        if len(rows) > 20:
            more = base64.urlsafe_b64encode(orjson.dumps([rows[19].created_at, rows[19].id])).decode()
        return list(rows[:20]), more

    @app.get("/api/deal")
    def list_deals() -> Response:
        rows, more = page()
        return _json({"data": [dict(zip(COLUMNS, row, strict=False)) for row in rows], "next": more})

    @app.get("/api/deal/<uuid:key>")
    def get_deal(key: UUID) -> Response:
        row = g.connection.execute(ONE, {"key": key}).first()
        if row is None:
            abort(404)
        return _json(dict(zip(WHOLE, row, strict=True)))

    @app.post("/api/deal")
    def create_deal() -> Response:
        values = _validated(orjson.loads(request.get_data()), whole=True)
        now = datetime.now(UTC)
        key = uuid7()
        with write.begin() as connection:
            connection.execute(
                INSERT, {**values, "id": key, "owner": g.user_id, "version": 1, "created_at": now, "updated_at": now}
            )
            connection.execute(AUDIT, _audit(key, now, "created", values))
        return _json({"id": key, "version": 1}, 201)

    @app.patch("/api/deal/<uuid:key>")
    def update_deal(key: UUID) -> Response:
        values = _validated(orjson.loads(request.get_data()), whole=False)
        now = datetime.now(UTC)
        with write.begin() as connection:
            row = connection.execute(LOCKED, {"key": key}).mappings().first()
            if row is None:
                abort(404)
            changes = {name: [row[name], value] for name, value in values.items() if row[name] != value}
            statement = update(deal).where(deal.c.id == key)
            connection.execute(statement.values(**values, version=row["version"] + 1, updated_at=now))
            connection.execute(AUDIT, _audit(key, now, "updated", changes))
        return _json({"id": key, "version": row["version"] + 1})

    def _audit(key: UUID, now: datetime, action: str, changes: Any) -> dict[str, Any]:
        text = orjson.dumps(changes, default=str).decode()
        return {"id": uuid7(), "deal_id": key, "user_id": g.user_id, "at": now, "action": action, "changes": text}

    @app.get("/deal")
    def html_list() -> str:
        rows, _more = page()
        return list_page.render(rows=rows, columns=COLUMNS[1:])

    @app.get("/deal/<uuid:key>/edit")
    def html_edit(key: UUID) -> str:
        row = g.connection.execute(ONE, {"key": key}).mappings().first()
        if row is None:
            abort(404)
        return edit_page.render(row=row, fields=FIELDS, phases=PHASES)

    return app
