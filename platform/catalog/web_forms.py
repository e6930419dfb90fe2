"""Forms that people outside fill in, and mails that become records the same way: built here, checked beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.fields.defaults import value_of
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object
    from formline.metadata.layers import Definition

#: More links than this in one text, and a submission waits for a person; where the definition says nothing.
MOST_LINKS = 2
#: Types whose controls ask the site something that only its own people may ask, or take markup.
NOT_FOR_GUESTS = frozenset(
    {"lookup", "parent", "user", "many_to_many", "tags", "rich_text", "json", "signature", "encrypted_text", "barcode"}
)


@dataclass(frozen=True, slots=True)
class FormField:
    """One input: ``label`` and ``help`` are "" where the field's own are used; ``required`` on this form besides."""

    name: str
    label: str = ""
    help: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Replies:
    """What an answer to a mail becomes: a record of ``object`` whose ``link`` is what the first mail became."""

    object: str
    link: str
    subject: str
    text: str
    address: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MailPart:
    """Which fields take the parts of a mail, "" where none does; ``values`` in place of the form's own.

    ``number`` is the field whose text in a subject says what a mail answers.
    """

    subject: str
    text: str
    address: str
    person: str
    files: str
    number: str
    values: Mapping[str, Any]
    replies: Replies | None

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a mail fills."""
        return frozenset(filter(None, (self.subject, self.text, self.address, self.person, self.files)))


@dataclass(frozen=True)
class WebForm:
    """A form: what a guest may fill in, and what the form itself adds.

    ``values`` are typed literals or compiled expressions by field; ``accepts`` are origins whose pages may frame it;
    ``redirect`` is a path of this site, "" for the page that thanks.
    """

    name: str
    label: str
    help: str
    object: str
    record_type: str
    fields: tuple[FormField, ...]
    values: Mapping[str, Any]
    thanks_title: str
    thanks: str
    consent: str
    redirect: str
    accepts: tuple[str, ...]
    proof: bool
    most_links: int
    languages: tuple[str, ...]
    mail: MailPart | None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields on the page."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def writable(self) -> Mapping[str, frozenset[str]]:
        """What a guest may write by object: the listed fields, and those that a mail fills."""
        own = frozenset(self.names) | (self.mail.fields if self.mail else frozenset())
        found = {self.object: own | ({"record_type"} if self.record_type else frozenset())}
        if self.mail is not None and self.mail.replies is not None:
            replies = self.mail.replies
            found[replies.object] = frozenset(filter(None, (replies.subject, replies.text, replies.address)))
        return MappingProxyType(found)

    def values_for(self, object_name: str, *, mailed: bool) -> Mapping[str, Any]:
        """Return what the form itself sets on a new record of an object."""
        if mailed and self.mail is not None:
            if self.mail.replies is not None and object_name == self.mail.replies.object:
                return self.mail.replies.values
            return self.mail.values
        return self.values


def build_web_form(catalog: Catalog, definition: Definition) -> WebForm:
    """Make a form of a checked definition."""
    data = definition.data
    object_ = catalog.object(str(data["object"]))
    thanks: Mapping[str, Any] = data.get("thanks") or {}
    return WebForm(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("help") or ""),
        object_.name,
        str(data.get("record_type") or ""),
        tuple(_field(name, one or {}) for name, one in data["fields"].items()),
        _values(object_, data.get("set")),
        str(thanks.get("title") or ""),
        str(thanks.get("message") or ""),
        str((data.get("consent") or {}).get("message") or ""),
        str(data.get("redirect") or ""),
        tuple(data.get("accepts") or ()),
        bool(data.get("proof_of_work")),
        int(data.get("most_links", MOST_LINKS)),
        tuple(data.get("languages") or ()),
        _mail(catalog, object_, data["mail"]) if "mail" in data else None,
    )


def _field(name: str, data: Mapping[str, Any]) -> FormField:
    return FormField(name, str(data.get("label") or ""), str(data.get("help") or ""), bool(data.get("required")))


def _values(object_: Object, data: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return MappingProxyType({name: value_of(object_.fields[name], raw) for name, raw in (data or {}).items()})


def _mail(catalog: Catalog, object_: Object, data: Mapping[str, Any]) -> MailPart:
    answers: Mapping[str, Any] | None = data.get("replies")
    replies = None
    if answers is not None:
        other = catalog.object(str(answers["object"]))
        replies = Replies(
            other.name,
            str(answers["link"]),
            str(answers.get("subject") or ""),
            str(answers.get("text") or ""),
            str(answers.get("address") or ""),
            _values(other, answers.get("set")),
        )
    return MailPart(
        str(data.get("subject") or ""),
        str(data.get("text") or ""),
        str(data.get("address") or ""),
        str(data.get("person") or ""),
        str(data.get("files") or ""),
        str(data.get("number") or ""),
        _values(object_, data.get("set")),
        replies,
    )


def forms_of(catalog: Catalog, object_name: str) -> Iterator[WebForm]:
    """Yield the forms that make records of an object, or replies to them."""
    for form in catalog.all("web_form").values():
        if object_name in form.writable:
            yield form
