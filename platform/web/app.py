"""The application factory: puts the parts of the web layer together; no page and no rule of its own."""

from __future__ import annotations

import secrets

from flask import Flask, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from formline.runtime.site import Site
from formline.web import (
    api,
    error_pages,
    frame,
    headers,
    health,
    i18n,
    proxies,
    records,
    shell,
    static_files,
    templating,
    visit,
)
from formline.web.auth import blueprint as auth_blueprint
from formline.web.auth import login


def create_app(site: Site) -> Flask:
    """Return the WSGI application that serves a site."""
    app = Flask("formline.web", static_folder=None)
    settings = site.settings
    app.config.update(
        SECRET_KEY=site.keys.key("web").hex(),
        MAX_CONTENT_LENGTH=settings.max_body,
        MAX_FORM_PARTS=5_000,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session
        WTF_CSRF_SSL_STRICT=settings.production,
        TEMPLATES_AUTO_RELOAD=False,
    )
    visit.install(app, site)
    proxies.install(app, settings.trusted_proxies)
    app.before_request(name_request)
    headers.install(app, secure=settings.production)
    i18n.install(app)
    static_files.install(app)
    templating.install(app)
    login.install(app, site)
    csrf = CSRFProtect(app)
    csrf.exempt(api.blueprint)  # the API takes bearer tokens only, never a cookie
    shell.install(app)
    frame.install(app)
    error_pages.install(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(auth_blueprint)
    app.register_blueprint(records.blueprint)
    app.register_blueprint(api.blueprint)
    app.after_request(tell_request)
    return app


def name_request() -> None:
    """Give the request a name that its log lines and its error page share."""
    g.request_id = secrets.token_hex(6)


def tell_request(response: Response) -> Response:
    """Put the request's name into the answer."""
    if not request.path.startswith("/static/"):
        response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
