"""How often intervals hold the truth, in simulated populations whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from populations import Cell, draw, truth

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

__all__ = ["BY_ROW", "Cell", "Tally", "tallied"]

BY_ROW = " by row"
RESAMPLES = 600


@dataclass
class Tally:
    """Intervals of one measure by one method: how many there were, held, and missed on each side."""

    asked: int = 0
    known: int = 0
    held: int = 0
    below: int = 0
    above: int = 0
    width: float = 0.0

    @property
    def share(self) -> float:
        """Return the share of intervals that held the truth."""
        return self.held / max(self.known, 1)

    def note(self, found: object, true: float) -> None:
        """Count one interval, or that there was none."""
        self.asked += 1
        if isinstance(found, Estimate):
            self.known += 1
            self.held += found.low <= true <= found.high
            self.below += true < found.low
            self.above += true > found.high
            self.width += found.high - found.low


def tallied(
    cell: Cell, measures: Iterable[str], methods: Iterable[str], repeats: int, seed: int = 1
) -> dict[tuple[str, str], Tally]:
    """Return a tally for each measure and method over simulated data sets.

    A method that ends in ``by row`` takes rows for patients.
    """
    names, true = tuple(measures), truth(cell)
    tallies = {(name, method): Tally() for name in names for method in methods}
    generator = np.random.default_rng([seed, cell.n, round(1000 * cell.prevalence)])
    for number in range(repeats):
        sample = draw(cell, generator)
        for method in dict.fromkeys(method for _, method in tallies):
            one = _rows(sample) if method.endswith(BY_ROW) else sample
            plan = IntervalPlan(n_resamples=RESAMPLES, seed=number, n_threads=1)
            found = estimate(names, one, replace(plan, method=method.removesuffix(BY_ROW)))
            for name in names:
                tallies[(name, method)].note(found[name], true[name])
    return tallies


def _rows(sample: Sample) -> Sample:
    return Sample(label=sample.label, score=sample.score, threshold=sample.threshold)
