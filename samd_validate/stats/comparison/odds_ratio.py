"""The odds ratio of an outcome by a yes-or-no exposure, when patients may have several rows."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable

FEWEST = 10


def odds_ratio(
    label: Column, exposed: Column, cluster: Column | None = None, level: float = 0.95
) -> Measurement:
    """Return the odds of the outcome among the exposed over those among the others.

    ``label`` and ``exposed`` are 0/1 ``(n,)``; ``cluster (n,)`` names the patient of each row.
    Above 1: the exposed have the outcome oftener. The interval is Wald's on the logarithm, with
    the sandwich variance of a logistic regression clustered by patient (Liang & Zeger 1986,
    doi:10.1093/biomet/73.1.13); the p-value is two-sided, of the hypothesis that the ratio is 1.
    Where a cell of the table is empty, 0.5 is added to each (Haldane 1956,
    doi:10.1111/j.1469-1809.1955.tb01285.x) and rows count as patients.

    >>> label, exposed = np.repeat([1, 0, 1, 0], [30, 10, 20, 40]), np.repeat([1, 0], [40, 60])
    >>> odds_ratio(label, exposed).describe(1)
    '6.0 (95% CI 2.5 to 14.7)'

    Raises
    ------
    ValueError
        For columns other than 0/1, differing lengths, or a level outside (0, 1).
    """
    y, x = (_binary(name, one) for name, one in (("label", label), ("exposed", exposed)))
    if y.shape != x.shape or (cluster is not None and np.shape(cluster) != y.shape):
        raise ValueError("label, exposed and cluster must be of one length")
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    patients = np.arange(y.size) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    reason = _lacking(y, x, patients)
    if reason is not None:
        return reason
    table = np.array([[((x == i) & (y == j)).sum() for j in (0, 1)] for i in (0, 1)], dtype=float)
    has_gap = bool((table == 0).any())
    if has_gap:
        table += 0.5
    log_ratio = float(np.log(table[1, 1] * table[0, 0] / (table[1, 0] * table[0, 1])))
    variance = float((1 / table).sum()) if has_gap else _sandwich(y, x, table, patients)
    half = float(norm.ppf((1 + level) / 2)) * variance**0.5
    return Estimate(
        value=np.exp(log_ratio),
        low=np.exp(log_ratio - half),
        high=np.exp(log_ratio + half),
        level=level,
        method="wald, 0.5 added" if has_gap else "wald, clustered",
        n=int(y.size),
        n_events=int(y.sum()),
        n_clusters=int(np.unique(patients).size),
        p_value=float(2 * norm.sf(abs(log_ratio) / variance**0.5)),
    )


def _binary(name: str, column: Column) -> FloatArray:
    values = np.asarray(column, dtype=np.float64)
    if values.ndim != 1 or not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} must be 0 or 1")
    return values


def _lacking(y: FloatArray, x: FloatArray, patients: Column) -> NotEstimable | None:
    n, events = int(y.size), int(y.sum())
    if np.unique(patients).size < FEWEST:
        reason = ("too_few", f"fewer than {FEWEST} patients")
    elif events in (0, n):
        reason = ("one_class", "all have the event" if events else "nobody has the event")
    elif x.sum() in (0, n):
        reason = ("no_contrast", "all are exposed" if x.any() else "nobody is exposed")
    else:
        return None
    return NotEstimable(code=reason[0], reason=reason[1], n=n, n_events=events)


def _sandwich(y: FloatArray, x: FloatArray, table: FloatArray, patients: Column) -> float:
    """Return the variance of the log odds ratio: squared influence, summed within patients."""
    count = table.sum(axis=1)
    risk = table[:, 1] / count
    weight = 1 / (count * risk * (1 - risk))
    influence = np.where(x == 1, weight[1] * (y - risk[1]), -weight[0] * (y - risk[0]))
    return float((np.bincount(patients, weights=influence) ** 2).sum())
