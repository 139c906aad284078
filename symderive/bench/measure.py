"""Times that can be compared: one process, turn by turn, medians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

Call = Callable[[], Any]
MANY = 2000  # rounds at most
TURN = 100e-6  # seconds, at least: what others left in the caches must not decide


def times(calls: Mapping[str, Call], seconds: float) -> dict[str, float]:
    """Seconds for one call of each: the median over rounds in which each has its turn."""
    for call in calls.values():
        call()  # compiles, and touches its memory
        call()
    once = {name: _once(call) for name, call in calls.items()}
    repeats = {name: max(1, int(TURN / max(t, 1e-7))) for name, t in once.items()}
    rounds = int(seconds / max(sum(once[n] * repeats[n] for n in calls), 1e-9))
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(min(max(rounds, 5), MANY)):
        for name, call in calls.items():
            start = perf_counter()
            for _ in range(repeats[name]):
                call()
            found[name].append((perf_counter() - start) / repeats[name])
    return {name: median(values) for name, values in found.items()}


def _once(call: Call) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start
