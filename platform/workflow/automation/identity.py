"""Whose rights a run has: those of who caused it as they are now, an integration user's, or the platform's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from formline.errors import AccessDeniedError, FormlineError
from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.access.loading import load_actor
from formline.workflow.automation.definition import SYSTEM, TRIGGERING
from formline.workflow.automation.runs import Cause

if TYPE_CHECKING:
    from formline.runtime.release import Release

#: What a list of a state, an approval or a service level runs as: it follows from the definition.
PROCESS = "process"


class NoOwnerError(FormlineError):
    """Nobody is there whose rights the run could have."""

    code = "automation_no_owner"
    status = 409


def actor_of(connection: Connection, release: Release, run_as: str, cause: Cause) -> Actor:
    """Return who acts in a run.

    Raises:
        NoOwnerError: whoever caused it, or the integration user, may not act any more.
    """
    if run_as in (SYSTEM, PROCESS):
        return Actor.system()
    if run_as != TRIGGERING:
        return _integration(connection, release, run_as)
    kind = ActorKind(cause.actor_kind)
    if kind is ActorKind.SYSTEM:
        return Actor.system()
    if cause.actor_id is None:
        raise NoOwnerError("Nobody who could act caused this.", hint="name an integration user under run_as")
    try:
        return load_actor(connection, release, cause.actor_id, kind=kind)
    except AccessDeniedError as error:
        message = "Whoever caused this may not act any more: it needs an owner."
        raise NoOwnerError(message, hint="let somebody else run it again") from error


def _integration(connection: Connection, release: Release, login: str) -> Actor:
    model = release.model("user")
    found = select(model.id).where(model.column("login") == login, model.deleted_at.is_(None))
    key = connection.execute(found).scalar()
    try:
        if key is not None:
            return load_actor(connection, release, key, kind=ActorKind.INTEGRATION)
    except AccessDeniedError:
        pass
    raise NoOwnerError(f"There is no active integration user {login}.", hint="create it, or change run_as")
