"""The import wizard: a file, its columns, the words in it, the rehearsal, the run, what was rejected, the undo."""

from formline.web.importing import mending_routes, routes
from formline.web.importing.blueprint import blueprint

__all__ = ["blueprint", "mending_routes", "routes"]
