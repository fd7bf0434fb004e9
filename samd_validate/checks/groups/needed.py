"""Why a group is too small to be assessed, and how many more patients it needs."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from samd_validate.core.arrays import BoolArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.sizes.study_size import still_needed

SHARES = ("auroc", "sensitivity", "specificity", "prevalence")


def too_small(
    cohort: Cohort, mask: BoolArray, min_units: int, min_events: int
) -> NotEstimable | None:
    """Return that a group has too few patients or events, with how many are still needed.

    How many units bring the events that are missing follows from the share of the rarer outcome
    in the group; in a group without one, from that among all.
    """
    n, events = int(mask.sum()), int(cohort.label[mask].sum())
    rarer = min(events, n - events)
    if n >= min_units and rarer >= min_events:
        return None
    everyone = min(cohort.n_events, cohort.size - cohort.n_events) / cohort.size
    share = rarer / n if rarer else everyone
    more = max(min_units - n, ceil((min_events - rarer) / share) if share else 0)
    needed = f"; about {more} more are needed" if share else ""
    reason = (
        f"{n} units with {events} events; the protocol asks for at least {min_units} "
        f"and {min_events} of each outcome{needed}"
    )
    return NotEstimable(code="too_small", reason=reason, n=n, n_events=events)


def with_precision(
    reason: NotEstimable, measure: str, whole: Measurement, half_width: float, level: float
) -> NotEstimable:
    """Return the reason with how many more units an interval of a half width needs.

    The value to expect is that of all patients; without a formula the reason stays as it is.
    """
    if not isinstance(whole, Estimate) or measure not in SHARES or not reason.n:
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
