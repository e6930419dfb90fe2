"""Taking a list out as a file: the dialog, the history of one's exports, the download."""

from formline.web.exporting.routes import blueprint

__all__ = ["blueprint"]
