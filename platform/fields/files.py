"""Files: any, pictures, signatures. A value names stored files; the bytes, and who may read them, are elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from formline.expressions.storage_types import Codes
from formline.expressions.types import MULTI_CHOICE, Type
from formline.fields.base import FieldType, Parameter, Part, ValueProblem
from formline.fields.field import BOOLEAN, Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

#: What ``accept`` may name, and the media types each stands for; the type is that of the bytes, whatever the name says.
ACCEPTED: Mapping[str, frozenset[str]] = {
    "pdf": frozenset({"application/pdf"}),
    "jpeg": frozenset({"image/jpeg"}),
    "png": frozenset({"image/png"}),
    "image": frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}),
    "word": frozenset(
        {"application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    ),
    "excel": frozenset(
        {"application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    ),
    "powerpoint": frozenset(
        {"application/vnd.ms-powerpoint", "application/vnd.openxmlformats-officedocument.presentationml.presentation"}
    ),
    "open_document": frozenset(
        {
            "application/vnd.oasis.opendocument.text",
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/vnd.oasis.opendocument.presentation",
        }
    ),
    "text": frozenset({"text/plain", "text/csv"}),
    "zip": frozenset({"application/zip"}),
    "audio": frozenset({"audio/mpeg", "audio/mp4", "audio/x-wav", "audio/ogg", "audio/aac", "audio/amr"}),
    "video": frozenset({"video/mp4", "video/webm", "video/quicktime"}),
    "xml": frozenset({"text/xml"}),
    "html": frozenset({"text/html"}),
    "svg": frozenset({"image/svg+xml"}),
}
#: What a field takes that names nothing: no markup, which a browser might run.
USUAL = ("pdf", "image", "word", "excel", "powerpoint", "open_document", "text", "zip", "audio", "video")
PICTURES = ("image",)
MEGABYTE = 1 << 20

ACCEPT = Parameter(
    "accept",
    {"type": "array", "items": {"enum": list(ACCEPTED)}, "minItems": 1, "uniqueItems": True},
    "The kinds of files taken, by what their bytes are; documents, pictures, sound and archives where left out.",
)
MULTIPLE = Parameter("multiple", BOOLEAN, "True: the field holds several files.", default=False)
MAX_SIZE = Parameter(
    "max_size", {"type": "integer", "minimum": 1, "maximum": 1024}, "The largest file, in megabytes.", default=20
)


class Attachment(NamedTuple):
    """One file as a record's field names it; everything but the id is written by the platform.

    ``size`` is in bytes. In the column it is one text: id, size, media type and name with blanks between.
    """

    id: UUID
    name: str = ""
    media_type: str = ""
    size: int = 0

    @classmethod
    def of(cls, text: str) -> Attachment:
        """Read the text of a column, or an id alone; ValueProblem where it is neither."""
        key, size, media_type, name = (*text.strip().split(" ", 3), "", "", "")[:4]
        try:
            return cls(UUID(key), name, media_type, int(size or 0))
        except ValueError:
            raise ValueProblem("not_a_file", "Upload a file first, then give its id.") from None

    def __str__(self) -> str:
        """Return the text of the column."""
        return f"{self.id} {self.size} {self.media_type} {self.name}" if self.media_type else str(self.id)

    @property
    def is_image(self) -> bool:
        """Whether it is a picture made of pixels."""
        return self.media_type in ACCEPTED["image"]


def attachments_of(value: Any) -> tuple[Attachment, ...]:
    """Return the files a field's value names, in order."""
    return tuple(Attachment.of(text) for text in value or ())


class FileBase(FieldType):
    """What all fields of files share: a value is a tuple of texts, see :class:`Attachment`."""

    form_control = edit_cell = "file"
    read_control = list_cell = "file"
    operators: ClassVar[tuple[str, ...]] = ("is_null",)
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    #: Whether pictures are made anew from their pixels when they are uploaded.
    redrawn: ClassVar[bool] = False

    def expression_type(self, field: Field) -> Type:
        """Several names: empty or not, and how many."""
        return MULTI_CHOICE

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One column that names the files."""
        return (Part("", Codes()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> tuple[str, ...] | None:
        """Take ids of uploaded files, or maps with ``id``; what else is said about a file is replaced when saved."""
        if isinstance(raw, str):
            raw = [line for line in raw.split("\n") if line.strip()]
        items = [raw] if isinstance(raw, Mapping | UUID) else raw or ()
        if not isinstance(items, list | tuple | set | frozenset):
            raise ValueProblem("not_a_file", "Upload a file first, then give its id.")
        found = {one.id: one for one in (_attachment(item) for item in items if item)}
        return tuple(str(one) for one in found.values()) or None

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Refuse several files in a field for one."""
        if len(value) > 1 and not is_multiple(field):
            yield "too_many_files", "Only one file fits here."

    def to_json(self, field: Field, value: Any) -> Any:
        """Return the file as a map, or a list of them where several fit."""
        if value is None:
            return None
        found = [one._asdict() | {"id": str(one.id)} for one in attachments_of(value)]
        return found if is_multiple(field) else found[0]

    def json_schema(self, field: Field) -> dict[str, Any]:
        """The file's id to write; a map with its name, media type and size in answers."""
        one = {
            "anyOf": [
                {"type": "string", "format": "uuid", "description": "The id that the upload answered with."},
                {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "name": {"type": "string"},
                        "media_type": {"type": "string"},
                        "size": {"type": "integer", "description": "In bytes."},
                    },
                },
            ]
        }
        return {"type": "array", "items": one} if is_multiple(field) else one

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the names of the files."""
        return ", ".join(one.name for one in attachments_of(value))

    def sample(self, field: Field, seed: int) -> tuple[str, ...]:
        """Return a file of a made-up id."""
        return (str(Attachment(UUID(int=seed + 1), f"sample {seed}.png", "image/png", 1024 + seed)),)


@register
class File(FileBase):
    """Documents and other files, kept as they were uploaded."""

    name, label, icon = "file", "File", "paperclip"
    parameters = (MULTIPLE, ACCEPT, MAX_SIZE)


@register
class Image(FileBase):
    """Pictures, made anew from their pixels without places and other hidden data, with a small version for lists."""

    name, label, icon = "image", "Image", "photo"
    parameters = (MULTIPLE, MAX_SIZE)
    form_control = edit_cell = "image"
    read_control = list_cell = "image"
    redrawn = True


@register
class Signature(FileBase):
    """A signature drawn on the screen, or a name typed instead; kept as a picture."""

    name, label, icon = "signature", "Signature", "signature"
    form_control = edit_cell = "signature"
    read_control = list_cell = "image"
    redrawn = True


def is_multiple(field: Field) -> bool:
    """Return whether several files fit."""
    return bool(field.params.get("multiple"))


def accepted_words(field: Field) -> tuple[str, ...]:
    """Return the words of the kinds of files a field takes."""
    return PICTURES if field.type.name in ("image", "signature") else tuple(field.params.get("accept") or USUAL)


def accepted(words: Iterable[str]) -> frozenset[str]:
    """Return the media types that words such as ``pdf`` stand for."""
    return frozenset(type_ for word in words for type_ in ACCEPTED[word])


def max_bytes(field: Field) -> int:
    """Return the size of the largest file a field takes, in bytes."""
    return int(field.params.get("max_size") or MAX_SIZE.default) * MEGABYTE


def _attachment(item: Any) -> Attachment:
    if isinstance(item, Mapping):
        size, name, media_type = item.get("size"), item.get("name"), item.get("media_type")
        told = isinstance(size, int) and isinstance(name, str) and isinstance(media_type, str) and " " not in media_type
        one = Attachment.of(str(item.get("id") or ""))
        return Attachment(one.id, str(name), str(media_type), int(size or 0)) if told else Attachment(one.id)
    return Attachment.of(str(item))
