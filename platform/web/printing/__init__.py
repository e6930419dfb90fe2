"""Documents made of records: the button, the filled template, the PDF."""

from formline.web.printing.routes import blueprint

__all__ = ["blueprint"]
