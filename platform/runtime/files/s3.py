"""Files in a bucket of S3 or a service that speaks its protocol; the one module that may use boto3.

The endpoint is the operator's setting, never a user's, so the rules about addresses of others do not apply.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from formline.errors import NotFoundError
from formline.settings import Settings

#: Files read are kept on disk this long: keys are never reused, so they cannot be stale.
KEPT_SECONDS = 86_400
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Store:
    """Keeps each file as an object; reading one brings it to a folder of this machine first."""

    def __init__(self, settings: Settings) -> None:
        """Make the client; nothing is sent yet."""
        self._bucket = settings.s3_bucket
        self._folder = (settings.data_dir / "cache" / "files").absolute()
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint or None,
            region_name=settings.s3_region or None,
            aws_access_key_id=settings.s3_access_key or None,
            aws_secret_access_key=settings.s3_secret_key or None,
            config=Config(
                connect_timeout=5, read_timeout=30, retries={"max_attempts": 3}, s3={"addressing_style": "path"}
            ),
        )

    def put(self, key: str, source: Path) -> None:
        """Send the file in parts; an object appears when all of it is there."""
        self._client.upload_file(str(source), self._bucket, key)

    def path(self, key: str) -> Path:
        """Return a copy on this machine, fetched where there is none."""
        place = self._folder / key
        if place.is_file():
            return place
        self._folder.mkdir(parents=True, exist_ok=True)
        self._forget_old()
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="partial-")
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                self._client.download_fileobj(self._bucket, key, target)
            partial.replace(place)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                raise NotFoundError("The file is not in the store.") from None
            raise
        finally:
            partial.unlink(missing_ok=True)
        return place

    def delete(self, key: str) -> None:
        """Remove the object and the copy."""
        self._client.delete_object(Bucket=self._bucket, Key=key)
        (self._folder / key).unlink(missing_ok=True)

    def _forget_old(self) -> None:
        before = time.time() - KEPT_SECONDS
        for place in self._folder.iterdir():
            try:
                if place.stat().st_mtime < before:
                    place.unlink(missing_ok=True)
            except FileNotFoundError:  # another process was quicker
                continue
