"""Storefronts: the pages people outside open by a link, and where people inside make and end such links."""

from formline.web.storefronts import link_routes
from formline.web.storefronts.blueprint import blueprint
from formline.web.storefronts.public_routes import public

__all__ = ["blueprint", "link_routes", "public"]
