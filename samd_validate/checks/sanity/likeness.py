"""How alike two explanations of the same cases are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from samd_validate.checks._forest import forest_row
from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import Figure, Table
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.rank_correlation import rank_correlations
from samd_validate.stats.segmentation.case_values import estimate_values

SIGNED, SIZES = "attribution_correlation", "size_correlation"


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Two explanations compared: under which subset, what is hoped for, and the numbers by measure.

    ``wish`` is ``low`` where a good explanation is another one, ``high`` where it is the same.
    """

    subset: str
    wish: str
    found: Mapping[str, Measurement]


def alike(
    subset: str,
    wish: str,
    first: Column,
    second: Column | NotEstimable,
    patient: Column,
    plan: IntervalPlan,
) -> Likeness:
    """Return the mean rank correlations of contributions ``(n, inputs)``, signed and of sizes.

    ``second`` says why there is nothing to compare with where that is so.
    """
    if isinstance(second, NotEstimable):
        return Likeness(subset=subset, wish=wish, found={SIGNED: second, SIZES: second})
    pairs = {SIGNED: (first, second), SIZES: (np.abs(first), np.abs(second))}
    found = {name: correlation_of(*pair, patient, plan) for name, pair in pairs.items()}
    return Likeness(subset=subset, wish=wish, found=found)


def correlation_of(
    first: Column, second: Column, patient: Column, plan: IntervalPlan
) -> Measurement:
    """Return the mean over cases of the rank correlation of two explanations ``(n, k)``."""
    values, none = rank_correlations(first, second)
    note = f"{int(none.sum())} cases without an order count as 0" if none.any() else ""
    return mean_of(values, patient, plan, note)


def mean_of(values: FloatArray, patient: Column, plan: IntervalPlan, note: str = "") -> Measurement:
    """Return the mean over cases; a value that all cases share is its own interval, and says so."""
    if values.size and np.ptp(values) == 0:
        return _constant(float(values[0]), values.size, patient, plan, note)
    return estimate_values(values, patient, plan, where="line", note=note)


def _constant(value: float, n: int, patient: Column, plan: IntervalPlan, note: str) -> Measurement:
    """Return a value that every case has: nothing changed at all, or nothing has an order."""
    n_patients = int(np.unique(patient).size)
    if n_patients < 2:  # noqa: PLR2004  # one patient shows no other
        reason = f"{n} cases of {n_patients} patients: two patients are needed"
        return NotEstimable(code="too_few", reason=reason, n=n)
    return Estimate(
        value=value,
        low=value,
        high=value,
        level=plan.level,
        method="the same in every case, no spread",
        n=n,
        n_clusters=n_patients,
        note=note,
    )


def forest(step: str, compared: Sequence[Likeness], title: str) -> Figure:
    """Return the correlations of the first measure as a forest plot."""
    return Figure(
        id=f"{step}-likeness",
        kind="forest",
        title=title,
        caption="Mean rank correlation of the explanation with another one of the same cases. It "
        "should be low where the device was destroyed (weights, labels) and high where nothing "
        "that matters was changed (noise, method, training).",
        alt="Forest plot of rank correlations between explanations.",
        content={
            "measure": "mean rank correlation",
            "reference": 0.0,
            "limits": [-1.0, 1.0],
            "rows": [_row(one) for one in compared],
        },
    )


def _row(one: Likeness) -> dict[str, object]:
    return forest_row(words_of(one.subset), next(iter(one.found.values())))


def table_of(step: str, compared: Sequence[Likeness], measures: Mapping[str, str]) -> Table:
    """Return the comparisons in words, one a row; ``measures`` gives the heads of the numbers."""
    rows = [
        (words_of(one.subset), one.wish, *(one.found[name].describe() for name in measures))
        for one in compared
    ]
    return Table(
        id=f"{step}-comparisons",
        title="Explanations compared",
        caption="Mean rank correlations with intervals, and whether a good explanation is alike "
        "(high) or not (low).",
        columns=("compared with", "should be", *measures.values()),
        rows=tuple(rows),
    )


def words_of(subset: str) -> str:
    """Return a comparison in words.

    >>> words_of("weights=random"), words_of("noise=0.1 SD")
    ('weights: random', 'noise: 0.1 SD')
    """
    return subset.replace("=", ": ")
