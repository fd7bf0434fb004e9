"""Operating points of a device at many thresholds, stored so that a reader can look at others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import Figure
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

GRID = tuple(round(0.01 * step, 2) for step in (*range(1, 60), *range(60, 100, 5)))
"""Risks from 1 % to 60 % one by one, as the decision curve has them, and on to 95 % by fives."""
SHARES = ("sensitivity", "specificity", "ppv", "npv")
MEASURES = (*SHARES, "net_benefit")


def stored_points(name: str, population: str, sample: Sample, intervals: IntervalPlan) -> Figure:
    """Return counts, shares and net benefit of a sample at each threshold, with their intervals.

    The threshold of ``sample`` is one of them and is marked. Intervals are those of closed form
    whatever the plan asks for: a reader compares thresholds here, the findings hold the one that
    counts.
    """
    closed = replace(intervals, method="auto")
    own = float(sample.threshold or 0)
    thresholds = sorted({*GRID, own})
    return Figure(
        id=name,
        kind="operating_points",
        title=f"Operating points, {population}",
        caption="What an alarm would be worth at other thresholds, with pointwise intervals. The "
        "vertical line is the threshold of the protocol, the only one that is judged.",
        alt=f"Sensitivity, specificity, PPV and NPV against the threshold on {population}.",
        content={
            "chosen": own,
            "n": sample.n,
            "n_events": sample.n_events,
            "level": intervals.level,
            "points": [_point(replace(sample, threshold=one), closed) for one in thresholds],
        },
    )


def _point(sample: Sample, intervals: IntervalPlan) -> dict[str, object]:
    threshold = float(sample.threshold or 0)
    measured = estimate(MEASURES, sample, intervals)
    alarms, events = sample.score >= threshold, sample.label == 1
    return {
        "threshold": threshold,
        "tp": _count(alarms & events),
        "fp": _count(alarms & ~events),
        "fn": _count(~alarms & events),
        "tn": _count(~alarms & ~events),
        "treat_all": _treat_all(sample.n_events / sample.n, threshold),
    } | {measure: _as_content(one) for measure, one in measured.items()}


def _count(rows: Column) -> int:
    return int(np.count_nonzero(rows))


def _treat_all(prevalence: float, threshold: float) -> float | None:
    """Return the net benefit of acting on everyone; without odds of the threshold there is none."""
    if not 0 < threshold < 1:
        return None
    return prevalence - (1 - prevalence) * threshold / (1 - threshold)


def _as_content(measurement: Measurement) -> dict[str, object]:
    if isinstance(measurement, Estimate):
        return {"value": measurement.value, "low": measurement.low, "high": measurement.high}
    return {"value": None, "reason": measurement.reason}
