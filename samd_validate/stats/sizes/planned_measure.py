"""Standard errors by the name of a measure, from what is assumed of the patients to come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.sizes import planned_error as errors
from samd_validate.stats.sizes.linear_predictor import LinearPredictor
from samd_validate.stats.sizes.planned_error import PlannedError

NET_BENEFIT_TOLERANCE = 0.005


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What is assumed of the study to come; what is None was not stated.

    ``prevalence`` in (0, 1), ``auroc`` in (0, 1), ``sensitivity`` and ``specificity`` at
    ``threshold``, the spread of the ``linear_predictor``, and for a difference of two AUROCs
    whether it ``is_paired`` and the ``auroc_correlation`` of the two estimates.
    """

    prevalence: float | None = None
    auroc: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    threshold: float | None = None
    linear_predictor: LinearPredictor | None = None
    auroc_correlation: float | None = None
    is_paired: bool = True


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """No size: the names of the assumptions that must be stated, none if there is no formula."""

    names: tuple[str, ...] = ()

    def as_not_estimable(self, measure: str) -> NotEstimable:
        """Return the words for a reader."""
        if not self.names:
            reason = f"no formula for the size of a study of {measure}; by simulation only"
            return NotEstimable(code="no_formula", reason=reason, n=0)
        reason = f"the size needs {', '.join(self.names)}"
        return NotEstimable(code="missing_assumption", reason=reason, n=0)


def planned_error_of(
    measure: str, value: float | None, assumed: Assumed, *, may_derive: bool = True
) -> PlannedError | Lacking:
    """Return the standard errors of a measure whose true value is ``value``.

    With ``value`` None an AUROC, a sensitivity or a specificity is the assumed one, and
    predictive values and net benefits follow from what is assumed; other measures lack
    ``expected``, and so do all if nothing ``may_derive``, as for a group of the patients.

    Raises
    ------
    ValueError
        Naming what cannot be, or what does not go together.
    """
    if measure not in _PLANS:
        return Lacking()
    needs, derived, make = _PLANS[measure]
    if measure == "auroc_difference" and assumed.is_paired:
        needs += ("auroc_correlation",)
    if value is None:
        needs += derived if may_derive else ("expected",)
    missing = tuple(n for n in dict.fromkeys(needs) if getattr(assumed, n, None) is None)
    return Lacking(names=missing) if missing else make(value, assumed)


def _given(number: float | None) -> float:
    """Return a number that the table below has made sure of."""
    if number is None:
        raise ValueError("an assumption is missing")
    return number


def _predictor(assumed: Assumed) -> LinearPredictor:
    if assumed.linear_predictor is None:
        raise ValueError("linear_predictor is missing")
    return assumed.linear_predictor


def _auroc(value: float | None, a: Assumed) -> PlannedError:
    return errors.auroc_error(_given(a.auroc if value is None else value), _given(a.prevalence))


def _auroc_difference(value: float | None, a: Assumed) -> PlannedError:
    correlation = _given(a.auroc_correlation) if a.is_paired else None
    auroc = _given(a.auroc)
    other = auroc - _given(value)
    return errors.auroc_difference_error(auroc, other, _given(a.prevalence), correlation)


def _sensitivity(value: float | None, a: Assumed) -> PlannedError:
    share = _given(a.prevalence)
    return errors.proportion_error(_given(a.sensitivity if value is None else value), share)


def _specificity(value: float | None, a: Assumed) -> PlannedError:
    share = 1 - _given(a.prevalence)
    return errors.proportion_error(_given(a.specificity if value is None else value), share)


def _ppv(value: float | None, a: Assumed) -> PlannedError:
    hits = _given(a.sensitivity) * _given(a.prevalence)
    if value is None:
        value = hits / (hits + (1 - _given(a.specificity)) * (1 - _given(a.prevalence)))
    return _predictive("ppv", "sensitivity", value, hits)


def _npv(value: float | None, a: Assumed) -> PlannedError:
    hits = _given(a.specificity) * (1 - _given(a.prevalence))
    if value is None:
        value = hits / (hits + (1 - _given(a.sensitivity)) * _given(a.prevalence))
    return _predictive("npv", "specificity", value, hits)


def _predictive(name: str, of: str, value: float, hits: float) -> PlannedError:
    """Return that of a predictive value, whose hits are a share of all patients."""
    if not hits < value:
        raise ValueError(
            f"{name} {value:g} does not go with {of} and prevalence: more calls than patients"
        )
    return errors.proportion_error(value, hits / value if hits else 1.0)


def _prevalence(value: float | None, a: Assumed) -> PlannedError:
    return errors.proportion_error(_given(a.prevalence if value is None else value))


def _net_benefit(value: float | None, a: Assumed) -> PlannedError:
    return _agreeing("net_benefit", value, errors.net_benefit_error(*_at_threshold(a)))


def _standardised_net_benefit(value: float | None, a: Assumed) -> PlannedError:
    planned = errors.standardised_net_benefit_error(*_at_threshold(a))
    return _agreeing("standardised_net_benefit", value, planned)


def _at_threshold(a: Assumed) -> tuple[float, float, float, float]:
    return (
        _given(a.sensitivity),
        _given(a.specificity),
        _given(a.prevalence),
        _given(a.threshold),
    )


def _agreeing(name: str, value: float | None, planned: PlannedError) -> PlannedError:
    if value is not None and abs(value - planned.value) > NET_BENEFIT_TOLERANCE:
        raise ValueError(
            f"{name} {value:g} does not follow from sensitivity, specificity, prevalence and "
            f"threshold, which give {planned.value:.3f}"
        )
    return planned


Plan: TypeAlias = Callable[[float | None, Assumed], PlannedError]
_THRESHOLD = ("sensitivity", "specificity", "prevalence", "threshold")
# measure: what it needs, what it needs besides if its value is not given, how its error is made
_PLANS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Plan]] = MappingProxyType(
    {
        "auroc": (("prevalence",), ("auroc",), _auroc),
        "auroc_difference": (("prevalence", "auroc"), ("expected",), _auroc_difference),
        "prevalence": ((), ("prevalence",), _prevalence),
        "sensitivity": (("prevalence",), ("sensitivity",), _sensitivity),
        "specificity": (("prevalence",), ("specificity",), _specificity),
        "ppv": (("sensitivity", "prevalence"), ("specificity",), _ppv),
        "npv": (("specificity", "prevalence"), ("sensitivity",), _npv),
        "net_benefit": (_THRESHOLD, (), _net_benefit),
        "standardised_net_benefit": (_THRESHOLD, (), _standardised_net_benefit),
        "observed_expected_ratio": (
            ("prevalence",),
            ("expected",),
            lambda value, a: errors.observed_expected_error(_given(a.prevalence), _given(value)),
        ),
        "calibration_slope": (
            ("linear_predictor",),
            ("expected",),
            lambda value, a: errors.calibration_slope_error(_predictor(a), _given(value)),
        ),
        "calibration_intercept": (
            ("linear_predictor",),
            ("expected",),
            lambda value, a: errors.calibration_intercept_error(_predictor(a), _given(value)),
        ),
        "calibration_in_the_large": (
            ("linear_predictor",),
            ("expected",),
            lambda value, a: errors.calibration_in_the_large_error(_predictor(a), _given(value)),
        ),
    }
)
