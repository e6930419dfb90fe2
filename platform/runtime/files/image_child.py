"""The child process of images.py: reads one picture, writes one; it imports nothing of ours that opens a site."""

from __future__ import annotations

import sys

from formline.runtime.limited import enter

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


def main(arguments: list[str]) -> int:
    """Carry out ``redraw source target pixels`` or ``shrink source target pixels side``; print the media type."""
    task, source, target, pixels, *rest = enter(arguments)
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own limit is asked before any pixel is read
    try:
        with Image.open(source, formats=_FORMATS) as opened:
            if opened.width * opened.height > int(pixels):
                print("The picture has too many pixels.", file=sys.stderr)
                return 1
            drawn: Image.Image = ImageOps.exif_transpose(opened)
            opaque = drawn.mode in ("RGB", "L", "CMYK")
            drawn = drawn.convert("RGB" if opaque else "RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        print("The picture cannot be read.", file=sys.stderr)
        return 1
    if task == "shrink":
        side = int(rest[0])
        drawn.thumbnail((side, side))
    # A new picture holds the pixels and nothing that came with them.
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    if task == "redraw" and opaque and opened.format == "JPEG":
        clean.save(target, "JPEG", quality=90)
        print("image/jpeg")
    else:
        clean.save(target, "PNG", optimize=task == "shrink")
        print("image/png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
