"""Pages about access: who a record is shared with, transfer, who sees it and why, viewing as somebody else."""

from formline.web.access import explain_routes, integrations, leaving, sharing_routes, transfer_routes, view_as
from formline.web.access.blueprint import blueprint

__all__ = ["blueprint", "explain_routes", "integrations", "leaving", "sharing_routes", "transfer_routes", "view_as"]
