"""Replicates of measures under resampling of patients, all measures on the same resamples.

A resample is known by (seed, number): which measures, subsets or scores are asked for, and on how
many threads, does not move it. Memory is a few bytes a row and thread beside the sample itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.resampling.draw import EDGES, TABLE, draw_many
from samd_validate.stats.resampling.layout import Layout, Patients, Sums, columns_of, log_odds
from samd_validate.stats.resampling.recalibrate import recalibrate_resamples, solve
from samd_validate.stats.resampling.sweep import COLUMNS, sweep, sweep_resamples

CELLS = 400_000
"""Rows times resamples of weights held at once by measures that are not compiled."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which sums are needed: area, precision, counts at the threshold, and columns by name."""

    area: bool = False
    precision: bool = False
    counts: bool = False
    columns: tuple[str, ...] = ()


def sums_of(layout: Layout, wanted: Wanted, weight: Column | None = None) -> Sums:
    """Return the sums ``(1,)`` of rows that count once each, or ``weight (n,)`` times."""
    columns = columns_of(layout, wanted.columns)
    times = np.ones(layout.n, np.uint8) if weight is None else np.asarray(weight, np.uint8)
    out = np.zeros((1, COLUMNS + len(wanted.columns)))
    sweep(
        times,
        layout.n_events,
        layout.above,
        layout.upto,
        layout.tied,
        np.array(layout.cuts),
        columns,
        np.array([wanted.area, wanted.precision]),
        np.empty(layout.n_events + 1, np.int32),
        np.empty(layout.n - layout.n_events + 1, np.int32),
        out[0],
    )
    return _named(out, wanted, layout.threshold)


def _named(out: FloatArray, wanted: Wanted, threshold: float | None) -> Sums:
    fixed = [out[:, number] for number in range(COLUMNS)]
    names = wanted.columns
    columns = {name: out[:, COLUMNS + number] for number, name in enumerate(names)}
    events, others, area, precision, tp, fp = fixed
    return Sums(
        events=events,
        others=others,
        area=area,
        precision=precision,
        tp=tp,
        fp=fp,
        columns=columns,
        threshold=threshold,
    )


def coefficients_of(layout: Layout, *, is_free: bool) -> FloatArray:
    """Return intercept and slope ``(2,)`` of logistic recalibration; NaN without a maximum."""
    out = np.full(2, np.nan)
    if 0 < layout.n_events < layout.n:
        x, weight = log_odds(layout.score), np.ones(layout.n, np.uint8)
        start = np.array((0.0, 1.0))
        solve(weight, layout.n_events, x, is_free, start, np.empty(5), out)
    return out


def _seed(plan: IntervalPlan) -> np.uint64:
    return np.uint64(plan.seed % 2**64)


def drawn(bounds: Column, plan: IntervalPlan) -> Iterator[Column]:
    """Yield blocks ``(resamples, patients)`` of uint8: how often each patient is drawn.

    ``bounds`` are the ends of strata, ``[0, patients]`` without.
    """
    patients = int(bounds[-1])
    size = max(1, CELLS // max(1, patients))
    for first in range(0, plan.n_resamples, size):
        counts = np.empty((min(size, plan.n_resamples - first), patients), np.uint8)
        draw_many(counts, bounds, _seed(plan), first, TABLE, EDGES)
        yield counts


class Parts:
    """Layouts that are resampled together: subsets of a sample, or the same rows by two scores."""

    def __init__(self, layouts: Sequence[Layout], patients: Patients, plan: IntervalPlan) -> None:
        self._layouts = tuple(layouts)
        self._patients = patients
        self._plan = plan
        self._bounds = patients.bounds(is_stratified=plan.is_stratified)
        self._seed = _seed(plan)
        self._row_ends = np.cumsum([0, *(one.n for one in layouts)])
        self._event_ends = np.cumsum([0, *(one.n_events for one in layouts)])

    def sums(self, wanted: Wanted) -> list[Sums]:
        """Return for each part its sums over the resamples ``(resamples,)``."""
        parts = self._layouts
        out = np.zeros((self._plan.n_resamples, len(parts), COLUMNS + len(wanted.columns)))
        is_direct = len(parts) == 1 and self._patients.are_rows and parts[0].n == self._patients.n
        arguments = (
            self._bounds,
            is_direct,
            np.zeros(0, np.int32) if is_direct else self._unit(),
            self._row_ends,
            self._event_ends,
            *(_joined([getattr(p, name) for p in parts]) for name in ("above", "upto", "tied")),
            np.array([one.cuts for one in parts]),
            _joined([columns_of(one, wanted.columns) for one in parts]),
            np.array([wanted.area, wanted.precision]),
            TABLE,
            EDGES,
        )
        self._shared_out(
            lambda block, first: sweep_resamples(block, first, self._seed, *arguments), out
        )
        return [_named(out[:, k], wanted, one.threshold) for k, one in enumerate(parts)]

    def coefficients(self, *, is_free: bool) -> list[FloatArray]:
        """Return for each part intercepts and slopes of recalibration ``(resamples, 2)``."""
        parts = self._layouts
        out = np.empty((self._plan.n_resamples, len(parts), 2))
        starts = np.array([coefficients_of(one, is_free=is_free) for one in parts])
        arguments = (
            self._bounds,
            self._unit(),
            self._row_ends,
            np.diff(self._event_ends),
            np.concatenate([log_odds(one.score) for one in parts]),
            is_free,
            np.where(np.isfinite(starts), starts, (0.0, 1.0)),
            TABLE,
            EDGES,
        )
        self._shared_out(
            lambda block, first: recalibrate_resamples(block, first, self._seed, *arguments), out
        )
        return [out[:, number] for number in range(len(parts))]

    def counts(self) -> Iterator[Column]:
        """Yield blocks ``(resamples, patients)`` of uint8: how often each patient is drawn."""
        return drawn(self._bounds, self._plan)

    def weights(self, part: int) -> Iterator[Column]:
        """Yield blocks ``(resamples, n)`` of uint8: how often each row of a part counts."""
        unit = self._patients.unit[self._layouts[part].rows]
        for block in self.counts():
            yield block[:, unit]

    def over_weights(
        self, part: int, run: Callable[[Column], FloatArray], n_resamples: int
    ) -> FloatArray:
        """Return ``run`` of the first resamples' weights of a part, on all threads."""
        threads = self._plan.n_threads or _threads()
        blocks, found, done = self.weights(part), [], 0
        with ThreadPoolExecutor(threads) as pool:
            while done < n_resamples and (batch := list(islice(blocks, threads))):
                found += list(pool.map(run, batch))
                done += sum(block.shape[0] for block in batch)
        return np.concatenate(found)[:n_resamples]

    @property
    def n_resamples(self) -> int:
        """Return the number of resamples."""
        return self._plan.n_resamples

    def _unit(self) -> Column:
        rows = np.concatenate([one.rows for one in self._layouts])
        return np.asarray(self._patients.unit[rows])

    def _shared_out(self, fill: Callable[[FloatArray, int], None], out: FloatArray) -> None:
        """Fill ``out`` on all threads, each a run of resamples."""
        threads = min(self._plan.n_threads or _threads(), max(1, out.shape[0]))
        ends = np.linspace(0, out.shape[0], threads + 1).astype(int).tolist()
        if threads == 1:
            fill(out, 0)
            return
        with ThreadPoolExecutor(threads) as pool:
            jobs = [pool.submit(fill, out[first:last], first) for first, last in pairwise(ends)]
            for job in jobs:
                job.result()


def _joined(arrays: Sequence[Column]) -> Column:
    """Return arrays behind one another along their last axis, without a copy of a single one."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=-1)


def _threads() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
