"""Static files: names from the build's manifest, immutable caching, pre-compressed answers, the icon sprite.

Nothing here is about one visitor; a file's name holds its hash, so it never changes.
"""

from __future__ import annotations

import json
import mimetypes
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, send_from_directory
from markupsafe import Markup

FOLDER = Path(__file__).parent / "static"
MANIFEST = FOLDER / "dist" / "manifest.json"
IMMUTABLE = "public, max-age=31536000, immutable"
ICON = Markup('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>')
NAMED_ICON = Markup('<svg class="i" role="img" aria-label="{}"><use href="{}#{}"/></svg>')


class Assets:
    """Addresses of the built files by the name they have in the sources."""

    def __init__(self, manifest: Path = MANIFEST) -> None:
        self._manifest = manifest
        self._icons: dict[str, Markup] = {}

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """Return the manifest: ``{name: {"file": path below static, "imports": [paths]}}``."""
        try:
            read: dict[str, dict[str, Any]] = json.loads(self._manifest.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise FileNotFoundError(f"{self._manifest} is missing: run `make frontend` once.") from None
        return read

    def asset(self, name: str) -> str:
        """Return the address of a built file, such as ``app.js``."""
        try:
            return f"/static/{self.files[name]['file']}"
        except KeyError:
            raise KeyError(f"The build made no {name}; it made {', '.join(sorted(self.files))}.") from None

    def preload(self, name: str) -> list[str]:
        """Return the addresses of the modules that a built file imports at once."""
        return [f"/static/{path}" for path in self.files[name].get("imports", ())]

    def icon(self, name: str, label: str = "") -> Markup:
        """Return an icon of the sprite; with a label it has a name of its own, without it is decoration."""
        if label:
            return NAMED_ICON.format(label, self.asset("icons.svg"), name)
        drawn = self._icons.get(name)
        if drawn is None:
            drawn = self._icons[name] = ICON.format(self.asset("icons.svg"), name)
        return drawn


def serve_static(filename: str) -> Response:
    """Send a static file, compressed where the build left a ``.gz`` and the browser takes it."""
    packed = f"{filename}.gz"
    if "gzip" in request.headers.get("Accept-Encoding", "") and (FOLDER / packed).is_file():
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        response = send_from_directory(FOLDER, packed, mimetype=kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = send_from_directory(FOLDER, filename)
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Vary"] = "Accept-Encoding"
    return response


def install(app: Flask) -> None:
    """Serve ``/static/…`` and give the templates ``asset``, ``preload`` and ``icon``."""
    assets = Assets()
    app.add_url_rule("/static/<path:filename>", "static", serve_static)
    app.jinja_env.globals.update(asset=assets.asset, preload=assets.preload, icon=assets.icon)
