"""Small files of several kinds, made when asked for."""

from __future__ import annotations

import io

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def photo(width: int = 640, height: int = 480, *, where: str = "Shenzhen, room 12") -> bytes:
    """Return a JPEG that says in its hidden data where it was taken."""
    picture = Image.new("RGB", (width, height), (200, 40, 40))
    exif = Image.Exif()
    exif[0x010E] = where  # ImageDescription
    written = io.BytesIO()
    picture.save(written, "JPEG", exif=exif)
    return written.getvalue()


def drawing() -> bytes:
    """Return a PNG with a transparent ground, as a signature has."""
    written = io.BytesIO()
    Image.new("RGBA", (200, 80), (0, 0, 0, 0)).save(written, "PNG")
    return written.getvalue()
