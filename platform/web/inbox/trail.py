"""The printed trail of an approval: what was asked, who decided what when, with opinions and signatures, as a PDF."""

from __future__ import annotations

from uuid import UUID

from flask import Response, render_template

from formline.runtime.files.staging import clean_name
from formline.runtime.printing.pdf import make_pdf
from formline.web import limits
from formline.web.files.sending import SANDBOX, disposition
from formline.web.i18n import gettext as _
from formline.web.inbox import decision
from formline.web.inbox.blueprint import blueprint
from formline.web.printing.document import STYLES
from formline.web.visit import visit

_MORE = """
h1 { font-size: 15pt; margin: 0 0 2mm } h2 { font-size: 11.5pt; margin: 5mm 0 1mm } .muted { color: #666 }
del { color: #888 } ins { text-decoration: none; font-weight: bold }
svg.signed { width: 40mm; height: 12mm; fill: none; stroke: #1d2b53; stroke-width: 5 }
"""


@blueprint.get("/approvals/<uuid:approval_id>/trail.pdf")
def trail(approval_id: UUID) -> Response:
    """Send the trail of an approval that the person may see."""
    here = visit()
    page = decision.read(here, approval_id)
    limits.spend_both(limits.PRINT, here.actor.user_id)
    html = render_template("inbox/trail.html", page=page, printed=here.formats.datetime(here.now))
    styles = STYLES % {"paper": "A4", "turned": "portrait"} + _MORE
    response = Response(make_pdf(html, styles, {}), mimetype="application/pdf")
    name = clean_name(f"{_('Approval')} {page.title}.pdf")
    response.headers["Content-Disposition"] = disposition("attachment", name)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
