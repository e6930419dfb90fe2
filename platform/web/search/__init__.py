"""The search over all records, and the command menu: to any record, list, form or action by typing."""

from formline.web.search import routes
from formline.web.search.routes import blueprint

__all__ = ["blueprint", "routes"]
