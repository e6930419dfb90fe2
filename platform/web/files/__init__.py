"""Files in the browser: uploading into a form, downloading, pictures, what is attached to a record."""

from formline.web.files import routes
from formline.web.files.routes import blueprint

__all__ = ["blueprint", "routes"]
