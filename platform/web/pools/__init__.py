"""Pages of pools: what waits, claiming, assigning, putting back, and what goes back soon."""

from formline.web.pools import put_back_routes, routes
from formline.web.pools.blueprint import blueprint

__all__ = ["blueprint", "put_back_routes", "routes"]
