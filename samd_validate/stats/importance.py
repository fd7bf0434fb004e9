"""How large the contributions of inputs are, in which order, and how sure that order is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan

METHOD = "percentile bootstrap over patients"
DRAWS_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Importance:
    """An input's mean absolute contribution, and its rank among all (1 is the largest)."""

    column: int
    size: Measurement
    rank: Measurement


def importances(contributions: Column, patient: Column, plan: IntervalPlan) -> list[Importance]:
    """Return the inputs by the mean of ``|contributions| (n, inputs)``, the largest first.

    Patients are drawn with replacement, all their rows together, and the inputs ranked anew in each
    draw; ties keep the order of the columns. Limits are quantiles of the draws: those of a rank are
    whole numbers and hold the rank of the sample. Not estimable from fewer than two patients.

    >>> found = importances(np.array([[0.1, -2.0], [0.2, 1.0]]), np.array(["a", "b"]),
    ...                     IntervalPlan(n_resamples=50))
    >>> [(one.column, one.rank.value, one.rank.high) for one in found]
    [(1, 1.0, 1.0), (0, 2.0, 2.0)]

    Raises
    ------
    ValueError
        For contributions that are not finite or not ``(n, inputs)`` with one patient a row.
    """
    sizes = np.abs(np.asarray(contributions, dtype=np.float64))
    if sizes.ndim != 2 or np.shape(patient) != sizes.shape[:1] or not sizes.size:  # noqa: PLR2004
        raise ValueError("contributions must be rows by inputs, with a patient for each row")
    if not np.isfinite(sizes).all():
        raise ValueError("contributions must be finite")
    mean = sizes.mean(axis=0)
    order = np.argsort(-mean, kind="stable").tolist()
    draws = resampled_means(sizes, patient, plan)
    if draws is None:
        reason = "contributions of one patient: two are needed"
        none = NotEstimable(code="too_few", reason=reason, n=sizes.shape[0])
        return [Importance(column=column, size=none, rank=none) for column in order]
    places = np.argsort(np.argsort(-draws, axis=1, kind="stable"), axis=1, kind="stable")
    ranks = 1 + places.astype(np.float64)
    counts = (sizes.shape[0], int(np.unique(patient).size))
    return [
        Importance(
            column=column,
            size=from_draws(float(mean[column]), draws[:, column], counts, plan),
            rank=from_draws(float(place), ranks[:, column], counts, plan, is_whole=True),
        )
        for place, column in enumerate(order, start=1)
    ]


def from_draws(
    value: float,
    draws: FloatArray,
    counts: tuple[int, int],
    plan: IntervalPlan,
    *,
    is_whole: bool = False,
) -> Estimate:
    """Return a value with the quantiles of its draws as limits; ``counts`` are rows and patients.

    ``is_whole`` takes limits among the draws, not between two of them.
    """
    tails = ((1 - plan.level) / 2, (1 + plan.level) / 2)
    low, high = np.quantile(draws, tails, method="inverted_cdf" if is_whole else "linear")
    return Estimate(
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        level=plan.level,
        method=METHOD,
        n=counts[0],
        n_clusters=counts[1],
        n_resamples=plan.n_resamples,
    )


def resampled_means(values: FloatArray, patient: Column, plan: IntervalPlan) -> FloatArray | None:
    """Return the mean of each column of ``values (n, k)`` in each resample of patients.

    ``(resamples, k)``; None where there are fewer than two patients.
    """
    names, index = np.unique(patient, return_inverse=True)
    if names.size < 2:  # noqa: PLR2004  # one patient has no spread
        return None
    sums = np.zeros((names.size, values.shape[1]))
    np.add.at(sums, index, values)
    rows = np.bincount(index).astype(np.float64)
    generator = np.random.Generator(np.random.Philox(plan.seed))
    share = np.full(names.size, 1 / names.size)
    parts = []
    for start in range(0, plan.n_resamples, DRAWS_AT_ONCE):
        drawn = min(DRAWS_AT_ONCE, plan.n_resamples - start)
        times = generator.multinomial(names.size, share, size=drawn)
        parts.append((times @ sums) / (times @ rows)[:, None])
    return np.concatenate(parts)
