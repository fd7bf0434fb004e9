"""How often intervals hold the truth, in simulated populations whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from populations import Cell, draw, truth

from samd_validate.core.arrays import FloatArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.choose import RESAMPLING, chosen, offered
from samd_validate.stats.intervals.from_draws import Limits
from samd_validate.stats.intervals.limits import Asked, closed_limits, resampled_limits
from samd_validate.stats.lacking import MOST_UNDEFINED, lacking
from samd_validate.stats.resampling.layout import layout_of, patients_of
from samd_validate.stats.resampling.resample import Parts
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import replicates, value_of

__all__ = ["BY_ROW", "Cell", "Tally", "tallied"]

BY_ROW = " by row"
BY_ROW_SHOWN = ("auroc", "mean_predicted", "prevalence", "brier")
RESAMPLES = 800


@dataclass
class Tally:
    """Intervals of one measure by one method: how many were asked for, known, and held the truth."""

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

    def note(self, limits: Limits | None, true: float) -> None:
        """Count one interval, or that there was none."""
        self.asked += 1
        if limits is not None:
            low, high = limits
            self.known += 1
            self.held += low <= true <= high
            self.below += true < low
            self.above += true > high
            self.width += high - low


Tallies = dict[tuple[str, str], Tally]


def tallied(
    cell: Cell, measures: Iterable[str], methods: Iterable[str], repeats: int, seed: int = 1
) -> Tallies:
    """Return a tally for each measure and method over simulated data sets.

    ``auto`` is the engine's rule; a method that ends in ``by row`` takes rows for patients.
    """
    names, ways, true = tuple(measures), tuple(methods), truth(cell)
    tallies: Tallies = {}
    generator = np.random.default_rng([seed, cell.n, round(1000 * cell.prevalence)])
    for number in range(repeats):
        sample = draw(cell, generator)
        rows = Sample(label=sample.label, score=sample.score, threshold=sample.threshold)
        for one, suffix in ((sample, ""), (rows, BY_ROW)):
            mine = [
                way.removesuffix(BY_ROW) for way in ways if way.endswith(BY_ROW) == bool(suffix)
            ]
            shown = names if not suffix else tuple(name for name in names if name in BY_ROW_SHOWN)
            for name, way, limits in _limits(one, shown, mine, number):
                tallies.setdefault((name, way + suffix), Tally()).note(limits, true[name])
    return tallies


def _limits(
    sample: Sample, names: tuple[str, ...], ways: list[str], seed: int
) -> Iterator[tuple[str, str, Limits | None]]:
    """Yield the limits of each measure by each way it is offered, all on the same resamples."""
    if not ways:
        return
    layout = layout_of(sample)
    patients = patients_of(sample, layout)
    plan = IntervalPlan(n_resamples=RESAMPLES, seed=seed, n_threads=1)
    known = [name for name in names if lacking(name, sample) is None]
    draws = replicates(known, [layout], Parts([layout], patients, plan))
    for name in names:
        asked = None
        if name in known:
            value = value_of(name, layout)
            if np.isfinite(value):
                asked = Asked(
                    measure=name, sample=sample, layout=layout, patients=patients, value=value
                )
        for way in ways:
            if way == "auto" or way in offered(name):
                found = None if asked is None else _one(asked, way, draws[name][0], plan)
                yield name, way, found


def _one(asked: Asked, way: str, draws: FloatArray, plan: IntervalPlan) -> Limits | None:
    """Return the limits by one method; with ``auto`` by the first of the rule that has any."""
    rule = (way,) if way != "auto" else chosen(asked.measure, asked.value, asked.sample, way)
    for method in rule:
        if method not in RESAMPLING:
            found = closed_limits(asked, method, plan.level)
        else:
            defined = draws[np.isfinite(draws)]
            is_undefined = draws.size - defined.size > MOST_UNDEFINED * draws.size
            found = None if is_undefined else resampled_limits(asked, method, defined, plan)
            if found is not None and way not in ("auto", "percentile") and "percentile" in found[1]:
                found = None  # it gave way
        if found is not None:
            return found[0]
    return None
