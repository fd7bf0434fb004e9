"""Sizes of a study by the names of its measures, and how many patients a group still needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.sizes.planned_measure import Assumed, Lacking, planned_error_of
from samd_validate.stats.sizes.sample_size import (
    Bounds,
    SampleSize,
    size_for_half_width,
    size_to_keep,
)

# the half widths that Riley et al. 2021 aim at in their examples
HALF_WIDTHS: Mapping[str, float] = MappingProxyType(
    {
        "observed_expected_ratio": 0.1,
        "calibration_slope": 0.1,
        "auroc": 0.05,
        "standardised_net_benefit": 0.1,
    }
)


def external_validation_sizes(
    assumed: Assumed,
    half_widths: Mapping[str, float] = HALF_WIDTHS,
    level: float = 0.95,
) -> dict[str, SampleSize | NotEstimable]:
    """Return the size for each measure, of a model that is as good as assumed and calibrated.

    ``half_widths`` maps measures to half the width of their intervals. Take the largest one
    (:func:`samd_validate.stats.sample_size.largest`). Ref. Riley et al. 2021, doi:10.1002/sim.9025.

    >>> from samd_validate.stats.sizes.linear_predictor import normal_predictor
    >>> spread = normal_predictor(-1.75, 1.47)
    >>> assumed = Assumed(prevalence=0.22, auroc=0.82, linear_predictor=spread)
    >>> sizes = external_validation_sizes(assumed, {"auroc": 0.05, "calibration_slope": 0.15})
    >>> [size.n for size in sizes.values()]
    [400, 1070]
    """
    perfect = {"observed_expected_ratio": 1.0, "calibration_slope": 1.0}
    return {
        measure: _sized(measure, perfect.get(measure), assumed, half_width, level)
        for measure, half_width in half_widths.items()
    }


def _sized(
    measure: str, value: float | None, assumed: Assumed, half_width: float, level: float
) -> SampleSize | NotEstimable:
    planned = planned_error_of(measure, value, assumed)
    if isinstance(planned, Lacking):
        return planned.as_not_estimable(measure)
    if assumed.prevalence is None:
        return Lacking(names=("prevalence",)).as_not_estimable(measure)
    return size_for_half_width(planned, assumed.prevalence, half_width, level)


@dataclass(frozen=True, kw_only=True)
class StillNeeded:
    """How many more patients, with the events expected among them, a group needs; 0 is enough."""

    n: int
    n_events: int
    size: SampleSize


def still_needed(
    measure: str,
    value: float,
    *,
    n: int,
    n_events: int,
    target: float | Bounds,
    power: float = 0.8,
    level: float = 0.95,
    assumed: Assumed | None = None,
) -> StillNeeded | NotEstimable:
    """Return how many more patients a group needs, whose n patients with n_events are known.

    ``value`` is the value to expect (better from outside than from the small group); ``target``
    is half the width of the interval at ``level``, or the bounds that it must keep with a
    ``power``. The prevalence is that of the group; ``assumed`` gives what else the measure needs.

    >>> found = still_needed("auroc", 0.8, n=60, n_events=9, target=0.05)
    >>> found.n, found.n_events
    (531, 80)

    Raises
    ------
    ValueError
        For counts that cannot be, or a value that the measure cannot have.
    """
    if n < 1 or not 0 <= n_events <= n:
        raise ValueError("n must be above 0, and n_events between 0 and n")
    if n_events in (0, n):
        reason = f"{n} patients with {n_events} events do not tell how common events are"
        return NotEstimable(code="one_class", reason=reason, n=n, n_events=n_events)
    prevalence = n_events / n
    known = replace(assumed or Assumed(), prevalence=prevalence)
    planned = planned_error_of(measure, value, known)
    if isinstance(planned, Lacking):
        return planned.as_not_estimable(measure)
    if isinstance(target, Bounds):
        size = size_to_keep(planned, prevalence, target, power)
    else:
        size = size_for_half_width(planned, prevalence, target, level)
    if isinstance(size, NotEstimable):
        return size
    return StillNeeded(n=max(0, size.n - n), n_events=max(0, size.n_events - n_events), size=size)
