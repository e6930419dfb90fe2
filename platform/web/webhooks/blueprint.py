"""The blueprint of the pages about integrations; its views live beside it, by subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from formline.errors import NotFoundError
from formline.web.auth import login
from formline.web.visit import Visit, visit

if TYPE_CHECKING:
    from formline.catalog.integrations import Integration

RIGHT = "manage_integrations"
blueprint = Blueprint("webhooks", __name__, url_prefix="/integrations/connections")


def managing() -> Visit:
    """Return the visit of somebody who manages integrations."""
    login.require_admin(RIGHT)
    return visit()


def defined(here: Visit, name: str) -> Integration:
    """Return an integration.

    Raises:
        NotFoundError: the release has none of this name.
    """
    if not here.release.catalog.has("integration", name):
        raise NotFoundError
    found: Integration = here.release.catalog.get("integration", name)
    return found
