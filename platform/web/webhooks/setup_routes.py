"""Setting integrations up: whose rights, which address, which secrets; pausing and resuming. Secrets are shown once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.errors import ConflictError, FormlineError
from formline.runtime.access.administration import grantable, require_grantable
from formline.runtime.outbound import require_address
from formline.runtime.webhooks import bindings, sending
from formline.runtime.webhooks.bindings import Binding
from formline.runtime.webhooks.connectors import Connector, connectors_of
from formline.web import step_up
from formline.web.access.integrations import accounts_of
from formline.web.auth import accounts
from formline.web.i18n import gettext as _
from formline.web.visit import Visit
from formline.web.webhooks.blueprint import blueprint, defined, managing
from formline.web.webhooks.log_routes import entries

if TYPE_CHECKING:
    from formline.catalog.integrations import Integration


@dataclass(frozen=True, slots=True)
class Line:
    """One integration on the list of all."""

    name: str
    label: str
    about: str
    state: str
    tone: str


def state_of(binding: Binding | None) -> tuple[str, str]:
    """Return the state in words and its colour."""
    if binding is None:
        return _("Not set up"), "grey"
    if binding.active:
        return (_("Failing"), "orange") if binding.failures else (_("Active"), "green")
    words = {"failing": _("Paused: it failed too often"), "gone": _("Paused: the address is gone")}
    return words.get(binding.reason or "", _("Paused")), "red" if binding.reason in words else "grey"


@blueprint.get("")
def overview() -> str:
    """List the integrations that the definitions have."""
    here = managing()
    known = bindings.all_of(here.connection, here.site.keys)
    lines = []
    for one in sorted(here.release.catalog.all("integration").values(), key=lambda each: each.name):
        state, tone = state_of(known.get(one.name))
        told = here.labels.plural(here.release.catalog.object(one.object))
        about = (_("Tells: %(object)s") if one.out else _("Takes: %(object)s")) % {"object": told}
        lines.append(Line(one.name, label_of(here, one), f"{about} · {one.connector}", state, tone))
    return render_template("webhooks/overview.html", lines=lines)


@blueprint.get("/<name>")
def setup(name: str) -> str:
    """Show how one integration is set up, and its newest messages."""
    here = managing()
    return page(here, defined(here, name))


def label_of(here: Visit, one: Integration) -> str:
    """Return what an integration is called in the reader's language."""
    return here.labels.text("integration", one.name, "label", one.label)


def page(here: Visit, one: Integration, findings: tuple[str, ...] = (), given: str = "") -> str:
    """Return the page of an integration; ``given`` is a secret or address shown this once."""
    binding = bindings.find(here.connection, here.site.keys, one.name)
    connector = connectors_of(here.site).get(one.connector)
    state, tone = state_of(binding)
    found, before = entries(here, one, request.args.get("before", type=UUID))
    values = {
        "one": one,
        "label": label_of(here, one),
        "binding": binding,
        "connector": connector,
        "host": urlsplit(binding.address).hostname if binding and binding.address else "",
        "accounts": [(str(row["id"]), str(row["name"])) for row in accounts_of(here, here.connection)],
        "state": state,
        "tone": tone,
        "entries": found,
        "before": before,
        "given": given,
    }
    return render_template("webhooks/setup.html", general=findings, warnings=(), **values)


@blueprint.post("/<name>")
def save(name: str) -> Response | tuple[str, int] | str:
    """Keep the account and, where they are given, the address and the secret."""
    here = managing()
    one = defined(here, name)
    step_up.require()
    user_id = request.form.get("account", type=UUID)
    mine = next((row for row in accounts_of(here, here.connection) if row["id"] == user_id), None)
    if user_id is None or mine is None:
        return page(here, one, (_("Choose the account whose rights the integration has."),)), 422
    # Whoever says where the values of an account go could read them: never more than one's own or what one may give.
    require_grantable(here.release, here.actor, set(mine["roles"] or ()) - grantable(here.release, here.actor))
    old = bindings.find(here.connection, here.site.keys, name)
    made = replace(old or Binding(name, user_id), user_id=user_id)
    try:
        made = _addressed(here, one, made, request.form.get("address", "").strip())
    except FormlineError as error:
        return page(here, one, (error.message,)), 422
    made, given = _with_secrets(here, one, made, request.form.get("secret", "").strip())
    _keep(here, made, "integration_set_up")
    return page(here, one, given=given) if given else redirect(url_for("webhooks.setup", name=name, saved=1), 303)


def _addressed(here: Visit, one: Integration, made: Binding, address: str) -> Binding:
    """Return the binding with its address: the one given, or for what arrives a path of our own."""
    if not one.out:
        return made if made.key else made.with_new_key()
    if not address and made.address:
        return made
    require_address(address)
    if here.site.settings.production and not address.startswith("https://"):
        raise FormlineError(_("Only https addresses are told of records."))
    return replace(made, address=address)


def _with_secrets(here: Visit, one: Integration, made: Binding, secret: str) -> tuple[Binding, str]:
    """Return the binding with the secret given or a first one, and what must be shown once."""
    connector: Connector | None = connectors_of(here.site).get(one.connector)
    if secret:
        return made.with_new_secret(here.now, secret), ""
    if made.secrets or (one.out and connector is not None and not connector.makes_secret):
        return made, ""
    made = made.with_new_secret(here.now)
    return made, _shown(here, one, made)


def _shown(here: Visit, one: Integration, made: Binding) -> str:
    secret = made.secrets[0].text
    return secret if one.out else f"{_arrives_at(here, made)}\n{secret}"


def _arrives_at(here: Visit, made: Binding) -> str:
    path = url_for("hooks.take", name=made.name, key=made.key)
    return here.site.settings.address + path


def _keep(here: Visit, made: Binding, event: str) -> None:
    with here.site.writing() as writing:
        bindings.save(writing, here.site.keys, made, here.now, here.actor.user_id)
        accounts.record_event(writing, here.actor.user_id, event, {"integration": made.name})


def _changed(name: str, event: str, change: Callable[[Visit, Binding], Binding]) -> tuple[Visit, Integration, Binding]:
    """Change one that is set up, after asking who it is."""
    here = managing()
    one = defined(here, name)
    step_up.require()
    old = bindings.find(here.connection, here.site.keys, name)
    if old is None:
        raise ConflictError(_("Set the integration up first."))
    made = change(here, old)
    _keep(here, made, event)
    return here, one, made


@blueprint.post("/<name>/secret")
def new_secret(name: str) -> str:
    """Make a new secret and show it this once; the one before counts for a week more."""
    here, one, made = _changed(name, "integration_secret", lambda here, old: old.with_new_secret(here.now))
    return page(here, one, given=made.secrets[0].text)


@blueprint.post("/<name>/address")
def new_address(name: str) -> str:
    """Make a new path for what arrives and show it this once; the one before ends."""
    here, one, made = _changed(name, "integration_address", lambda _here, old: old.with_new_key())
    return page(here, one, given=_arrives_at(here, made))


@blueprint.post("/<name>/<any(pause, resume):act>")
def switch(name: str, act: str) -> Response:
    """Pause an integration, or let it go on with what waits."""
    state = {"pause": (bindings.PAUSED, "person"), "resume": (bindings.ACTIVE, None)}[act]
    here, _one, _made = _changed(
        name, f"integration_{act}d", lambda _here, old: replace(old, state=state[0], reason=state[1])
    )
    if act == "resume":
        with here.site.writing() as writing:
            sending.resume(writing, name, here.now)
    return redirect(url_for("webhooks.setup", name=name, saved=1), 303)
