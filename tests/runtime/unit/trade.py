"""Definitions of a trading company: numbers, currencies, authorisations, machines per record type, automatic moves."""

from __future__ import annotations

from tests.fixtures.catalogs import ORGANISATION

TRADE = """
kind: object
name: exchange_rate
fields:
  currency: {type: text, required: true}
  target: {type: text, required: true}
  valid_from: {type: date, required: true}
  rate: {type: decimal, scale: 6, required: true}
---
kind: object
name: partner
fields:
  name: {type: text, required: true}
  region: {type: text}
  east: {type: rollup, of: orders.total, aggregate: sum, where: site.region == "east"}
  first_order: {type: rollup, of: orders.title, aggregate: first, sort: [-total]}
  last_order: {type: rollup, of: orders.title, aggregate: last}
  least: {type: rollup, of: orders.total, aggregate: min}
  notes: {type: rollup, of: remarks.text, aggregate: list}
---
kind: object
name: site
fields:
  name: {type: text, required: true}
  region: {type: text}
---
kind: object
name: permission
fields:
  partner: {type: lookup, to: partner}
  site: {type: lookup, to: site}
  valid_from: {type: date}
  valid_to: {type: date}
---
kind: object
name: order
record_types:
  goods: {label: Goods, machines: {stage: goods_stage}, choices: {source: [shop], gifts: [pen, cup]}}
  service: {label: Service, machines: {stage: service_stage}}
fields:
  number:
    type: auto_number
    pattern: "SO-{company.code}-{date:%Y%m}-{n:4}"
    restart_per: [company, month]
    gap_free: true
    assigned: stage == "confirmed"
  title: {type: text}
  memo: {type: text, history: false}
  stage: {type: state}
  payment: {type: state, machine: payment}
  partner: {type: lookup, to: partner, reverse: orders}
  site: {type: lookup, to: site}
  day: {type: date, default: today()}
  currency: {type: text, default: EUR}
  source: {type: choice, choices: {shop: {label: Shop}, phone: {label: Phone}}}
  total: {type: money, currency: currency, rate_date: day}
  group: {type: choice, choices: {soft: {label: Soft}, hard: {label: Hard}}}
  kind:
    type: choice
    choices: {game: {label: Game, parent: soft}, chip: {label: Chip, parent: hard}, other: {label: Other}}
    depends_on: group
  gifts:
    type: multi_choice
    choices: {pen: {label: Pen}, cup: {label: Cup, when: 'title == "big"'}, bag: {label: Bag}}
rules:
  authorised:
    when: partner and site
    check:
      exists: permission
      where: partner == this.partner and site == this.site and between(this.day, valid_from, valid_to)
    field: partner
    message: "{partner.name} has no authorisation for {site.name}."
---
kind: object
name: order_line
fields:
  order: {type: parent, to: order, reverse: lines, required: true}
  price: {type: money, currency: order.currency}
---
kind: object
name: area
fields:
  name: {type: text}
  parent: {type: lookup, to: area, reverse: areas}
tree: parent
---
kind: object
name: course
fields:
  name: {type: text}
  region: {type: text}
---
kind: object
name: enrolment
fields:
  site: {type: lookup, to: site}
  course: {type: lookup, to: course, where: region == this.site.region}
  state: {type: state, machine: enrolment_state}
unique: [{fields: [site, course], where: state != "cancelled"}]
---
kind: state_machine
name: enrolment_state
object: enrolment
field: state
initial: booked
states: {booked: {label: Booked}, cancelled: {label: Cancelled}}
transitions:
  cancel: {label: Cancel, from: booked, to: cancelled}
  again: {label: Again, from: cancelled, to: booked}
---
kind: object
name: remark
fields:
  about: {type: lookup, to: [partner, site], reverse: remarks}
  text: {type: text}
---
kind: state_machine
name: goods_stage
object: order
field: stage
initial: draft
states:
  draft: {label: Draft}
  confirmed: {label: Confirmed, set: {title: sure}}
  done: {label: Done, final: true}
transitions:
  confirm: {label: Confirm, from: draft, to: confirmed}
  cancel: {label: Cancel, from: [draft, confirmed], to: done}
  complete: {label: Complete, from: confirmed, to: done, automatic: true, when: payment == "paid"}
---
kind: state_machine
name: service_stage
object: order
field: stage
initial: asked
states: {asked: {label: Asked}, confirmed: {label: Confirmed}}
transitions: {agree: {label: Agree, from: asked, to: confirmed}}
---
kind: state_machine
name: payment
object: order
field: payment
initial: open
states: {open: {label: Open}, paid: {label: Paid}, void: {label: Void}}
transitions:
  pay: {label: Pay, from: open, to: paid}
  cancel: {label: Cancel, from: open, to: void}
"""

TEXTS = [*ORGANISATION.values(), TRADE]
