"""What was aimed at, and the figures that answer it, of which the worst is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bootstrap_benchmark import peers
from bootstrap_benchmark.measure import PAIR, PLAIN
from bootstrap_benchmark.measured import Measured

FROM_ROWS = 10_000
"""Figures by row are judged from here on; below it the cost of a call by itself weighs in."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A bound on figures: at least it, or at most it."""

    words: str
    bound: float
    unit: str
    figures: Callable[[Measured], Iterable[float]]
    is_least: bool = True

    def worst(self, found: Measured) -> float | None:
        """Return the figure that the goal is judged on; None where nothing was measured."""
        figures = list(self.figures(found))
        if not figures:
            return None
        return min(figures) if self.is_least else max(figures)

    def is_reached(self, figure: float) -> bool:
        """Tell whether a figure keeps the bound."""
        return figure >= self.bound if self.is_least else figure <= self.bound

    def verdict(self, found: Measured) -> str:
        """Return ``reached``, ``missed``, ``not measured``, or ``not judged`` of a smoke run."""
        figure = self.worst(found)
        if not found.amounts.is_judged:
            return "not judged"
        if figure is None:
            return "not measured"
        return "reached" if self.is_reached(figure) else "missed"


def ratio(found: Measured, peer: str, method: str, n: int, threads: int) -> float | None:
    """Return how many times as long a peer takes; None where either was not timed."""
    theirs, ours = found.peers.get((peer, method, n)), found.ours.get((method, threads, n))
    return None if theirs is None or ours is None else theirs.seconds / ours


def against(peer: str, method: str, n: int) -> Callable[[Measured], list[float]]:
    """Return the ratio to a peer on all threads."""

    def figures(found: Measured) -> list[float]:
        one = ratio(found, peer, method, n, found.most_threads)
        return [] if one is None else [one]

    return figures


def against_fairlearn(found: Measured) -> list[float]:
    """Return the ratio to fairlearn on all threads."""
    if found.fairlearn is None or found.most_threads not in found.groups:
        return []
    return [found.fairlearn.seconds / found.groups[found.most_threads]]


def five_over_two(found: Measured) -> list[float]:
    """Return the cost of five measures in costs of two, for each size and number of threads."""
    return [
        found.shapes[(n, PLAIN, threads)] / seconds
        for (n, name, threads), seconds in found.shapes.items()
        if name == PAIR and n >= FROM_ROWS
    ]


def nanoseconds(found: Measured) -> list[float]:
    """Return nanoseconds by row and resample on one thread, percentile, for each size."""
    return [
        1e9 * seconds / n / found.amounts.resamples
        for (method, threads, n), seconds in found.ours.items()
        if method == "percentile" and threads == 1 and n >= FROM_ROWS
    ]


def speed_up(found: Measured) -> list[float]:
    """Return one thread's seconds over two threads', percentile, for each size."""
    return [
        found.ours[(method, 1, n)] / seconds
        for (method, threads, n), seconds in found.ours.items()
        if method == "percentile" and threads == 2 and n >= FROM_ROWS
    ]


def bytes_of(method: str) -> Callable[[Measured], list[float]]:
    """Return bytes by row and thread for each size and number of threads."""
    return lambda found: [peak.per_row_and_thread for peak in found.peaks if peak.method == method]


GOALS = (
    *(
        Goal(
            words=f"percentile, n = {n:,}, against a loop over scikit-learn",
            bound=bound,
            unit="x",
            figures=against(peers.LOOP, "percentile", n),
        )
        for n, bound in ((1_000, 1000), (10_000, 250), (100_000, 250), (1_000_000, 200))
    ),
    Goal(
        words="BCa, n = 10,000, against scipy.stats.bootstrap",
        bound=1000,
        unit="x",
        figures=against(peers.SCIPY, "bca", 10_000),
    ),
    Goal(
        words="12 groups x 4 measures, n = 10,000, against fairlearn",
        bound=500,
        unit="x",
        figures=against_fairlearn,
    ),
    Goal(
        words="five measures over AUROC and AUPRC alone",
        bound=1.6,
        unit="x",
        figures=five_over_two,
        is_least=False,
    ),
    Goal(
        words="a row and resample on one thread, n from 10,000",
        bound=6,
        unit="ns",
        figures=nanoseconds,
        is_least=False,
    ),
    Goal(words="two threads over one, n from 10,000", bound=1.8, unit="x", figures=speed_up),
    *(
        Goal(
            words=f"peak memory by row and thread, {name}",
            bound=50,
            unit="bytes",
            figures=bytes_of(method),
            is_least=False,
        )
        for method, name in (("percentile", "percentile"), ("bca", "BCa"))
    ),
)
