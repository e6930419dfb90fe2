"""The application factory: puts the parts of the web layer together; no page and no rule of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from formline.runtime.site import Site
from formline.web import (
    access,
    administration,
    api,
    assignment,
    automation,
    duplicates,
    error_pages,
    exporting,
    files,
    frame,
    headers,
    health,
    home,
    i18n,
    importing,
    inbox,
    live,
    notifications,
    pools,
    printing,
    proxies,
    records,
    scim,
    scores,
    search,
    segments,
    shell,
    states,
    static_files,
    step_up,
    storefronts,
    templating,
    visit,
    web_forms,
    webhooks,
)
from formline.web.auth import blueprint as auth_blueprint
from formline.web.auth import login


class Application(Flask):
    """Flask without looking at every call whether a view or hook is a coroutine: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


def create_app(site: Site) -> Flask:
    """Return the WSGI application that serves a site."""
    app = Application("formline.web", static_folder=None)
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
    access.view_as.install(app)
    csrf = CSRFProtect(app)
    csrf.exempt(api.blueprint)  # the API takes bearer tokens only, never a cookie
    csrf.exempt(scim.blueprint)
    csrf.exempt(notifications.leaving)  # its links are signed
    csrf.exempt(webhooks.arriving)  # messages of programs, signed
    csrf.exempt(web_forms.public)  # who sends is nobody: there is no session to misuse
    csrf.exempt(storefronts.public)  # the link itself is the secret, and nobody is signed in
    shell.install(app)
    frame.install(app, weak_scripts=settings.scripts == "weak")
    live.install(app, site)
    error_pages.install(app)
    step_up.install(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(auth_blueprint)
    app.register_blueprint(records.blueprint)
    app.register_blueprint(home.blueprint)
    app.register_blueprint(access.blueprint)
    app.register_blueprint(administration.blueprint)
    app.register_blueprint(automation.blueprint)
    app.register_blueprint(notifications.blueprint)
    app.register_blueprint(notifications.leaving)
    app.register_blueprint(search.blueprint)
    app.register_blueprint(files.blueprint)
    app.register_blueprint(printing.blueprint)
    app.register_blueprint(pools.blueprint)
    app.register_blueprint(assignment.blueprint)
    app.register_blueprint(scores.blueprint)
    app.register_blueprint(states.blueprint)
    app.register_blueprint(segments.blueprint)
    app.register_blueprint(duplicates.blueprint)
    app.register_blueprint(importing.blueprint)
    app.register_blueprint(exporting.blueprint)
    app.register_blueprint(inbox.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(scim.blueprint)
    app.register_blueprint(webhooks.arriving)
    app.register_blueprint(webhooks.blueprint)
    app.register_blueprint(storefronts.public)
    app.register_blueprint(storefronts.blueprint)
    app.register_blueprint(web_forms.public)
    app.register_blueprint(web_forms.blueprint)
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
