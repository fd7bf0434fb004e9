"""Indices of accuracy from the likelihood of predicted risks, as R's rms reports them.

Three likelihoods are compared: of the prevalence alone, of the risks as predicted, and of the
risks recalibrated by logistic regression of the outcome on the log-odds of the score.
Refs. Miller, Hui & Tierney 1991, doi:10.1002/sim.4780100805 (unreliability); Nagelkerke 1991,
doi:10.1093/biomet/78.3.691; Harrell 2015, doi:10.1007/978-3-319-19425-7 (D, U, Q).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.resampling import layout
from samd_validate.stats.sample import Sample

RECALIBRATED = 2
"""Parameters of logistic recalibration: intercept and slope."""


@dataclass(frozen=True, kw_only=True)
class LikelihoodIndices:
    """How far predicted risks are from no information and from calibrated risks.

    ``nagelkerke_r2`` (at most 1, higher is better), ``discrimination`` (D, higher is better) and
    ``discrimination_chi2`` compare the risks *as predicted* with the prevalence: all three are
    negative where the prevalence alone predicts better. ``unreliability`` (U, lower is better),
    ``unreliability_chi2`` and ``unreliability_p`` compare recalibrated risks with those as
    predicted (2 degrees of freedom; a small p speaks against calibration). ``quality`` is D - U.
    ``somers_dxy`` is 2 AUROC - 1; ``intercept`` and ``slope`` are those of recalibration;
    ``brier`` is the mean squared error. D and U are per row and lessened by their degrees of
    freedom. The chi-squares of D and U add up to that of the recalibrated risks.
    """

    n: int
    n_events: int
    nagelkerke_r2: float
    discrimination: float
    discrimination_chi2: float
    unreliability: float
    unreliability_chi2: float
    unreliability_p: float
    quality: float
    somers_dxy: float
    intercept: float
    slope: float
    brier: float


def likelihood_indices(sample: Sample) -> LikelihoodIndices | NotEstimable:
    """Return the indices of predicted risks; ``score (n,)`` in [0, 1], higher is riskier.

    Scores are kept 1e-7 away from 0 and 1. Every row counts as independent: with several rows a
    patient the p-value is too small. Not estimable with one class, one score, or scores that
    separate the classes, since the recalibrated likelihood then has no maximum.

    Raises
    ------
    ValueError
        If the sample is empty or a score leaves [0, 1].

    >>> score = np.linspace(0.05, 0.95, 40)
    >>> found = likelihood_indices(Sample(label=np.arange(40) % 3 == 0, score=score))
    >>> round(found.unreliability_p, 6)
    3.4e-05
    """
    _refuse(sample)
    label, log_odds = sample.label.astype(np.float64), layout.log_odds(sample.score)
    if sample.n_events in (0, sample.n):
        return _none(sample, "one_class", "all outcomes are the same")
    if np.ptp(sample.score) == 0:
        return _none(sample, "one_score", "all scores are the same")
    low, high = (sample.score[sample.label == one] for one in (0, 1))
    if low.max() <= high.min() or high.max() <= low.min():
        return _none(sample, "separated", "scores separate the classes")
    intercept, slope = _recalibrated(label, log_odds)
    return _indices(sample, label, log_odds, intercept, slope)


def _indices(
    sample: Sample, label: FloatArray, log_odds: FloatArray, intercept: float, slope: float
) -> LikelihoodIndices:
    from scipy.special import chdtrc
    from sklearn.metrics import roc_auc_score

    n, share = sample.n, float(label.mean())
    as_predicted, recalibrated = (
        _deviance(label, eta) for eta in (log_odds, intercept + slope * log_odds)
    )
    without = _deviance(label, np.full(n, np.log(share / (1 - share))))
    gained, lost = without - as_predicted, as_predicted - recalibrated
    discrimination, unreliability = (gained - 1) / n, (lost - RECALIBRATED) / n
    return LikelihoodIndices(
        n=n,
        n_events=sample.n_events,
        nagelkerke_r2=float(np.expm1(-gained / n) / np.expm1(-without / n)),
        discrimination=discrimination,
        discrimination_chi2=gained,
        unreliability=unreliability,
        unreliability_chi2=lost,
        unreliability_p=float(chdtrc(RECALIBRATED, max(lost, 0.0))),
        quality=discrimination - unreliability,
        somers_dxy=2 * float(roc_auc_score(label, sample.score)) - 1,
        intercept=intercept,
        slope=slope,
        brier=float(((sample.score - label) ** 2).mean()),
    )


def _refuse(sample: Sample) -> None:
    if sample.n == 0:
        raise ValueError("sample must hold at least one row")
    if sample.score.min() < 0 or sample.score.max() > 1:
        raise ValueError("score must lie in [0, 1]")


def _none(sample: Sample, code: str, reason: str) -> NotEstimable:
    return NotEstimable(code=code, reason=reason, n=sample.n, n_events=sample.n_events)


def _deviance(label: FloatArray, log_odds: FloatArray) -> float:
    return float(2 * (np.logaddexp(0, log_odds) - label * log_odds).sum())


def _recalibrated(label: FloatArray, log_odds: FloatArray) -> tuple[float, float]:
    import statsmodels.api as sm

    fit = sm.GLM(label, sm.add_constant(log_odds), family=sm.families.Binomial()).fit(tol=1e-12)
    return float(fit.params[0]), float(fit.params[1])
