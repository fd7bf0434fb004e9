"""Replicates of measures under resampling of patients, all measures on the same resamples.

A resample is known by (seed, number): which measures, subsets or scores are asked for, and on how
many threads, does not move it. Memory is a few bytes a row and thread beside the sample itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.resampling.draw import EDGES, TABLE, draw_many
from samd_validate.stats.resampling.layout import Layout, Patients, Sums, columns_of, log_odds
from samd_validate.stats.resampling.recalibrate import recalibrate_resamples, solve
from samd_validate.stats.resampling.sweep import (
    COLUMNS,
    WANTED,
    bin_resamples,
    sweep,
    sweep_left_out,
    sweep_resamples,
)

LARGEST_FPR = 0.1
"""Where a partial area ends: specificity of at least 0.9."""

CELLS = 400_000
"""Rows times resamples of weights held at once by measures that are not compiled."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which sums are needed.

    Area, precision, partial area, the event of Youden's index, counts at the threshold, and columns
    by name.
    """

    area: bool = False
    precision: bool = False
    partial: bool = False
    best: bool = False
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
        LARGEST_FPR,
        columns,
        _flags(wanted),
        np.empty(layout.n_events + 1, np.int32),
        np.empty(layout.n - layout.n_events + 1, np.int32),
        out[0],
    )
    return _named(out, wanted, layout)


def sums_one_by_one(layout: Layout, place: Column | None, wanted: Wanted) -> Sums:
    """Return the sums ``(patients,)`` without each patient, computed anew for each.

    ``place (n,)`` is the patient of each row of the layout, None where every row is one.
    """
    owner = np.arange(layout.n) if place is None else place
    ends = np.append(0, np.cumsum(np.bincount(owner)))
    out = np.zeros((ends.size - 1, COLUMNS + len(wanted.columns)))
    sweep_left_out(
        out,
        np.argsort(owner, kind="stable"),
        ends,
        layout.n_events,
        layout.above,
        layout.upto,
        layout.tied,
        np.array(layout.cuts),
        LARGEST_FPR,
        columns_of(layout, wanted.columns),
        _flags(wanted),
    )
    return _named(out, wanted, layout)


def _flags(wanted: Wanted) -> Column:
    return np.array([getattr(wanted, name) for name in WANTED])


def _named(out: FloatArray, wanted: Wanted, layout: Layout) -> Sums:
    fixed = [out[:, number] for number in range(COLUMNS)]
    names = wanted.columns
    columns = {name: out[:, COLUMNS + number] for number, name in enumerate(names)}
    events, others, area, precision, partial, best, tp, fp = fixed
    return Sums(
        events=events,
        others=others,
        area=area,
        precision=precision,
        partial=partial,
        best=layout.score[best.astype(np.int64)] if wanted.best else best,
        tp=tp,
        fp=fp,
        columns=columns,
        threshold=layout.threshold,
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
            LARGEST_FPR,
            _joined([columns_of(one, wanted.columns) for one in parts]),
            _flags(wanted),
            TABLE,
            EDGES,
        )
        self._shared_out(
            lambda block, first: sweep_resamples(block, first, self._seed, *arguments), out
        )
        return [_named(out[:, k], wanted, one) for k, one in enumerate(parts)]

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

    def over_bins(
        self,
        part: int,
        place: Column,
        n_bins: int,
        run: Callable[[Column, Column], FloatArray],
    ) -> FloatArray:
        """Return ``run`` of the rows and events ``(resamples, bins)`` drawn in bins of a part.

        ``place (n,)`` is the bin of each row of its layout. Blocks of resamples bound memory.
        """
        layout = self._layouts[part]
        unit = self._patients.unit[layout.rows]

        def block(first: int) -> FloatArray:
            size = min(step, self._plan.n_resamples - first)
            rows, events = (np.empty((size, n_bins), np.int64) for _ in range(2))
            arguments = (self._bounds, unit, layout.n_events, place, TABLE, EDGES)
            bin_resamples(rows, events, first, self._seed, *arguments)
            return run(rows, events)

        step = max(1, CELLS // max(1, n_bins))
        with ThreadPoolExecutor(self._plan.n_threads or _threads()) as pool:
            found = pool.map(block, range(0, self._plan.n_resamples, step))
            return np.concatenate(list(found))

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
