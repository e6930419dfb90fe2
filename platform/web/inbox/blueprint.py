"""The blueprint that the routes of this package register with, and its entry in the navigation; nothing else."""

from flask import Blueprint

from formline.web import places
from formline.web.i18n import N_

blueprint = Blueprint("inbox", __name__)

places.add(
    places.Place(
        "inbox",
        N_("Approvals"),
        "inbox",
        "/inbox",
        "inbox.page",
        may_open=lambda visit: bool(visit.release.catalog.all("approval")),
        order=-10,
        waiting=lambda visit: visit.waiting,
    )
)
