"""Taking an upload in: what it is, whether it fits its field, its bytes into the store; attaching it comes later."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select, update

from formline.errors import AccessDeniedError, FormlineError, NotFoundError
from formline.fields.field import Field
from formline.fields.files import ACCEPTED, MEGABYTE, USUAL, Attachment, FileBase, accepted, accepted_words, max_bytes
from formline.runtime.access.rights import rights
from formline.runtime.files import detection, images
from formline.runtime.files.storage import THUMBNAIL, store_of
from formline.runtime.keys import uuid7
from formline.runtime.limited import LimitedError
from formline.runtime.tables import file

if TYPE_CHECKING:
    from formline.catalog.objects import Object
    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.site import Site

LONGEST_NAME = 150
_BLOCK = 1 << 20
#: Unicode's control, format, surrogate and line signs: they hide what a name says.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: The largest file attached to a record as a whole, in bytes.
ATTACHMENT_BYTES = 50 * MEGABYTE


class UploadError(FormlineError):
    """An upload that was not kept: its kind, its size, a full store, or what a scanner said."""

    code = "upload"
    status = 422


@dataclass(frozen=True, slots=True)
class Target:
    """Where an upload is to go: a field, or a record of the object as a whole where ``field`` is None."""

    object: Object
    field: Field | None

    @property
    def words(self) -> tuple[str, ...]:
        """The kinds of files taken."""
        return USUAL if self.field is None else accepted_words(self.field)

    @property
    def most(self) -> int:
        """The size of the largest file taken, in bytes."""
        return ATTACHMENT_BYTES if self.field is None else max_bytes(self.field)

    @property
    def redrawn(self) -> bool:
        """Whether pictures are made anew."""
        return self.field is not None and isinstance(self.field.type, FileBase) and self.field.type.redrawn


def target_of(release: Release, actor: Actor, object_name: str, field_name: str = "") -> Target:
    """Return where an upload may go.

    Raises:
        NotFoundError: no such object, or no such field of files, for this actor.
        AccessDeniedError: the actor may not write there.
    """
    access = rights(release, actor)
    if object_name not in release.catalog.objects or not access.object(object_name).can("read"):
        raise NotFoundError("There is no such object.")
    described, own = release.catalog.object(object_name), access.object(object_name)
    if not field_name:
        if not described.attachments or not own.can("update"):
            raise AccessDeniedError("You may not attach files here.")
        return Target(described, None)
    field = described.fields.get(field_name)
    if field is None or not isinstance(field.type, FileBase) or own.level_of(field_name).best == "hidden":
        raise NotFoundError("There is no such field for files.")
    if field_name not in own.writable:
        raise AccessDeniedError("You may not write this field.")
    return Target(described, field)


def stage(site: Site, actor: Actor, target: Target, name: str, stream: IO[bytes]) -> Attachment:
    """Keep an upload until a record names it; the bytes are read in blocks and never held whole.

    Raises:
        UploadError: it does not fit the field, or there is no room.
    """
    clean = clean_name(name)
    with _folder(site) as folder:
        source = folder / "upload"
        size = _copy(stream, source, min(target.most, site.settings.max_body))
        media_type = detection.media_type_of(source, clean)
        _refuse_kind(target, media_type)
        scan(site, source, clean, media_type)
        source, media_type, thumbnail = _pictures(target, source, media_type)
        clean = _named_as(clean, media_type) if target.redrawn else clean
        size = source.stat().st_size
        attachment = Attachment(uuid7(), clean, media_type, size)
        key = secrets.token_hex(20)
        with site.writing() as connection:
            _refuse_full(site, connection, actor, size)
            connection.execute(
                insert(file).values(
                    id=attachment.id,
                    sha256=_hash(source),
                    name=clean,
                    media_type=media_type,
                    size=size,
                    storage_key=key,
                    thumbnail=thumbnail is not None,
                    inline=target.redrawn,
                    state="uploading",
                    object_id=site.release.physical[target.object.name].id,
                    field_id=_field_id(site.release, target),
                    created_at=datetime.now(UTC),
                    created_by=actor.user_id,
                )
            )
        store = store_of(site)
        store.put(key, source)
        if thumbnail is not None:
            store.put(key + THUMBNAIL, thumbnail)
        with site.writing() as connection:
            connection.execute(update(file).where(file.c.id == attachment.id).values(state="staged"))
    return attachment


def clean_name(name: str) -> str:
    """Return a name without folders, control and direction signs, cut to a length that file systems take."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in base if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip(
        " ."
    )
    if len(kept) > LONGEST_NAME:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if dot and len(ending) <= 10 else ""
        kept = (stem if ending else kept)[: LONGEST_NAME - len(ending)] + ending
    return kept or "file"


def _field_id(release: Release, target: Target) -> int | None:
    return None if target.field is None else release.physical[target.object.name].fields[target.field.name].id


@contextmanager
def _folder(site: Site) -> Iterator[Path]:
    """Yield a folder of the site's own for the time of one upload."""
    parent = site.settings.data_dir / "uploads"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent)).absolute()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(stream: IO[bytes], target: Path, most: int) -> int:
    size = 0
    with target.open("wb") as written:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > most:
                raise UploadError(f"The file is larger than {most // MEGABYTE} MB.", code="file_size")
            written.write(block)
    if not size:
        raise UploadError("The file is empty.", code="file_size")
    return size


def _hash(source: Path) -> str:
    with source.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _refuse_kind(target: Target, media_type: str) -> None:
    if media_type not in accepted(target.words):
        taken = ", ".join(word.replace("_", " ") for word in target.words)
        raise UploadError("This kind of file is not taken here.", code="file_type", hint=f"taken are: {taken}")


def scan(site: Site, source: Path, name: str, media_type: str) -> None:
    """Ask the plug-ins that look into files; UploadError where one refuses it."""
    if site.plugins is None:
        return
    for reason in site.plugins.hook.scan_file(path=source, name=name, media_type=media_type):
        if reason:
            raise UploadError(f"The file was refused: {reason}", code="file_refused")


def _pictures(target: Target, source: Path, media_type: str) -> tuple[Path, str, Path | None]:
    """Return the file to keep, its media type, and its small version where it is a picture."""
    if media_type not in ACCEPTED["image"]:
        return source, media_type, None
    small = source.with_name("small")
    try:
        images.shrink(source, small)
        if target.redrawn:
            drawn = source.with_name("drawn")
            media_type = images.redraw(source, drawn)
            source = drawn
    except LimitedError as error:
        if target.redrawn:
            raise UploadError(error.message, code="file_damaged") from error
        return source, media_type, None
    return source, media_type, small


def _named_as(name: str, media_type: str) -> str:
    """Return a name whose ending tells what the picture is now."""
    ending = ".jpg" if media_type == "image/jpeg" else ".png"
    stem, ext = os.path.splitext(name)
    fits = {".jpg": (".jpg", ".jpeg"), ".png": (".png",)}[ending]
    return name if ext.lower() in fits else f"{stem}{ending}"


def _refuse_full(site: Site, connection: Connection, actor: Actor, size: int) -> None:
    """Compare with what the site, and the person, may keep altogether; 0 is no limit."""
    total = select(func.coalesce(func.sum(file.c.size), 0))
    limits = (
        (site.settings.file_quota_mb, total, "The site has no room for more files."),
        (site.settings.user_file_quota_mb, total.where(file.c.created_by == actor.user_id), "You have no room left."),
    )
    for megabytes, statement, message in limits:
        if megabytes and connection.execute(statement).scalar_one() + size > megabytes * MEGABYTE:
            raise UploadError(message, code="file_quota", hint="delete files, or ask the operator for more room")
