"""Automations that do not match: an update with twenty rules beside one without, the worker's share told apart.

CPU of this process on SQLite, which runs inside it; both objects are alike and take turns on the same machine.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from benchmarks.measurement import Measurement
from benchmarks.platform_site import KEY
from formline.runtime.access.actor import Actor
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.site import Site
from formline.runtime.unit import Change, Unit, run_unit
from formline.settings import Settings

RULES = 10
TIMES = 400
_OBJECT = """
---
kind: object
name: {name}
fields:
  name: {{type: text}}
  note: {{type: text}}
  amount: {{type: decimal}}
  price: {{type: money}}
  day: {{type: date}}
"""
_RULES = """
---
kind: automation
name: before_{number}
object: ruled
trigger: {{updated: [amount]}}
timing: before_save
actions: [{{set: {{note: seen}}}}]
---
kind: automation
name: after_{number}
object: ruled
trigger: {{updated: [amount]}}
actions: [{{set: {{note: seen}}}}]
"""


def definitions() -> str:
    """Return two objects alike, of which one has rules about another field than the one that is changed."""
    user = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"
    rules = "".join(_RULES.format(number=number) for number in range(RULES))
    return user + _OBJECT.format(name="plain") + _OBJECT.format(name="ruled") + rules


def measure() -> Iterator[Measurement]:
    """Measure on a site of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), secret_key=KEY)
        prepare(settings)
        site = Site.open(settings)
        apply(site, plan(site, candidate_of_texts(settings, [definitions()])), "benchmark", Author("benchmark"))
        keys = {name: _create(site, name) for name in ("plain", "ruled")}
        spent: dict[str, list[float]] = {"plain": [], "ruled": []}
        gc.disable()  # a collection would fall on one of the two
        for number in range(TIMES):
            # Whoever is second finds warmer caches: they take turns.
            for name in ("plain", "ruled") if number % 2 else ("ruled", "plain"):
                change = [Change(keys[name], {"note": f"n{number}"})]
                work = partial(_update, name, change)
                spent[name].append(_cpu(partial(run_unit, site, Actor.system(), work)))
        gc.enable()
        plain, ruled = (statistics.median(spent[name][20:]) for name in ("plain", "ruled"))
        yield Measurement("an update without rules", plain, "ms")
        yield Measurement(f"the same beside {2 * RULES} rules that do not match", ruled, "ms")
        yield Measurement("what the rules cost", (ruled / plain - 1) * 100, "%", "at most 5 %")
        site.close()


def _create(site: Site, name: str) -> UUID:
    (key,) = run_unit(site, Actor.system(), lambda unit: unit.create(name, [{"name": "x", "amount": 1}]))
    return key


def _update(name: str, change: list[Change], unit: Unit) -> None:
    unit.update(name, change)


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000
