"""Pictures made anew from their pixels, and small versions of them; the pixels are read by a limited child process."""

from __future__ import annotations

from pathlib import Path

from formline.runtime.limited import run_limited

#: More pixels than this are not read: 50 megapixels.
MOST_PIXELS = 50_000_000
#: The longer side of a small version.
THUMBNAIL_SIDE = 320
_CHILD = "formline.runtime.files.image_child"


def redraw(source: Path, target: Path) -> str:
    """Write the picture in ``source`` anew to ``target`` and return its media type, JPEG or PNG.

    Turned the way its camera held it; everything that is no pixel, such as places and names, is left out.

    Raises:
        LimitedError: it is no picture, is damaged, or has more than 50 megapixels.
    """
    return run_limited(_CHILD, ["redraw", source, target, str(MOST_PIXELS)]).decode().strip()


def shrink(source: Path, target: Path) -> None:
    """Write a small version (PNG) of the picture in ``source`` to ``target``; raises as :func:`redraw`."""
    run_limited(_CHILD, ["shrink", source, target, str(MOST_PIXELS), str(THUMBNAIL_SIDE)])
