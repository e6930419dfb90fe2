"""What gave a record its score."""

from formline.web.scores.routes import blueprint

__all__ = ["blueprint"]
