"""Loading 1,000 definitions of 30 fields: cold, from the cache, after a change of one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measurement import Measurement, milliseconds_per_call
from formline.metadata import checks, loader
from formline.metadata.cache import ParseCache

FILES = 1_000
FIELDS = 30


def write_layers(root: Path) -> list[tuple[str, Path]]:
    """Write a base of FILES objects and a site that extends every tenth."""
    base, site = root / "base", root / "site"
    for folder in (base, site):
        (folder / "objects").mkdir(parents=True)
    for number in range(FILES):
        (base / "objects" / f"object_{number}.yaml").write_text(_object(number))
        if number % 10 == 0:
            change = "fields:\n  extra: {type: text}\n  field_1: {required: true}\n"
            text = f"kind: object\nextends: object_{number}\n{change}"
            (site / "objects" / f"object_{number}.yaml").write_text(text)
    return [("base", base), ("site", site)]


def _object(number: int) -> str:
    head = f"kind: object\nname: object_{number}\nlabel: Object {number}\ntitle: field_0\nfields:\n"
    kinds = (
        "{type: text, required: true, max_length: 120}",
        '{type: money, min: 0, visible: stage == "lost"}',
        f"{{type: lookup, to: object_{(number + 1) % FILES}, reverse: back_{number}_%d}}",
        '{type: formula, returns: money, expression: "min(field_1, 12.50)"}',
        "{type: choice, choices: {low: {label: Low}, high: {label: High, color: red}}}",
    )
    lines = []
    for index in range(FIELDS):
        kind = kinds[index % len(kinds)]
        lines.append(f"  field_{index}: {kind % index if '%d' in kind else kind}\n")
    return head + "".join(lines)


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def measure() -> Iterator[Measurement]:
    """Yield the times of one layer of FILES objects below one that extends every tenth."""
    text = _object(1)
    one = milliseconds_per_call(lambda: loader.load_text(text, "objects/object_1.yaml"))
    yield Measurement("one file read, with positions", one, "ms", "<= 2 ms")
    with tempfile.TemporaryDirectory() as folder:
        layers = write_layers(Path(folder))
        cache = ParseCache(Path(folder) / "cache")
        merged = checks.check_layers(layers)
        assert len(merged.definitions) == FILES, merged.problems
        assert merged.problems == (), merged.problems[:3]
        cold = milliseconds(lambda: checks.check_layers(layers))
        yield Measurement("one file, read, checked and merged", cold / FILES, "ms")
        yield Measurement("all files", cold, "ms")
        yield Measurement(
            "all files, filling the cache", milliseconds(lambda: checks.check_layers(layers, cache)), "ms"
        )
        warm = min(milliseconds(lambda: checks.check_layers(layers, cache)) for _ in range(3))
        yield Measurement("all files, from the cache", warm, "ms", "well under 2 s")
        changed = layers[0][1] / "objects" / "object_1.yaml"
        changed.write_text(changed.read_text() + "help: Changed.\n")
        after = milliseconds(lambda: checks.check_layers(layers, cache))
        yield Measurement("all files, one of them changed", after, "ms", "well under 2 s")
