"""Web forms: the pages that people outside fill in, and those where people inside see what waits of them."""

from formline.web.web_forms import queue_routes, setup_routes
from formline.web.web_forms.blueprint import blueprint
from formline.web.web_forms.public_routes import public

__all__ = ["blueprint", "public", "queue_routes", "setup_routes"]
