"""Pages of segments: all of them with how many records are in each, and the profile of one."""

from formline.web.segments import routes
from formline.web.segments.blueprint import blueprint

__all__ = ["blueprint", "routes"]
