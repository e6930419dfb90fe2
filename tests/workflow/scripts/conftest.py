"""A shop with scripts, on both databases: one site per module and database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from formline.runtime.site import Site
    from tests.fixtures.sites import MakeSite

OBJECTS = """
kind: object
name: user
fields:
  name: {type: text}
  login: {type: text}
  active: {type: boolean}
  roles: {type: multi_choice, choices: [clerk]}
---
kind: object
name: shop
fields: {name: {type: text}, city: {type: text}, orders: {type: integer}}
---
kind: object
name: sale
fields:
  name: {type: text}
  amount: {type: decimal, scale: 2}
  price: {type: money}
  discount: {type: percent}
  day: {type: date}
  note: {type: text}
  shop: {type: lookup, to: shop}
  twin: {type: lookup, to: sale}
---
kind: role
name: clerk
objects: {sale: {create: true, read: all, update: all}, shop: {read: all}, user: {read: all}}
"""


def script(name: str, source: str, more: str = "", runs: str = "patch") -> str:
    """Return a script of sales."""
    body = "".join(f"  {line}\n" for line in source.splitlines())
    return f"---\nkind: script\nname: {name}\nobject: sale\nruns: {runs}\n{more}\nsource: |\n{body}"


@pytest.fixture
def shop(make_site: MakeSite, database_url: str) -> Callable[..., Site]:
    """Return ``shop(*scripts)``: a site with these scripts."""
    return lambda *scripts: make_site([OBJECTS + "".join(scripts)], database_url)
