"""Rows in the order of the sweep: events first, then non-events, each by score, highest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.stats.sample import Sample

EDGE = 1e-7


def log_odds(score: Column) -> FloatArray:
    """Return the log-odds of risks, kept 1e-7 away from 0 and 1 so that they are finite."""
    inside = np.clip(score, EDGE, 1 - EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Sorted rows of a sample, or of a part of it.

    ``rows (n,)`` are row numbers of the sample; the first ``n_events`` are events. For each event
    ``above`` and ``upto`` count the non-events that score higher, and at least as high; ``tied``
    the events that score at least as high. ``cuts`` are the numbers of events and of non-events at
    or above the threshold.
    """

    rows: Column
    score: FloatArray
    n_events: int
    above: Column
    upto: Column
    tied: Column
    cuts: tuple[int, int]
    threshold: float | None

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return int(self.rows.size)

    @property
    def label(self) -> FloatArray:
        """Return the labels in the order of the rows."""
        return np.repeat((1.0, 0.0), (self.n_events, self.n - self.n_events))


def layout_of(sample: Sample, mask: BoolArray | None = None) -> Layout:
    """Return the layout of a sample, or of the rows of a mask."""
    inside = np.ones(sample.n, dtype=np.bool_) if mask is None else mask
    events, others = (
        _descending(np.flatnonzero(inside & (sample.label == label)), sample.score)
        for label in (1, 0)
    )
    rows = np.concatenate([events, others])
    score = sample.score[rows]
    of_events, of_others = -score[: events.size], -score[events.size :]
    cut = -np.inf if sample.threshold is None else -sample.threshold
    return Layout(
        rows=rows,
        score=score,
        n_events=int(events.size),
        above=np.searchsorted(of_others, of_events, side="left").astype(np.int32),
        upto=np.searchsorted(of_others, of_events, side="right").astype(np.int32),
        tied=np.searchsorted(of_events, of_events, side="right").astype(np.int32),
        cuts=(
            int(np.searchsorted(of_events, cut, side="right")),
            int(np.searchsorted(of_others, cut, side="right")),
        ),
        threshold=sample.threshold,
    )


def _descending(rows: Column, score: Column) -> Column:
    """Return the numbers of rows by score, highest first, those of equal scores as they came."""
    negative = score[rows]
    np.negative(negative, out=negative)
    return np.asarray(rows[np.argsort(negative, kind="stable")], dtype=np.int32)


@dataclass(frozen=True, kw_only=True)
class Patients:
    """Who is resampled.

    Patients are numbered as they come up in the layout, so that those with an event come first
    and a permutation of rows changes nothing. ``number (n,)`` is the patient at each place of the
    layout, None where every row is a patient of its own; ``rows (n,)`` are the rows at the places.
    """

    rows: Column
    number: Column | None
    n: int
    n_with_event: int

    @property
    def are_rows(self) -> bool:
        """Return whether every row is a patient of its own."""
        return self.number is None

    @cached_property
    def unit(self) -> Column:
        """Return the patient of each row, in the order of the sample; made when it is needed."""
        unit = np.empty(self.rows.size, dtype=np.int32)
        places = np.arange(self.rows.size, dtype=np.int32)
        unit[self.rows] = places if self.number is None else self.number
        return unit

    def of_rows(self, layout: Layout) -> tuple[int, int, Column | None]:
        """Return how many patients a layout has, and how many with an event; and the places.

        A place ``(n,)`` is the number of a row's patient among those of the layout; None where
        every row is a patient of its own, in its own place. The layout of another score has the
        same patients in other places.
        """
        if self.are_rows and np.array_equal(layout.rows, self.rows):
            return self.n, self.n_with_event, None
        present, place = np.unique(self.unit[layout.rows], return_inverse=True)
        with_event = int(np.count_nonzero(present < self.n_with_event))
        return int(present.size), with_event, place

    def bounds(self, *, is_stratified: bool) -> Column:
        """Return the ends of strata: patients with and without an event, or all in one."""
        inner = (0, self.n_with_event, self.n) if is_stratified else (0, self.n)
        return np.unique(np.array(inner, dtype=np.int64))


def patients_of(sample: Sample, layout: Layout) -> Patients:
    """Return who is behind each row of a sample of which ``layout`` is the whole."""
    if sample.n_clusters == sample.n:
        return Patients(rows=layout.rows, number=None, n=sample.n, n_with_event=layout.n_events)
    codes = sample.codes[layout.rows]
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    number = np.empty(first.size, dtype=np.int32)
    number[np.argsort(first)] = np.arange(first.size, dtype=np.int32)
    return Patients(
        rows=layout.rows,
        number=number[inverse],
        n=int(first.size),
        n_with_event=int(np.count_nonzero(first < layout.n_events)),
    )


def _squared(layout: Layout) -> FloatArray:
    error = layout.score.copy()
    error[: layout.n_events] -= 1
    return np.multiply(error, error, out=error)


def _loss(layout: Layout) -> FloatArray:
    eta = log_odds(layout.score)
    eta[: layout.n_events] *= -1
    return np.asarray(np.logaddexp(0, eta))


def _score(layout: Layout) -> FloatArray:
    return layout.score


COLUMNS = MappingProxyType({"squared": _squared, "loss": _loss, "score": _score})
"""What a row adds to a sum: squared error, negative log-likelihood, score."""


def columns_of(layout: Layout, names: tuple[str, ...]) -> FloatArray:
    """Return the columns of the names ``(names, n)`` in the order of the layout."""
    columns = np.empty((len(names), layout.n))
    for column, name in zip(columns, names, strict=True):
        column[:] = COLUMNS[name](layout)
    return columns


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums over drawn rows from which measures are made, each ``(resamples,)``.

    ``area`` is twice the number of pairs in order, ``precision`` the sum of precisions at the
    events, ``partial`` the partial area times the events, ``best`` the score of Youden's index;
    ``columns`` are sums by name.
    """

    events: FloatArray
    others: FloatArray
    area: FloatArray
    precision: FloatArray
    partial: FloatArray
    best: FloatArray
    tp: FloatArray
    fp: FloatArray
    columns: Mapping[str, FloatArray]
    threshold: float | None

    @property
    def n(self) -> FloatArray:
        """Return the number of rows drawn."""
        return self.events + self.others
