"""Pages around the records: what was deleted, what runs, who changed what, how the site is."""

from formline.web.administration import (
    audit_routes,
    bin_routes,
    given_up_routes,
    job_routes,
    script_routes,
    system_routes,
)
from formline.web.administration.blueprint import blueprint

__all__ = ["audit_routes", "bin_routes", "blueprint", "given_up_routes", "job_routes", "script_routes", "system_routes"]
