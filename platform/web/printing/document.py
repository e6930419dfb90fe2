"""A print template filled for one record and one reader: HTML, styles and the pictures it may show."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from markupsafe import Markup

from formline.catalog.objects import Object
from formline.catalog.printing import Block, Placeholder, PrintTemplate, Text, placeholders
from formline.errors import NotFoundError
from formline.fields.field import Field
from formline.fields.files import attachments_of
from formline.runtime.files import reading
from formline.runtime.printing.values import computed, holds
from formline.runtime.queries import Query, fetch, get
from formline.web.printing.texts import filtered, text_of
from formline.web.records.targets import field_at, path_label, titles_of
from formline.web.visit import Visit

MOST_ROWS = 500
STYLES = """
@page { size: %(paper)s %(turned)s; margin: 20mm 18mm;
        @bottom-center { content: counter(page) " / " counter(pages); font-size: 8pt; color: #666 } }
html { font-family: "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
       "WenQuanYi Zen Hei", sans-serif; font-size: 10.5pt; line-height: 1.6 }
table { width: 100%%; border-collapse: collapse; margin: 4mm 0 }
th, td { border: 0.5pt solid #999; padding: 1.5mm 2mm; text-align: left; vertical-align: top }
th { background: #f0f0f0 } td.number, th.number { text-align: right } tr { break-inside: avoid }
.watermark { position: fixed; top: 40%%; left: 0; right: 0; text-align: center; transform: rotate(-30deg);
             font-size: 90pt; color: rgba(200, 0, 0, 0.12) }
"""


@dataclass
class Document:
    """What the PDF is made of; ``assets`` are pictures by the name the HTML has for them."""

    html: str
    styles: str
    file_name: str
    assets: dict[str, bytes] = field(default_factory=dict)


def filled(visit: Visit, obj: Object, template: PrintTemplate, record_id: UUID) -> Document:
    """Return a template filled with what the person may read of a record they may read.

    Raises:
        NotFoundError: the template is not for this record.
    """
    conditions = [template.when, template.watermark_when, *(block.when for block in template.body)]
    allowed, marked, *shown = holds(visit.connection, visit.release, visit.actor, obj.name, record_id, conditions)
    if not allowed:
        raise NotFoundError
    blocks = [block for block, there in zip(template.body, shown, strict=True) if there]
    writer = _Writer(visit, obj, record_id, [*(block.text for block in blocks), template.file_name])
    body = Markup("").join(writer.block(block) for block in blocks)
    watermark = Markup('<div class="watermark">{}</div>').format(template.watermark) if template.watermark else ""
    page = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head><body>{}{}</body>'
    )
    name = "".join(writer.pieces(template.file_name)).strip() or template.label
    html = page.format(visit.language.replace("_", "-"), name, watermark if marked else "", body)
    turned = "landscape" if template.landscape else "portrait"
    styles = STYLES % {"paper": template.paper, "turned": turned} + template.style
    return Document(str(html), styles, f"{name}.pdf", writer.assets)


class _Writer:
    """Writes the parts of one document; everything its texts need is read at once."""

    def __init__(self, visit: Visit, obj: Object, record_id: UUID, texts: list[Text]) -> None:
        self.visit = visit
        self.object = obj
        self.record_id = record_id
        self.assets: dict[str, bytes] = {}
        wanted = [one for text in texts for one in placeholders(text)]
        found = {one.source: field_at(visit, obj, one.source) if one.is_path else None for one in wanted}
        self.fields = {path: known for path, known in found.items() if known is not None}
        args = (visit.connection, visit.release, visit.actor, obj.name, record_id)
        self.record = get(*args, tuple(self.fields) or ("id",))
        self.values = computed(*args, [one.source for one in wanted if not one.is_path])
        self.titles = titles_of(visit, referenced(self.fields, [self.record]))

    def block(self, block: Block) -> Markup:
        """Return one part as markup."""
        if block.kind == "text":
            # The markup is the definition's own; what is filled in is escaped, its lines stay lines.
            written = (
                Markup("<br>").join(text.split("\n")) if filled_in else Markup(text)  # noqa: S704
                for text, filled_in in self._told(block.text)
            )
            return Markup("").join(written)
        if block.kind == "table":
            return self._table(block)
        if block.kind == "image":
            return self._images(block)
        return self._code(block)

    def pieces(self, text: Text) -> Iterator[str]:
        """Yield the pieces of a text as plain text."""
        return (piece for piece, _filled in self._told(text))

    def _told(self, text: Text) -> Iterator[tuple[str, bool]]:
        for piece in text:
            yield (self._value(piece), True) if isinstance(piece, Placeholder) else (piece, False)

    def _value(self, placeholder: Placeholder) -> str:
        path = placeholder.source
        known = self.fields.get(path)
        value = self.record.get(path) if known is not None else self.values.get(path, (None, None))[1]
        if placeholder.filter:
            return filtered(placeholder.filter, value)
        return text_of(self.visit, known, value, self.record, path, self.titles)

    def _table(self, block: Block) -> Markup:
        link = self.object.child(block.name)
        if link is None or not self.visit.rights.object(link.object).can("read"):
            return Markup("")
        child = self.visit.release.catalog.object(link.object)
        paths = block.columns or tuple(f.name for f in child.declared if f.name != link.field)[:6]
        columns = [(path, known) for path in paths if (known := field_at(self.visit, child, path)) is not None]
        where = {"field": link.field, "op": "contains" if link.many else "eq", "value": self.record_id}
        query = Query(child.name, tuple(p for p, _ in columns), where, sort=(("created_at", False),), limit=MOST_ROWS)
        rows = fetch(self.visit.connection, self.visit.release, self.visit.actor, query).rows
        titles = titles_of(self.visit, referenced(dict(columns), rows))
        sides = {path: "number" if known.value_type.is_number else "" for path, known in columns}
        head = Markup("").join(
            Markup('<th class="{}">{}</th>').format(sides[path], path_label(self.visit, child, path))
            for path, _ in columns
        )
        lines = Markup("").join(
            Markup("<tr>{}</tr>").format(
                Markup("").join(
                    Markup('<td class="{}">{}</td>').format(
                        sides[path],
                        text_of(self.visit, known, row.get(path), row, path, titles),
                    )
                    for path, known in columns
                )
            )
            for row in rows
        )
        return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, lines)

    def _images(self, block: Block) -> Markup:
        if not self.visit.rights.object(self.object.name).shown(block.name):
            return Markup("")
        value = get(
            self.visit.connection, self.visit.release, self.visit.actor, self.object.name, self.record_id, (block.name,)
        ).get(block.name)
        written = []
        for one in attachments_of(value if isinstance(value, tuple) else ()):
            found = reading.readable(self.visit.connection, self.visit.release, self.visit.actor, one.id)
            if found.inline or found.thumbnail:
                path = reading.on_disk(self.visit.site, found, small=not found.inline)
                written.append(self._picture(str(one.id), path.read_bytes(), block.width))
        return Markup("").join(written)

    def _code(self, block: Block) -> Markup:
        import segno

        drawn = io.BytesIO()
        segno.make("".join(self.pieces(block.text)) or "-", micro=False).save(drawn, kind="png", scale=8, border=2)
        return self._picture(block.name, drawn.getvalue(), block.width)

    def _picture(self, name: str, content: bytes, width: int) -> Markup:
        self.assets[name] = content
        return Markup('<img src="asset:{}" alt="" style="width: {}mm">').format(name, width)


def referenced(fields: Mapping[str, Field], rows: Iterable[Mapping[str, Any]]) -> dict[str, set[UUID]]:
    """Return the ids that rows hold in lookups, by the object they point to, to ask their titles at once."""
    wanted: dict[str, set[UUID]] = {}
    links = {path: known.to for path, known in fields.items() if known.to}
    for row in rows:
        for path, targets in links.items():
            value = row.get(path)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, UUID):
                    wanted.setdefault(str(row.get(f"{path}.object") or targets[0]), set()).add(one)
    return wanted
