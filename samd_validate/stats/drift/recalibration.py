"""Whether the outcome means the same given the score: recalibration with a term for the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.drift.groups import Groups, checked, estimate_of, sums_by_patient
from samd_validate.stats.drift.logistic_fit import Fitted, fit
from samd_validate.stats.resampling.layout import log_odds

FEWEST_EVENTS = 5
BINS = 10


@dataclass(frozen=True, kw_only=True)
class SiteTerms:
    """How recalibration differs elsewhere.

    ``intercept`` is the difference of log-odds given the same score, with one slope for both;
    ``slope`` the difference of slopes; ``p_value`` is of both at once (two degrees of freedom).
    """

    intercept: Estimate
    slope: Estimate
    p_value: float


def site_terms(
    label: Column, score: Column, groups: Groups, level: float = 0.95
) -> SiteTerms | NotEstimable:
    """Return how the recalibration a + b log-odds(score) differs in the other group.

    ``label (n,)`` is 0/1, ``score (n,)`` in [0, 1] and the same device's in both groups. With one
    row a patient the p-values are of likelihood ratios, with several of Wald tests with the
    covariance clustered by patient. Ref. Steyerberg et al. 2004, doi:10.1002/sim.1844.

    Raises
    ------
    ValueError
        For labels other than 0/1 or columns that are not one per row.
    """
    outcome, x = _binary(label, groups), log_odds(checked(score, groups))
    lacking = _lacking(outcome, groups)
    if lacking is not None:
        return lacking
    other = groups.is_other.astype(np.float64)
    columns = (np.ones(groups.n), x, other, x * other)
    nothing = np.zeros(groups.n)
    plain, shifted, both = (
        fit(np.stack(columns[:k], axis=1), outcome, nothing, groups) for k in (2, 3, 4)
    )
    if plain is None or shifted is None or both is None:
        reason = "the scores separate the outcomes: recalibration has no finite answer"
        return NotEstimable(code="separated", reason=reason, n=groups.n)
    return SiteTerms(
        intercept=_term(shifted, 2, plain, groups, level),
        slope=_term(both, 3, shifted, groups, level),
        p_value=_p_value(both, plain, (2, 3), groups),
    )


def _term(larger: Fitted, place: int, smaller: Fitted, groups: Groups, level: float) -> Estimate:
    value = float(larger.coefficient[place])
    half = float(norm.isf((1 - level) / 2) * larger.covariance[place, place] ** 0.5)
    words = "Wald; p by likelihood ratio" if groups.are_rows else "Wald, clustered by patient"
    return estimate_of(
        value,
        (value - half, value + half),
        groups,
        level=level,
        method=words,
        p_value=_p_value(larger, smaller, (place,), groups),
    )


def _p_value(larger: Fitted, smaller: Fitted, places: Sequence[int], groups: Groups) -> float:
    """Return the p-value that the coefficients in ``places`` are 0."""
    if groups.are_rows:
        statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
    else:
        chosen = larger.coefficient[list(places)]
        covariance = larger.covariance[np.ix_(places, places)]
        statistic = float(chosen @ np.linalg.solve(covariance, chosen))
    return float(chi2.sf(max(0.0, statistic), len(places)))


@dataclass(frozen=True, kw_only=True)
class ResidualBin:
    """A bin of the score: its limits, and mean observed less predicted, elsewhere less here."""

    low: float
    high: float
    difference: Measurement


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """Differences of residuals by bin, and the p-value that all are 0."""

    bins: tuple[ResidualBin, ...]
    p_value: float


def residuals(
    label: Column, score: Column, groups: Groups, level: float = 0.95, bins: int = BINS
) -> Residuals | NotEstimable:
    """Return whether observed less predicted differs elsewhere, by bins of the score.

    Bins are quantiles of the score over both groups; those without ten rows and a spread on both
    sides are joined to nothing and left out of the test. The p-value is of a chi-square with the
    covariance of the bins by patient, one degree of freedom a bin. It sees what an intercept and
    a slope cannot: a middle that is too high with ends that are too low.

    Raises
    ------
    ValueError
        For labels other than 0/1 or columns that are not one per row.
    """
    outcome, chance = _binary(label, groups), checked(score, groups)
    lacking = _lacking(outcome, groups)
    if lacking is not None:
        return lacking
    edges = np.unique(np.quantile(chance, np.arange(bins + 1) / bins))
    place = np.clip(np.searchsorted(edges, chance, side="left") - 1, 0, max(edges.size - 2, 0))
    member = (place[:, None] == np.arange(max(edges.size - 1, 1))).astype(np.float64)
    usable = _usable(member, outcome - chance, groups)
    if not usable.any():
        return NotEstimable(code="too_few", reason="no bin has enough rows", n=groups.n)
    mean, covariance = _by_bin(member[:, usable], outcome - chance, groups)
    statistic = float(mean @ np.linalg.solve(covariance, mean))
    half = norm.isf((1 - level) / 2) * np.sqrt(np.diag(covariance))
    found = [
        ResidualBin(
            low=float(edges[number]),
            high=float(edges[min(number + 1, edges.size - 1)]),
            difference=estimate_of(
                float(mean[k]),
                (float(mean[k] - half[k]), float(mean[k] + half[k])),
                groups.take(member[:, number] == 1),
                level=level,
                method="normal, by patient",
                p_value=float(2 * norm.sf(abs(mean[k]) / covariance[k, k] ** 0.5)),
            ),
        )
        for k, number in enumerate(np.flatnonzero(usable).tolist())
    ]
    return Residuals(bins=tuple(found), p_value=float(chi2.sf(statistic, int(usable.sum()))))


def _usable(member: FloatArray, residual: FloatArray, groups: Groups) -> Column:
    usable = np.ones(member.shape[1], dtype=np.bool_)
    for side in (groups.is_other, ~groups.is_other):
        for number in range(member.shape[1]):
            rows = residual[side & (member[:, number] == 1)]
            usable[number] &= rows.size >= BINS and float(rows.std()) > 0
    return usable


def _by_bin(
    member: FloatArray, residual: FloatArray, groups: Groups
) -> tuple[FloatArray, FloatArray]:
    """Return the difference of mean residuals of each bin, and their covariance by patient."""
    mean = np.zeros(member.shape[1])
    influence = np.zeros_like(member)
    for side, sign in ((groups.is_other, 1.0), (~groups.is_other, -1.0)):
        count = member[side].sum(axis=0)
        here = (member[side] * residual[side, None]).sum(axis=0) / count
        influence[side] = member[side] * (residual[side, None] - here) / count
        mean += sign * here
    sums = sums_by_patient(influence, groups)
    return mean, sums.T @ sums


def _binary(label: Column, groups: Groups) -> FloatArray:
    outcome = np.asarray(checked(label, groups), dtype=np.float64)
    if not np.isin(outcome, (0, 1)).all():
        raise ValueError("label must be 0 or 1")
    return outcome


def _lacking(outcome: FloatArray, groups: Groups) -> NotEstimable | None:
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    for side in (groups.is_other, ~groups.is_other):
        events = int(outcome[side].sum())
        if min(events, int(side.sum()) - events) < FEWEST_EVENTS:
            reason = f"fewer than {FEWEST_EVENTS} with or without the event in one of the groups"
            return NotEstimable(code="too_few_events", reason=reason, n=groups.n)
    return None
