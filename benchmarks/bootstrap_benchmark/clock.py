"""Medians of wall time for us, the least that can be said for others, and parts for the whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds for all that was asked, of which ``run`` out of ``asked`` were really run."""

    seconds: float
    run: int
    asked: int

    @property
    def is_scaled(self) -> bool:
        """Tell whether the seconds were scaled up from fewer."""
        return self.run < self.asked


def seconds_of(run: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def least_seconds_of(run: Callable[[], object]) -> float:
    """Return wall or processor time of one call, whichever is less.

    For what runs on one thread the two are the same on a quiet machine; on a busy one a long call
    would look slower than it is.
    """
    begun, worked = time.perf_counter(), time.process_time()
    run()
    return min(time.perf_counter() - begun, time.process_time() - worked)


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    """Return the median over repeated calls."""
    return median(seconds_of(run) for _ in range(repeats))


def scaled(run: Callable[[int], object], n_run: int, n_asked: int) -> Timing:
    """Time ``run(n_run)`` and scale it to ``n_asked``; nothing is scaled down."""
    n_run = min(n_run, n_asked)
    seconds = least_seconds_of(lambda: run(n_run))
    return Timing(seconds=seconds * n_asked / n_run, run=n_run, asked=n_asked)
