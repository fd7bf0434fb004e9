"""Why the AUROC is another one elsewhere: case mix, calibration, or ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.drift.groups import Groups, checked, estimate_of
from samd_validate.stats.drift.logistic_fit import coefficients, risk
from samd_validate.stats.resampling.layout import log_odds

PARTS = ("change", "case_mix", "calibration", "ranking")
MOST_UNDEFINED = 0.05
FEWEST_EVENTS = 10


@dataclass(frozen=True, kw_only=True)
class Decomposed:
    """The change of the AUROC elsewhere, and the three parts that add up to it."""

    change: Estimate
    case_mix: Estimate
    calibration: Estimate
    ranking: Estimate


def model_based_auroc(score: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the AUROC that the scores would have if each were the true risk of its patient.

    ``score (n,)`` lies in [0, 1]; ``weight (n,)`` counts each patient so often. It depends on who
    was scored (case mix) and not on any outcome. Ref. van Klaveren et al. 2016,
    doi:10.1002/sim.6997.

    >>> round(model_based_auroc(np.array([0.1, 0.9])), 3)
    0.988

    Raises
    ------
    ValueError
        Where the scores leave no event or nobody without.
    """
    w = np.ones(score.size) if weight is None else weight
    return _weighted_auroc(score, w * score, w * (1 - score), own=w * score * (1 - score))


def _weighted_auroc(
    score: FloatArray, events: FloatArray, others: FloatArray, own: FloatArray | float = 0.0
) -> float:
    """Return the chance that an event outranks a non-event; ``own`` pairs are left out."""
    place = rankdata(score, method="dense") - 1
    at_events = np.bincount(place, weights=events)
    at_others = np.bincount(place, weights=others)
    below = np.cumsum(at_others) - at_others
    twin = float(np.sum(own))
    pairs = float(events.sum() * others.sum()) - twin
    if pairs <= 0:
        raise ValueError("score leaves no pair of an event and a non-event")
    return float((at_events @ (below + at_others / 2) - twin / 2) / pairs)


def decomposed(
    label: Column,
    score: Column,
    groups: Groups,
    *,
    n_resamples: int,
    seed: int,
    level: float = 0.95,
) -> Decomposed | NotEstimable:
    """Return the AUROC elsewhere less that of the reference group, in three parts.

    *Case mix*: how the AUROC would change if scores were true risks in both groups: patients are
    more alike, or less. *Calibration*: what is changed by scores that claim more or less separation
    than there is elsewhere, as an intercept and a slope in each group describe it; noise in the
    inputs lowers the slope, and so counts here. *Ranking*: the rest. After van Klaveren et al.
    2016, doi:10.1002/sim.6997, and Debray et al. 2015, doi:10.1016/j.jclinepi.2014.06.018.
    Percentile intervals; patients of each group are resampled.

    Raises
    ------
    ValueError
        For columns that are not one per row.
    """
    outcome, chance = (checked(one, groups) for one in (label, score))
    lacking = groups.lacking() or _few_events(outcome, groups)
    if lacking is not None:
        return lacking
    sides = [
        (outcome[side], chance[side], np.unique(groups.patient[side], return_inverse=True)[1])
        for side in (~groups.is_other, groups.is_other)
    ]
    whole = _parts([(y, p, np.ones(y.size)) for y, p, _ in sides])
    if whole is None:
        return _separated(groups)
    draws = _draws(sides, n_resamples, seed)
    if len(draws) < (1 - MOST_UNDEFINED) * n_resamples:
        return _separated(groups)
    tail = (1 - level) / 2
    low, high = np.quantile(draws, (tail, 1 - tail), axis=0)
    return Decomposed(
        **{
            name: estimate_of(
                float(whole[k]),
                (float(low[k]), float(high[k])),
                groups,
                level=level,
                method="percentile, patients resampled",
                p_value=_p_value(draws[:, k]),
                n_resamples=n_resamples,
            )
            for k, name in enumerate(PARTS)
        }
    )


def _draws(
    sides: list[tuple[FloatArray, FloatArray, Column]], n_resamples: int, seed: int
) -> FloatArray:
    generator = np.random.Generator(np.random.Philox(seed))
    draws = []
    for _ in range(n_resamples):
        resampled = []
        for y, p, patient in sides:
            size = int(patient.max()) + 1
            count = np.bincount(generator.integers(size, size=size), minlength=size)
            resampled.append((y, p, count[patient].astype(np.float64)))
        found = _parts(resampled)
        if found is not None:
            draws.append(found)
    return np.array(draws).reshape(-1, len(PARTS))


def _p_value(draws: FloatArray) -> float:
    beyond = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (draws.size + 1))


def _parts(sides: list[tuple[FloatArray, FloatArray, FloatArray]]) -> FloatArray | None:
    """Return change, case mix, calibration and ranking; None where one has no finite value."""
    found = []
    for y, p, weight in sides:
        x = log_odds(p)
        design = np.stack([np.ones(x.size), x], axis=1)
        recalibration = coefficients(design, y, np.zeros(x.size), weight)
        if recalibration is None:
            return None
        observed = _weighted_auroc(x, weight * y, weight * (1 - y))
        expected = model_based_auroc(risk(x), weight)
        recalibrated = model_based_auroc(risk(design @ recalibration), weight)
        found.append((observed, expected, recalibrated - expected, observed - recalibrated))
    here, there = np.array(found)
    return np.asarray(there - here)


def _few_events(outcome: FloatArray, groups: Groups) -> NotEstimable | None:
    for side in (groups.is_other, ~groups.is_other):
        events = int(outcome[side].sum())
        if min(events, int(side.sum()) - events) < FEWEST_EVENTS:
            reason = f"fewer than {FEWEST_EVENTS} with or without the event in one of the groups"
            return NotEstimable(code="too_few_events", reason=reason, n=groups.n)
    return None


def _separated(groups: Groups) -> NotEstimable:
    reason = "recalibration has no finite answer: the scores separate the outcomes"
    return NotEstimable(code="separated", reason=reason, n=groups.n)
