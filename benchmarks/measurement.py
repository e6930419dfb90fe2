"""What a benchmark reports, and how a repeated call is timed; the benchmarks themselves are the modules beside this."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One line of the report; ``target`` is what we aim for, in words, empty where there is none."""

    case: str
    value: float
    unit: str
    target: str = ""


def milliseconds_per_call(call: Callable[[], object], *, seconds: float = 1.0) -> float:
    """Return the median time of a call in milliseconds, after warming up, measured for about ``seconds``."""
    for _ in range(3):
        call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000
