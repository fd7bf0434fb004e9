"""The standard errors that a study of n patients would have, if the truth were as expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, isfinite, sqrt
from typing import Literal, TypeAlias

from scipy.special import ndtri

from samd_validate.stats.sizes.linear_predictor import LinearPredictor

AurocFormula: TypeAlias = Literal["newcombe", "hanley-mcneil", "obuchowski"]


@dataclass(frozen=True, kw_only=True)
class PlannedError:
    """What a measure with the true value ``value`` would show in n patients.

    ``error(n)`` is its standard error, on the log scale if ``is_log``; ``error_at(truth, n)``
    is that for another truth (None: the same). An interval that ``inverts_test`` takes the error
    at the bound, as Wilson's does; a Wald interval takes it at the estimate. Values lie within
    ``lowest`` and ``highest``; ``n`` counts all patients, events and others; ``formula`` names
    the source.
    """

    value: float
    error: Callable[[float], float]
    error_at: Callable[[float, float], float] | None = None
    inverts_test: bool = False
    is_log: bool = False
    lowest: float = -inf
    highest: float = inf
    formula: str


def observed_expected_error(prevalence: float, value: float = 1.0) -> PlannedError:
    """Return that of the observed/expected ratio, on the log scale.

    The expected events count as known, so the size is on the safe side: predicted risks vary
    with the outcome, and intervals that resample patients are somewhat shorter. Ref. Riley et
    al. 2021, doi:10.1002/sim.9025.
    """
    _inside("prevalence", prevalence)
    if not 0 < value < inf:
        raise ValueError("value must be a ratio above 0")
    return PlannedError(
        value=value,
        error=lambda n: sqrt((1 - prevalence) / (prevalence * n)),
        is_log=True,
        lowest=0.0,
        formula="Riley 2021, O/E",
    )


def calibration_slope_error(predictor: LinearPredictor, value: float = 1.0) -> PlannedError:
    """Return that of the calibration slope, by Fisher's information (Riley et al. 2021)."""
    return _of_information(predictor, value, 1, "Riley 2021, slope")


def calibration_intercept_error(predictor: LinearPredictor, value: float = 0.0) -> PlannedError:
    """Return that of the calibration intercept beside a free slope, by Fisher's information."""
    return _of_information(predictor, value, 0, "Riley 2021, intercept")


def _of_information(
    predictor: LinearPredictor, value: float, which: int, formula: str
) -> PlannedError:
    """Return the error of intercept (0) or slope (1) where the other one is perfect."""
    if not isfinite(value):
        raise ValueError("value must be finite")
    truth = (0.0, value) if which else (value, 1.0)
    of_intercept, both, of_slope = predictor.information(*truth)
    determinant = of_intercept * of_slope - both**2
    if determinant <= 0:
        raise ValueError("predictor must hold log-odds that differ")
    variance = (of_intercept if which else of_slope) / determinant
    return PlannedError(value=value, error=lambda n: sqrt(variance / n), formula=formula)


def calibration_in_the_large_error(predictor: LinearPredictor, value: float = 0.0) -> PlannedError:
    """Return that of calibration-in-the-large, by Fisher's information.

    Ref. Pavlou et al. 2021, doi:10.1177/09622802211007522.
    """
    if not isfinite(value):
        raise ValueError("value must be finite")
    information = predictor.information(value, 1.0)[0]
    return PlannedError(
        value=value,
        error=lambda n: 1 / sqrt(information * n),
        formula="Pavlou 2021, in the large",
    )


def auroc_error(
    value: float, prevalence: float, formula: AurocFormula = "newcombe"
) -> PlannedError:
    """Return that of an AUROC in (0, 1).

    ``newcombe`` (Newcombe 2006, doi:10.1002/sim.2324) is the one of Riley et al. 2021;
    ``hanley-mcneil`` (1982, doi:10.1148/radiology.143.1.7063747) supposes exponential scores,
    ``obuchowski`` (Obuchowski & McClish 1997) normal ones, and both test a null value with the
    variance under that value.

    Raises
    ------
    ValueError
        If AUROC or prevalence are outside (0, 1), or for an unknown formula.
    """
    _inside("auroc", value)
    _inside("prevalence", prevalence)
    if formula not in _AUROC:
        raise ValueError(f"formula: {formula!r} is not one of {', '.join(_AUROC)}")
    variance, name = _AUROC[formula]

    def error_at(truth: float, n: float) -> float:
        return sqrt(variance(truth, n * prevalence, n * (1 - prevalence)))

    return PlannedError(
        value=value,
        error=lambda n: error_at(value, n),
        error_at=error_at,
        inverts_test=formula != "newcombe",
        lowest=0.0,
        highest=1.0,
        formula=name,
    )


def _newcombe(auroc: float, events: float, others: float) -> float:
    half = (events + others) / 2 - 1
    spread = 1 + half * (1 - auroc) / (2 - auroc) + half * auroc / (1 + auroc)
    return auroc * (1 - auroc) * spread / (events * others)


def _hanley_mcneil(auroc: float, events: float, others: float) -> float:
    two_events, two_others = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    spread = (events - 1) * (two_events - auroc**2) + (others - 1) * (two_others - auroc**2)
    return (auroc * (1 - auroc) + spread) / (events * others)


def _obuchowski(auroc: float, events: float, others: float) -> float:
    a = sqrt(2) * float(ndtri(auroc))
    return 0.0099 * exp(-(a**2) / 2) * ((5 * a**2 + 8) / events + (a**2 + 8) / others)


_AUROC: dict[str, tuple[Callable[[float, float, float], float], str]] = {
    "newcombe": (_newcombe, "Riley 2021, AUROC"),
    "hanley-mcneil": (_hanley_mcneil, "Hanley & McNeil 1982"),
    "obuchowski": (_obuchowski, "Obuchowski & McClish 1997"),
}


def auroc_difference_error(
    auroc: float, other: float, prevalence: float, correlation: float | None
) -> PlannedError:
    """Return that of the difference ``auroc - other``.

    With a ``correlation`` of the two estimates both scores are of the same n patients (Hanley &
    McNeil 1983, doi:10.1148/radiology.148.3.6878708); None means two samples of n patients each.

    Raises
    ------
    ValueError
        If an AUROC or the prevalence is outside (0, 1), or the correlation outside [-1, 1).
    """
    if correlation is not None and not -1 <= correlation < 1:
        raise ValueError("correlation must lie in [-1, 1)")
    one, two = auroc_error(auroc, prevalence), auroc_error(other, prevalence)

    def error(n: float) -> float:
        a, b = one.error(n), two.error(n)
        return sqrt(a**2 + b**2 - 2 * (correlation or 0.0) * a * b)

    name = "two samples" if correlation is None else "Hanley & McNeil 1983, paired"
    return PlannedError(
        value=auroc - other,
        error=error,
        lowest=-1.0,
        highest=1.0,
        formula=f"AUROC difference, {name}",
    )


def proportion_error(value: float, share: float = 1.0) -> PlannedError:
    """Return that of a proportion counted on a ``share`` in (0, 1] of the patients.

    The share is the prevalence for a sensitivity, its complement for a specificity, the share of
    alarms for a PPV. A bound is tested with the variance under it, as Wilson's interval does.
    """
    _inside("value", value)
    if not 0 < share <= 1:
        raise ValueError("share must lie in (0, 1]")

    def error_at(truth: float, n: float) -> float:
        return sqrt(truth * (1 - truth) / (n * share))

    return PlannedError(
        value=value,
        error=lambda n: error_at(value, n),
        error_at=error_at,
        inverts_test=True,
        lowest=0.0,
        highest=1.0,
        formula="proportion, score interval",
    )


def net_benefit_error(
    sensitivity: float, specificity: float, prevalence: float, threshold: float
) -> PlannedError:
    """Return that of the net benefit per patient at a threshold in (0, 1).

    Each patient adds 1 (true alarm), minus the odds of the threshold (false alarm) or 0; the
    variance is that of this sum.
    """
    odds = _odds(sensitivity, specificity, prevalence, threshold)
    true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    value = true - odds * false
    variance = true + odds**2 * false - value**2
    return PlannedError(
        value=value, error=lambda n: sqrt(variance / n), highest=1.0, formula="net benefit"
    )


def standardised_net_benefit_error(
    sensitivity: float, specificity: float, prevalence: float, threshold: float
) -> PlannedError:
    """Return that of the net benefit divided by the prevalence (Riley et al. 2021)."""
    odds = _odds(sensitivity, specificity, prevalence, threshold)
    weight = odds * (1 - prevalence) / prevalence
    variance = (
        sensitivity * (1 - sensitivity) / prevalence
        + weight**2 * specificity * (1 - specificity) / (1 - prevalence)
        + weight**2 * (1 - specificity) ** 2 / (prevalence * (1 - prevalence))
    )
    return PlannedError(
        value=sensitivity - weight * (1 - specificity),
        error=lambda n: sqrt(variance / n),
        highest=1.0,
        formula="Riley 2021, standardised net benefit",
    )


def _odds(sensitivity: float, specificity: float, prevalence: float, threshold: float) -> float:
    for name, number in (("sensitivity", sensitivity), ("specificity", specificity)):
        if not 0 <= number <= 1:
            raise ValueError(f"{name} must lie in [0, 1]")
    _inside("prevalence", prevalence)
    _inside("threshold", threshold)
    if specificity == 1 and sensitivity in (0, 1):
        raise ValueError("sensitivity and specificity must leave something to vary")
    return threshold / (1 - threshold)


def _inside(name: str, number: float) -> None:
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie between 0 and 1, not {number:g}")
