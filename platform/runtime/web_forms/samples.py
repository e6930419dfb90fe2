"""Forms of sample data: sent as people outside send them, so that a demo has some that wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from formline.runtime.web_forms import submitting
from formline.runtime.web_forms.storage import Sent

if TYPE_CHECKING:
    from formline.catalog.web_forms import WebForm
    from formline.runtime.site import Site


def send_samples(site: Site) -> int:
    """Send the forms of all sample data, each once; return how many wait for a person.

    Raises:
        ValidationError: one that nobody could send.
    """
    catalog = site.release.catalog
    held = 0
    for name in catalog.names("sample_data"):
        for number, one in enumerate(catalog.source("sample_data", name).data.get("sent", ())):
            form: WebForm = catalog.get("web_form", one["form"])
            sent = Sent(form.name, f"sample {name} {number}", dict(one["values"]), one.get("language", "en"))
            outcome = submitting.submit(site, form, sent, datetime.now(UTC), tuple(one.get("reasons", ())))
            held += outcome.held
    return held
