"""Files in a folder of this machine, or of one that all processes share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from formline.errors import NotFoundError


class LocalStore:
    """Keeps each file under its key, in subfolders of the key's first letters."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made with the first file."""
        self._folder = folder.absolute()

    def put(self, key: str, source: Path) -> None:
        """Copy beside the place, then rename: nobody ever reads half a file."""
        target = self._place(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        shutil.copyfile(source, partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)

    def path(self, key: str) -> Path:
        """Return where the file is."""
        place = self._place(key)
        if not place.is_file():
            raise NotFoundError("The file is not in the store.")
        return place

    def delete(self, key: str) -> None:
        """Remove the file, and what an interrupted copy left."""
        place = self._place(key)
        place.unlink(missing_ok=True)
        place.with_name(f"{place.name}.partial").unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:4] / key
