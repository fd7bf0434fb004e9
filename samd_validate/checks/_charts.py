"""Control charts of outcomes against what was expected: as measures, and drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samd_validate.checks._numbers import p_value_measure
from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import Figure
from samd_validate.stats.time_course.cusum import cusum
from samd_validate.stats.time_course.ewma import ewma, ewma_run_length
from samd_validate.stats.time_course.in_control import Chart

MORE, FEWER, SMOOTHED = "cusum_more_p_value", "cusum_fewer_p_value", "ewma_p_value"
CHARTS = (MORE, FEWER, SMOOTHED)
ODDS = {MORE: 2.0, FEWER: 0.5}
WORDS = {MORE: "more events than expected", FEWER: "fewer events than expected"}
MOST_POINTS = 400


@dataclass(frozen=True, kw_only=True)
class Charts:
    """The CUSUM charts by measure, and the EWMA chart with its smoothing."""

    sums: dict[str, Chart]
    mean: Chart
    smoothing: float


def charts_of(label: Column, expected: FloatArray, smoothing: float, seed: int) -> Charts:
    """Return the charts of outcomes in time order against their expected risks ``(n,)``."""
    sums = {
        name: cusum(label, expected, odds, seed + place)
        for place, (name, odds) in enumerate(ODDS.items())
    }
    mean = ewma(label, expected, smoothing, seed + len(ODDS))
    return Charts(sums=sums, mean=mean, smoothing=smoothing)


def as_measures(charts: Charts, like: Estimate) -> dict[str, Measurement]:
    """Return the p-value of each chart, with its run length in control; counts as ``like``."""
    found: dict[str, Measurement] = {
        name: _p_value(chart, like, "of the CUSUM's maximum, simulated in control")
        for name, chart in charts.sums.items()
    }
    mean = _p_value(charts.mean, like, "of the EWMA's distance from 0, simulated in control")
    normal = ewma_run_length(charts.smoothing, charts.mean.limit)
    note = f"{mean.note} ({normal:.0f} for a chart of normal values with these limits)"
    return found | {SMOOTHED: replace(mean, note=note)}


def _p_value(chart: Chart, like: Estimate, test: str) -> Estimate:
    when = "limit not passed" if chart.first is None else f"limit passed at unit {chart.first + 1}"
    words = f"{when}; in control every {chart.run_length:.0f} units"
    return replace(p_value_measure(chart.p_value, like, test), note=words)


def drawn(step: str, population: str, charts: Charts, when: FloatArray, axis: str) -> list[Figure]:
    """Return the charts over time ``(n,)``, in its order, as figures."""
    kept = np.unique(np.linspace(0, when.size - 1, min(MOST_POINTS, when.size)).astype(int))
    sums = [
        {
            "name": f"{WORDS[name]} (limit {chart.limit:.1f})",
            "x": when[kept].tolist(),
            "value": chart.path[kept].tolist(),
            "limit": chart.limit,
        }
        for name, chart in charts.sums.items()
    ]
    mean = {
        "name": f"observed less expected (limits {charts.mean.limit:.1f})",
        "x": when[kept].tolist(),
        "value": charts.mean.path[kept].tolist(),
        "limit": charts.mean.limit,
        "lower_limit": -charts.mean.limit,
    }
    return [
        Figure(
            id=f"{step}-cusum-{population}",
            kind="control_chart",
            title=f"Risk-adjusted CUSUM chart, {population}",
            caption="Evidence, one unit after the other, that the odds of the outcome have doubled "
            "or halved. A line that passes its dotted limit shows a change; where it began to "
            "rise, the change began.",
            alt=f"Control chart of {when.size} units on {population}.",
            content={"series": sums, "x_label": axis, "y_label": "log-likelihood ratio"},
        ),
        Figure(
            id=f"{step}-ewma-{population}",
            kind="control_chart",
            title=f"Risk-adjusted EWMA chart, {population}",
            caption="Running mean of outcomes less expected risks, the newest unit with a weight "
            f"of {charts.smoothing:g}, in standard deviations. Above 0 more events happened than "
            "expected. A line that passes a dotted limit shows a change.",
            alt=f"Control chart of the running mean of {when.size} units on {population}.",
            content={"series": [mean], "x_label": axis, "y_label": "standard deviations"},
        ),
    ]
