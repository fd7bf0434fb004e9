"""Why a group is too small to be assessed, and how many more patients it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import estimate_subsets
from samd_validate.stats.sample import Sample
from samd_validate.stats.sizes.study_size import still_needed

SHARES = ("auroc", "sensitivity", "specificity", "prevalence")


@dataclass(frozen=True, kw_only=True)
class LargeEnough:
    """How many units, and how many of each outcome, a group must have."""

    units: int
    events: int


def estimates_by_group(
    sample: Sample,
    masks: Mapping[str, BoolArray],
    measures: Sequence[str],
    asked: LargeEnough,
    plan: IntervalPlan,
) -> dict[str, dict[str, Measurement]]:
    """Return each measure in each group; a group that is too small stays, with the reason."""
    reasons = {name: too_small(sample, mask, asked) for name, mask in masks.items()}
    large = {name: mask for name, mask in masks.items() if reasons[name] is None}
    found = estimate_subsets(measures, sample, large, plan)
    return {
        name: {measure: reason or found[(name, measure)] for measure in measures}
        for name, reason in reasons.items()
    }


def too_small(sample: Sample, mask: BoolArray, asked: LargeEnough) -> NotEstimable | None:
    """Return that a group has too few units or events, with how many are still needed.

    How many units bring the events that are missing follows from the share of the rarer outcome
    in the group; in a group without one, from that among all.
    """
    n, events = int(mask.sum()), int(sample.label[mask].sum())
    rarer = min(events, n - events)
    if n >= asked.units and rarer >= asked.events:
        return None
    everyone = min(sample.n_events, sample.n - sample.n_events) / max(sample.n, 1)
    share = rarer / n if rarer else everyone
    more = max(asked.units - n, ceil((asked.events - rarer) / share) if share else 0)
    needed = f"; about {more} more are needed" if share else ""
    reason = (
        f"{n} units with {events} events; the protocol asks for at least {asked.units} "
        f"and {asked.events} of each outcome{needed}"
    )
    return NotEstimable(code="too_small", reason=reason, n=n, n_events=events)


def with_precision(
    reason: Measurement, measure: str, whole: Measurement, half_width: float, level: float
) -> Measurement:
    """Return why a group is too small with how many more units an interval needs.

    The value to expect is that of all patients; anything else, and a reason without a formula,
    stays as it is.
    """
    if not isinstance(reason, NotEstimable) or reason.code != "too_small" or not reason.n:
        return reason
    if not isinstance(whole, Estimate) or measure not in SHARES:
        return reason
    found = still_needed(
        measure,
        whole.value,
        n=reason.n,
        n_events=reason.n_events or 0,
        target=half_width,
        level=level,
    )
    if isinstance(found, NotEstimable) or not found.n:
        return reason
    words = f"; for an interval of +/- {half_width:g} about {found.n}"
    return replace(reason, reason=reason.reason + words)
