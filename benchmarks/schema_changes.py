"""Publishing: 1,000 objects from cache, one field more among them, and a field on a table with a million rows."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import platform_site
from benchmarks.growing import grow
from benchmarks.measurement import Measurement
from benchmarks.requests import MOST_SENT, database
from formline.runtime.candidates import candidate, read_folder, sound_catalog
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.site import Site

OBJECTS = 1_000
ROWS = int(os.environ.get("FORMLINE_BENCH_ROWS", "1000000"))
_FIELD_TYPES = ("text", "integer", "decimal", "date", "boolean", "email")


def measure() -> Iterator[Measurement]:
    """Yield the times on both databases."""
    yield from _many_objects()
    for kind in ("sqlite", "postgresql"):
        yield from _field_on_rows(kind)


def _many_objects() -> Iterator[Measurement]:
    with database("sqlite", "x") as url, tempfile.TemporaryDirectory() as folder:
        site_layer = Path(folder)
        (site_layer / "objects").mkdir()
        for number in range(OBJECTS):
            _write_object(site_layer, number)
        with platform_site.site_at(url, site_layer) as site:
            start = time.perf_counter()
            fresh = Site.open(site.settings)
            fresh.release.model("thing_500")
            yield Measurement(
                f"open a site of {OBJECTS} objects x 30 fields", time.perf_counter() - start, "s", "<= 2 s"
            )
            fresh.close()
            _write_object(site_layer, 7, extra="  one_more: {type: text}\n")
            start = time.perf_counter()
            made = plan(site, candidate(site.settings, read_folder(site_layer), sound_catalog(site)))
            apply(site, made, "one field", Author("benchmark"))
            yield Measurement("plan and apply one field among them", time.perf_counter() - start, "s", "<= 1 s")


def _write_object(folder: Path, number: int, extra: str = "") -> None:
    fields = "".join(f"  f{index}: {{type: {_FIELD_TYPES[index % 6]}}}\n" for index in range(29))
    text = f"kind: object\nname: thing_{number}\nfields:\n  name: {{type: text, required: true}}\n{fields}{extra}"
    (folder / "objects" / f"thing_{number}.yaml").write_text(text, encoding="utf-8")


def _field_on_rows(kind: str) -> Iterator[Measurement]:
    with database(kind, "formline_bench_rows") as url, tempfile.TemporaryDirectory() as folder:
        site_layer = Path(folder)
        for file, text in read_folder(platform_site.DEFINITIONS).items():
            (site_layer / file).parent.mkdir(parents=True, exist_ok=True)
            (site_layer / file).write_text(text, encoding="utf-8")
        with platform_site.site_at(url, site_layer) as site:
            sent = min(ROWS, MOST_SENT)
            platform_site.fill(site, sent)
            with site.writing(site.release) as connection:
                grow(connection, site.release.model("deal").table, ROWS // sent - 1)
            deal = site_layer / "objects" / "deal.yaml"
            steps = (("a text field", "  extra: {type: text}\n"), ("a stored formula", _FORMULA))
            for what, addition in steps:
                text = deal.read_text(encoding="utf-8").replace("fields:\n", f"fields:\n{addition}", 1)
                deal.write_text(text, encoding="utf-8")
                start = time.perf_counter()
                made = plan(site, candidate(site.settings, read_folder(site_layer)))
                apply(site, made, what, Author("benchmark"))
                seconds = time.perf_counter() - start
                yield Measurement(f"{kind}: add {what} on {ROWS:,} rows (plan + apply)", seconds, "s")


_FORMULA = "  weighted: {type: formula, returns: decimal, expression: amount * probability / 100}\n"
