"""The web layer: pages, sign-in and API on Flask. It imports every layer below; none imports it."""

from formline.web.app import create_app

__all__ = ["create_app"]
