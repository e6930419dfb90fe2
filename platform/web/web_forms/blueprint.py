"""The blueprint of the pages about web forms for people inside, and who may open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from formline.errors import AccessDeniedError, NotFoundError
from formline.web import places
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, visit

if TYPE_CHECKING:
    from formline.catalog.web_forms import WebForm

RIGHT = "manage_integrations"
blueprint = Blueprint("web_forms", __name__, url_prefix="/forms")


def manages(here: Visit) -> bool:
    """Return whether the person switches forms on and off."""
    return here.rights.may(RIGHT)


def judges(here: Visit, form: WebForm) -> bool:
    """Return whether the person decides what becomes a record: who may bring in such records from outside."""
    access = here.rights.object(form.object)
    return access.can("create") and access.can("import")


def forms_for(here: Visit) -> tuple[WebForm, ...]:
    """Return the forms whose page a person may open."""

    def fitting() -> tuple[WebForm, ...]:
        every = here.release.catalog.all("web_form").values()
        return tuple(one for one in every if manages(here) or judges(here, one))

    return here.compiled(("web forms", here.rights), fitting)


def opened(name: str) -> tuple[Visit, WebForm]:
    """Return the visit and a form.

    Raises:
        NotFoundError: there is no such form.
        AccessDeniedError: the person neither manages forms nor decides about this one.
    """
    here = visit()
    if not here.release.catalog.has("web_form", name):
        raise NotFoundError
    form: WebForm = here.release.catalog.get("web_form", name)
    if form not in forms_for(here):
        raise AccessDeniedError(_("This page is for those who bring in such records from outside."))
    return here, form


places.add(
    places.Place(
        "web_forms", N_("Web forms"), "forms", "/forms", "web_forms.overview", lambda here: bool(forms_for(here)), 30
    )
)
