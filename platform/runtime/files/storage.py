"""Where the bytes of files are: the contract of a store, and which one a site has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from formline.runtime.site import Site

THUMBNAIL = ".thumbnail"


class FileStore(Protocol):
    """Keeps bytes under keys that are never reused, so that what was read once stays right."""

    def put(self, key: str, source: Path) -> None:
        """Keep the content of a file on disk; whole or not at all."""

    def path(self, key: str) -> Path:
        """Return a file on disk with the bytes of a key; NotFoundError where there are none."""

    def delete(self, key: str) -> None:
        """Forget a key; one that is not there is no error."""


_stores: WeakKeyDictionary[Site, FileStore] = WeakKeyDictionary()


def store_of(site: Site) -> FileStore:
    """Return the store that the site's settings name, opened once per process."""
    if site not in _stores:
        _stores[site] = _open(site)
    return _stores[site]


def forget(site: Site, keys: Iterable[str]) -> None:
    """Delete the bytes of files and their small pictures; done after the commit that no longer names them."""
    store = store_of(site)
    for key in keys:
        store.delete(key + THUMBNAIL)
        store.delete(key)


def _open(site: Site) -> FileStore:
    if site.settings.file_store == "s3":
        # Imported here: boto3 is large, and most sites keep files in a folder.
        from formline.runtime.files.s3 import S3Store

        return S3Store(site.settings)
    from formline.runtime.files.local import LocalStore

    return LocalStore(site.settings.data_dir / "files")
