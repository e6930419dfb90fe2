"""Integrations' side of the web: the addresses where their messages arrive, the pages where they are set up."""

from formline.web.webhooks import log_routes, setup_routes
from formline.web.webhooks.arriving import arriving
from formline.web.webhooks.blueprint import blueprint

__all__ = ["arriving", "blueprint", "log_routes", "setup_routes"]
