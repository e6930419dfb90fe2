"""Runs the benchmarks: ``python -m benchmarks [name ...]``; a benchmark is a module here with ``measure()``."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

import benchmarks


def modules(names: list[str]) -> Iterator[ModuleType]:
    """Yield the benchmark modules with these names, all when none is named."""
    for found in pkgutil.iter_modules(benchmarks.__path__):
        if found.name.startswith("_") or (names and found.name not in names):
            continue
        module = importlib.import_module(f"benchmarks.{found.name}")
        if hasattr(module, "measure"):
            yield module


def main(names: list[str]) -> None:
    """Run and print each measurement as it arrives: some take minutes."""
    for module in modules(names):
        print(f"\n{(module.__doc__ or '').splitlines()[0]}")
        for line in module.measure():
            target = f"  target: {line.target}" if line.target else ""
            print(f"  {line.case:<56} {line.value:>12,.2f} {line.unit}{target}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
