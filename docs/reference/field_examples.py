"""One field of every type in a small catalog, so that the reference can say what each is made of."""

from __future__ import annotations

from functools import cache

from formline.catalog.catalog import Catalog
from formline.fields.field import Field
from formline.metadata.checks import check_merged, check_text
from formline.metadata.layers import Layer, merge

#: Type -> how a field of it is written.
WRITTEN = {
    "address": "delivery: {type: address, country: CN}",
    "auto_number": 'number: {type: auto_number, pattern: "ORD-{date:%Y}-{n:4}"}',
    "barcode": "ean: {type: barcode, symbology: ean13}",
    "boolean": "urgent: {type: boolean}",
    "choice": "level: {type: choice, choices: {a: {label: High}, b: {label: Low}}}",
    "color": "shade: {type: color}",
    "date": "due_on: {type: date}",
    "datetime": "called_at: {type: datetime, default: now()}",
    "decimal": "weight: {type: decimal, scale: 3}",
    "department": "team: {type: department}",
    "duration": "effort: {type: duration, max: 8h}",
    "email": "email: {type: email}",
    "file": "offer: {type: file, accept: [pdf, word], max_size: 10}",
    "encrypted_text": "iban: {type: encrypted_text}",
    "formula": "weight_in_grams: {type: formula, returns: decimal, expression: weight * 1000}",
    "geolocation": "place: {type: geolocation}",
    "image": "photos: {type: image, multiple: true}",
    "integer": "pieces: {type: integer, min: 1}",
    "json": "extra: {type: json}",
    "long_text": "note: {type: long_text}",
    "lookup": "replaces: {type: lookup, to: order, reverse: replaced_by}",
    "many_to_many": "watchers: {type: many_to_many, to: user}",
    "mirror": "level_before: {type: mirror, of: replaces.level}",
    "money": "amount: {type: money, min: 0}",
    "multi_choice": "kinds: {type: multi_choice, choices: {new: {label: New}, old: {label: Old}}}",
    "parent": "basket: {type: parent, to: basket, reverse: orders}",
    "percent": "discount: {type: percent}",
    "person_name": "recipient: {type: person_name}",
    "phone": "phone: {type: phone}",
    "rating": "stars: {type: rating, max: 5}",
    "region": "region: {type: region, level: city}",
    "rich_text": "terms: {type: rich_text}",
    "rollup": "replaced: {type: rollup, of: replaced_by.amount, aggregate: sum}",
    "signature": "signature: {type: signature}",
    "state": "status: {type: state, machine: order_status}",
    "tags": "topics: {type: tags}",
    "text": "subject: {type: text, max_length: 80}",
    "time": 'deliver_at: {type: time, default: "09:30"}',
    "url": "website: {type: url}",
    "user": "seller: {type: user}",
}
_OTHERS = """
kind: object
name: basket
fields: {subject: {type: text}}
---
kind: object
name: user
fields: {name: {type: text}}
---
kind: object
name: department
fields: {name: {type: text}}
---
kind: object
name: company
fields: {name: {type: text}}
---
kind: state_machine
name: order_status
object: order
field: status
initial: open
states: {open: {label: Open}, closed: {label: Closed, final: true}}
transitions: {close: {label: Close, from: open, to: closed}}
"""


@cache
def fields() -> dict[str, Field]:
    """Return type -> a field of that type; without `id` and `record_type`, which nobody writes.

    Raises:
        ValueError: an example that is no sound definition.
    """
    lines = "".join(f"  {line}\n" for line in WRITTEN.values())
    text = f"kind: object\nname: order\ntitle: name\nfields:\n  name: {{type: text}}\n{lines}---{_OTHERS}"
    loaded = check_text(text, "examples.yaml")
    if loaded.problems:
        raise ValueError("\n".join(map(str, loaded.problems)))
    catalog = Catalog.build(check_merged(merge([Layer("examples", tuple(loaded.documents))])))
    order = catalog.object("order")
    return {name: order.fields[line.partition(":")[0]] for name, line in WRITTEN.items()}
