"""Pooling an estimate over sites, and what it says of a site not yet seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2
from scipy.stats import t as student

from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.comparison.between_site import (
    ESTIMATORS,
    generalised_q,
    pooled_mean,
    tau2_interval,
    typical_variance,
)
from samd_validate.stats.intervals.scales import SCALES, Scale

INTERVALS = ("hartung-knapp-truncated", "hartung-knapp", "wald")
PREDICTIONS = ("k-2", "k-1")
FEWEST_SITES = 2
MOST_TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """How sites are pooled.

    ``scale`` is that on which site estimates are nearly normal: ``log-odds`` for the AUROC and for
    shares, ``log`` for ratios such as observed/expected, ``identity`` else (Snell, Ensor, Debray,
    Moons & Riley 2018, doi:10.1177/0962280217705678; Debray et al. 2019,
    doi:10.1177/0962280218785504). ``between`` is the estimator of the variance between sites, or
    ``fixed`` to pool as if there were none. ``interval`` is that of the mean: ``wald``;
    ``hartung-knapp`` (Hartung & Knapp 2001, doi:10.1002/sim.1009; Sidik & Jonkman 2002,
    doi:10.1002/sim.1262), which is narrower than ``wald`` where sites happen to agree; or
    ``hartung-knapp-truncated``, whose standard error is never below that of ``wald`` (Knapp &
    Hartung 2003, doi:10.1002/sim.1482; Roever, Knapp & Friede 2015, doi:10.1186/s12874-015-0091-1).
    ``prediction`` names the degrees of freedom of the prediction interval: ``k-2`` (Higgins,
    Thompson & Spiegelhalter 2009, doi:10.1111/j.1467-985X.2008.00552.x) or the narrower ``k-1``.

    Raises
    ------
    ValueError
        For an unknown choice, or a level outside (0, 1).
    """

    scale: str = "identity"
    between: str = "reml"
    interval: str = "hartung-knapp-truncated"
    prediction: str = "k-2"
    level: float = 0.95

    def __post_init__(self) -> None:
        for name, allowed in (
            ("scale", tuple(SCALES)),
            ("between", tuple(ESTIMATORS)),
            ("interval", INTERVALS),
            ("prediction", PREDICTIONS),
        ):
            if getattr(self, name) not in allowed:
                chosen = getattr(self, name)
                raise ValueError(f"{name}: {chosen!r} is not one of {', '.join(allowed)}")
        if not 0 < self.level < 1:
            raise ValueError("level must lie between 0 and 1")


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """Sites pooled into one: what holds on average, and what a further site may show.

    ``mean`` and ``prediction`` are on the scale of the measure (back-transformed: the mean is then
    the median site); ``tau2`` is the variance between sites on ``scale``, with its Q-profile
    interval; ``i2`` is the share of the variance of site estimates that is not chance; ``q`` has
    k - 1 degrees of freedom; ``weights (k,)`` sum to 1, in the order of ``sites``. ``left_out``
    says which sites were not pooled and why.
    """

    mean: Measurement
    prediction: Measurement
    tau2: Estimate
    i2: Estimate
    q: float
    q_p_value: float
    scale: str
    weights: FloatArray
    sites: tuple[str, ...]
    left_out: Mapping[str, str]


def pool(
    values: Sequence[float], standard_errors: Sequence[float], pooling: Pooling | None = None
) -> Pooled | NotEstimable:
    """Return the pooled value of k sites; both arguments ``(k,)`` are on the measure's own scale.

    Standard errors are carried to the scale of pooling by the delta method. Sites are taken to be
    independent and their errors to be known, which needs some 10 events and non-events in each.

    >>> found = pool([0.2, 0.3, 0.4], [0.1, 0.1, 0.1], Pooling(interval="wald", between="fixed"))
    >>> found.mean.describe()
    '0.30 (95% CI 0.19 to 0.41)'

    Raises
    ------
    ValueError
        For lengths that differ, a value that is not inside the range of the scale, or a standard
        error that is not above 0.
    """
    pooling = pooling or Pooling()
    scale = SCALES[pooling.scale]
    value = np.asarray(values, dtype=np.float64)
    error = np.asarray(standard_errors, dtype=np.float64)
    if value.ndim != 1 or value.shape != error.shape:
        raise ValueError("values and standard_errors must be of one length")
    if not (np.isfinite(error).all() and (error > 0).all()):
        raise ValueError("standard_errors must be finite and above 0")
    if not all(scale.holds(float(one)) for one in value):
        raise ValueError(f"values must lie strictly inside the range of the {scale.name} scale")
    names = tuple(str(number) for number in range(1, value.size + 1))
    return _pooled(scale.to(value), error * scale.slope(value), pooling, names, {})


def pool_estimates(
    sites: Mapping[str, Measurement], pooling: Pooling | None = None
) -> Pooled | NotEstimable:
    """Return the pooled value of sites that each have an estimate with an interval.

    The standard error on the scale of pooling is the width of a site's interval there over twice
    the normal quantile of its level. Where an end lies on the border of the scale (an AUROC's
    limit cut at 1), the other half is used. A site without an estimate, with a value on the
    border (a sensitivity of 1 has no log-odds) or with an interval of no width is left out, named
    in ``left_out`` and in the notes: such sites are often the best or the smallest, so read the
    mean with them in mind.
    """
    pooling = pooling or Pooling()
    scale = SCALES[pooling.scale]
    errors = {name: _error(one, scale) for name, one in sites.items()}
    left_out = {name: error for name, error in errors.items() if isinstance(error, str)}
    kept = {
        name: one
        for name, one in sites.items()
        if isinstance(one, Estimate) and name not in left_out
    }
    value = scale.to(np.array([one.value for one in kept.values()]))
    error = np.array([float(errors[name]) for name in kept])
    found = _pooled(np.asarray(value), error, pooling, tuple(kept), left_out)
    return found if isinstance(found, NotEstimable) else _counted(found, kept)


def _error(one: Measurement, scale: Scale) -> float | str:
    """Return the standard error of a site on the scale, or why there is none."""
    if isinstance(one, NotEstimable):
        return one.reason
    if not scale.holds(one.value):
        return f"a value of {one.value:g} is on the border of the {scale.name} scale"
    halves = [
        abs(float(scale.to(np.array(end))) - float(scale.to(np.array(one.value))))
        for end in (one.low, one.high)
        if scale.holds(end)
    ]
    width = sum(halves) / max(len(halves), 1)
    if width == 0:
        return "its interval has no width or lies on the border of the scale"
    return width / float(ndtri((1 + one.level) / 2))


def _counted(found: Pooled, kept: Mapping[str, Estimate]) -> Pooled:
    """Return the same with n and events summed over the sites that were pooled."""
    n = sum(one.n for one in kept.values())
    events = [one.n_events for one in kept.values() if one.n_events is not None]
    n_events = sum(events) if len(events) == len(kept) else None
    return replace(
        found,
        mean=replace(found.mean, n=n, n_events=n_events),
        prediction=replace(found.prediction, n=n, n_events=n_events),
        tau2=replace(found.tau2, n=n, n_events=n_events),
        i2=replace(found.i2, n=n, n_events=n_events),
    )


def _pooled(
    value: FloatArray,
    error: FloatArray,
    pooling: Pooling,
    sites: tuple[str, ...],
    left_out: Mapping[str, str],
) -> Pooled | NotEstimable:
    """Pool values and standard errors that are on the scale of pooling already."""
    k = value.size
    note = "; ".join([f"{k} sites", *_words_of(left_out)])
    if k < FEWEST_SITES:
        return NotEstimable(code="few_sites", reason=f"pooling needs two sites ({note})", n=k)
    variance = error**2
    between = ESTIMATORS[pooling.between](value, variance)
    tau2 = 0.0 if pooling.between == "fixed" else between
    weight = 1 / (variance + tau2)
    centre, spread = pooled_mean(value, variance, tau2), _error_of_mean(value, weight, pooling)
    q = generalised_q(value, variance)
    return Pooled(
        mean=_mean(centre, spread, k, pooling, note),
        prediction=_prediction(centre, spread, tau2, k, pooling, note),
        tau2=_tau2(between, value, variance, pooling, note),
        i2=_i2(between, value, variance, pooling, note),
        q=q,
        q_p_value=float(chi2.sf(q, k - 1)),
        scale=pooling.scale,
        weights=weight / weight.sum(),
        sites=sites,
        left_out=dict(left_out),
    )


def _words_of(left_out: Mapping[str, str]) -> list[str]:
    """Return which sites were left out and why; of many the first few, and how many more."""
    told = [f"left out {name}: {why}" for name, why in left_out.items()]
    more = len(told) - MOST_TOLD
    return told if more <= 0 else [*told[:MOST_TOLD], f"and {more} more sites"]


def _error_of_mean(value: FloatArray, weight: FloatArray, pooling: Pooling) -> float:
    plain = float(1 / np.sqrt(weight.sum()))
    if pooling.interval == "wald":
        return plain
    away = ((value - (weight * value).sum() / weight.sum()) ** 2 * weight).sum()
    adjusted = plain * float(np.sqrt(away / (value.size - 1)))
    return max(plain, adjusted) if pooling.interval == "hartung-knapp-truncated" else adjusted


def _mean(centre: float, spread: float, k: int, pooling: Pooling, note: str) -> Measurement:
    if spread == 0:
        reason = "the sites agree exactly and the Hartung-Knapp interval has no width; truncate it"
        return NotEstimable(code="no_spread", reason=f"{reason} ({note})", n=k)
    freedom = np.inf if pooling.interval == "wald" else k - 1
    half = float(student.ppf((1 + pooling.level) / 2, freedom)) * spread
    method = f"{_named(pooling)}, {pooling.interval}, {pooling.scale} scale"
    return _back(centre, half, method, k, pooling, note)


def _prediction(
    centre: float, spread: float, tau2: float, k: int, pooling: Pooling, note: str
) -> Measurement:
    if pooling.between == "fixed":
        reason = "a fixed effect says nothing of a further site"
        return NotEstimable(code="fixed_effect", reason=reason, n=k)
    freedom = k - int(pooling.prediction[-1])
    if freedom < 1:
        reason = f"a prediction interval with {pooling.prediction} degrees of freedom needs more"
        return NotEstimable(code="few_sites", reason=f"{reason} sites ({note})", n=k)
    if spread == 0:
        return NotEstimable(code="no_spread", reason=f"the sites agree exactly ({note})", n=k)
    half = float(student.ppf((1 + pooling.level) / 2, freedom) * np.sqrt(tau2 + spread**2))
    method = f"prediction interval for a further site, t with {pooling.prediction}, "
    return _back(centre, half, method + _named(pooling), k, pooling, note)


def _back(centre: float, half: float, method: str, k: int, pooling: Pooling, note: str) -> Estimate:
    value, low, high = SCALES[pooling.scale].back(np.array([centre, centre - half, centre + half]))
    return Estimate(
        value=value, low=low, high=high, level=pooling.level, method=method, n=k, note=note
    )


def _tau2(
    between: float, value: FloatArray, variance: FloatArray, pooling: Pooling, note: str
) -> Estimate:
    low, high = tau2_interval(value, variance, pooling.level)
    method = f"{_estimator(pooling)}, Q-profile interval, {pooling.scale} scale"
    return Estimate(
        value=between,
        low=low,
        high=high,
        level=pooling.level,
        method=method,
        n=value.size,
        note=note,
    )


def _i2(
    between: float, value: FloatArray, variance: FloatArray, pooling: Pooling, note: str
) -> Estimate:
    """Return the share of tau2; with DerSimonian-Laird it is (Q - df) / Q."""
    typical = typical_variance(variance)
    tau2 = _tau2(between, value, variance, pooling, note)
    share, low, high = (one / (one + typical) for one in (tau2.value, tau2.low, tau2.high))
    return replace(tau2, value=share, low=low, high=high, method=f"of {tau2.method}")


def _estimator(pooling: Pooling) -> str:
    return "dersimonian-laird" if pooling.between == "fixed" else pooling.between


def _named(pooling: Pooling) -> str:
    return "fixed effect" if pooling.between == "fixed" else f"random effects ({pooling.between})"
