"""Intervals without resampling: DeLong for the AUROC, score and exact intervals for shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from samd_validate.core.estimate import Estimate
from samd_validate.stats.delong import delong, delong_interval
from samd_validate.stats.proportions import agresti_coull, clopper_pearson, wilson
from samd_validate.stats.sample import Sample

SHARES: Mapping[str, Callable[[int, int, float], tuple[float, float]]] = MappingProxyType(
    {"wilson": wilson, "clopper-pearson": clopper_pearson, "agresti-coull": agresti_coull}
)
METHODS = ("auto", "bootstrap", "delong", "delong-logit", *SHARES)
_SHARE_MEASURES = ("sensitivity", "specificity", "ppv", "npv", "prevalence")


def closed_form(measure: str, sample: Sample, method: str, level: float) -> Estimate | None:
    """Return the estimate by a closed formula, or None where resampling is the way.

    ``auto`` takes DeLong for the AUROC and Wilson for shares, if every row is a patient of its
    own; with several rows a patient these formulas are too narrow, and resampling patients is
    the rule. A method that is named is taken for the measures it is made for.

    Raises
    ------
    ValueError
        For an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    is_clustered = sample.n_clusters < sample.n
    if method == "bootstrap" or is_clustered or sample.n == 0:
        return None
    if measure == "auroc" and method in ("auto", "delong", "delong-logit"):
        return _of_auroc(sample, method, level)
    if measure in _SHARE_MEASURES and method in ("auto", *SHARES):
        return _of_share(measure, sample, "wilson" if method == "auto" else method, level)
    return None


def _of_auroc(sample: Sample, method: str, level: float) -> Estimate | None:
    if sample.n_events in (0, sample.n):
        return None
    one = delong(sample.label, sample.score)
    low, high = delong_interval(one, level, on_log_odds=method == "delong-logit")
    name = "DeLong, log-odds" if method == "delong-logit" else "DeLong"
    return _estimate(one.auroc, low, high, level, name, sample)


def _of_share(measure: str, sample: Sample, method: str, level: float) -> Estimate | None:
    counted = _counted(measure, sample)
    if counted is None or counted[1] == 0:
        return None
    hits, n = counted
    low, high = SHARES[method](hits, n, level)
    return _estimate(hits / n, low, high, level, method, sample)


def _counted(measure: str, sample: Sample) -> tuple[int, int] | None:
    event = sample.label == 1
    if measure == "prevalence":
        return int(event.sum()), sample.n
    if sample.threshold is None:
        return None
    alarm = sample.score >= sample.threshold
    of, hit = {
        "sensitivity": (event, alarm),
        "specificity": (~event, ~alarm),
        "ppv": (alarm, event),
        "npv": (~alarm, ~event),
    }[measure]
    return int(np.count_nonzero(of & hit)), int(np.count_nonzero(of))


def _estimate(
    value: float, low: float, high: float, level: float, method: str, sample: Sample
) -> Estimate:
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=level,
        method=method,
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
    )
