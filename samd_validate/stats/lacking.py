"""Why a measure cannot be had from a sample: in words, before anything is computed."""

from __future__ import annotations

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.sample import Sample

FEWEST_CLUSTERS = 10
OF_ODDS = ("net_benefit", "interventions_avoided")
"""Measures that weigh errors by the odds of the threshold."""

MOST_UNDEFINED = 0.05


def lacking(measure: str, sample: Sample) -> NotEstimable | None:
    """Return why a measure cannot be estimated from a sample, if so.

    Raises
    ------
    ValueError
        For an unknown measure, or scores outside [0, 1] where risks are needed.
    """
    n, events = sample.n, sample.n_events
    if measure not in MEASURES:
        raise ValueError(f"measure: {measure!r} is not one of {', '.join(MEASURES)}")
    needs = MEASURES[measure]
    if needs.needs_probability and n and (sample.score.min() < 0 or sample.score.max() > 1):
        raise ValueError("score must lie in [0, 1] for this measure")
    if needs.needs_threshold and sample.threshold is None:
        reason = ("no_threshold", "no operating point was given")
    elif measure in OF_ODDS and not 0 < float(sample.threshold or 0) < 1:
        reason = ("threshold_range", "the threshold has no odds: it lies outside (0, 1)")
    elif n == 0:
        reason = ("empty", "no patients")
    elif needs.needs_both_classes and events in (0, n):
        reason = ("one_class", "all have the event" if events else "nobody has the event")
    elif sample.n_clusters < FEWEST_CLUSTERS:
        reason = ("too_few", f"fewer than {FEWEST_CLUSTERS} patients")
    else:
        return None
    return NotEstimable(code=reason[0], reason=reason[1], n=n, n_events=events)


def too_often_undefined(
    samples: tuple[Sample, ...], n_undefined: int, n_resamples: int
) -> NotEstimable | None:
    """Return that a measure is undefined in more than 5 % of resamples, if so."""
    if n_undefined <= MOST_UNDEFINED * n_resamples:
        return None
    reason = f"undefined in {n_undefined} of {n_resamples} resamples"
    return _undefined(reason, samples)


def has_no_value(measure: str, samples: tuple[Sample, ...]) -> NotEstimable:
    """Return that the data leave a measure undefined (no alarm at all, say)."""
    return _undefined(f"{MEASURES[measure].title.lower()} is undefined on these data", samples)


def _undefined(reason: str, samples: tuple[Sample, ...]) -> NotEstimable:
    return NotEstimable(
        code="undefined",
        reason=reason,
        n=sum(one.n for one in samples),
        n_events=sum(one.n_events for one in samples),
    )
