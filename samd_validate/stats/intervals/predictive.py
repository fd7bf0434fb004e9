"""Predictive values at a stated prevalence, when that of the sample is not that of the use."""

from __future__ import annotations

from dataclasses import replace

from samd_validate.core.estimate import Estimate, Measurement


def ppv_at(prevalence: float, lr_pos: Measurement) -> Measurement:
    """Return the positive predictive value at a prevalence, from the positive likelihood ratio.

    The odds of the event after an alarm are those before it times the likelihood ratio (Bayes);
    the limits go the same way (Mercaldo, Lau & Zhou 2007, doi:10.1002/sim.2677), the prevalence
    being taken as known.

    >>> lr = Estimate(value=9.0, low=4.0, high=20.0, level=0.95, method="log-normal", n=200)
    >>> ppv_at(0.1, lr).describe()
    '0.50 (95% CI 0.31 to 0.69)'

    Raises
    ------
    ValueError
        If the prevalence does not lie strictly between 0 and 1.
    """
    odds = _odds(prevalence)
    if not isinstance(lr_pos, Estimate):
        return lr_pos
    value, low, high = (_share(odds * one) for one in (lr_pos.value, lr_pos.low, lr_pos.high))
    return _moved(lr_pos, prevalence, value, low, high)


def npv_at(prevalence: float, lr_neg: Measurement) -> Measurement:
    """Return the negative predictive value at a prevalence, from the negative likelihood ratio.

    >>> lr = Estimate(value=0.25, low=0.1, high=0.5, level=0.95, method="log-normal", n=200)
    >>> npv_at(0.2, lr).describe()
    '0.94 (95% CI 0.89 to 0.98)'
    """
    odds = _odds(prevalence)
    if not isinstance(lr_neg, Estimate):
        return lr_neg
    value, low, high = (1 - _share(odds * one) for one in (lr_neg.value, lr_neg.high, lr_neg.low))
    return _moved(lr_neg, prevalence, value, low, high)


def _odds(prevalence: float) -> float:
    if not 0 < prevalence < 1:
        raise ValueError("prevalence must lie strictly between 0 and 1")
    return prevalence / (1 - prevalence)


def _share(odds: float) -> float:
    return odds / (1 + odds)


def _moved(ratio: Estimate, prevalence: float, value: float, low: float, high: float) -> Estimate:
    method = f"{ratio.method}, at a prevalence of {prevalence:g}"
    return replace(ratio, value=value, low=low, high=high, method=method)
