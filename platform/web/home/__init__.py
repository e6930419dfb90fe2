"""Home pages and dashboards: which one a person gets, what its widgets say, how a person arranges them."""

from formline.web.home import edit_routes, routes
from formline.web.home.blueprint import blueprint

__all__ = ["blueprint", "edit_routes", "routes"]
