"""Whether the measurements lie where the device could have seen them: before the prediction."""

from __future__ import annotations

import numpy as np

from samd_validate.checks._numbers import counted, not_run
from samd_validate.core.arrays import BoolArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.estimate import Measurement

EVENTS = (
    "events_after_prediction",
    "events_at_prediction",
    "events_stored_late",
    "intervals_past_prediction",
    "events_after_outcome",
)
MOST_NAMED = 5


def timing(cohort: Cohort, outcome_time: str) -> dict[str, Measurement]:
    """Return counts of rows that the device could not have seen, and of outcomes already there.

    The prediction is made at the end of the window. ``outcome_time`` names a numeric column with
    hours from the index time to the outcome (missing where there was none or it is not known).
    """
    when = cohort.numbers.get(outcome_time)
    found: dict[str, Measurement] = {}
    series = cohort.series
    for measure in EVENTS:
        if series is None:
            found[measure] = not_run("no_series", "no measurements over time", cohort.size)
        else:
            found[measure] = _events(measure, cohort, series, outcome_time)
    if when is None:
        found["outcomes_before_prediction"] = _no_outcome_time(outcome_time, cohort.size)
    elif series is None:
        reason = "no measurements over time, so no time of prediction"
        found["outcomes_before_prediction"] = not_run("no_series", reason, cohort.size)
    else:
        early = (cohort.label == 1) & (when <= series.window_hours)
        found["outcomes_before_prediction"] = counted(int(early.sum()), cohort.n_events)
    return found


def _events(measure: str, cohort: Cohort, series: TimeSeries, outcome_time: str) -> Measurement:
    n = int(series.value.size)
    if measure == "events_stored_late" and not _is_told(series.stored_hours):
        return not_run("no_storage_time", "the source tells no time of storage", n)
    if measure == "intervals_past_prediction" and not _is_told(series.until_hours):
        return not_run("no_end_time", "the source tells no end of intervals", n)
    if measure == "events_after_outcome" and outcome_time not in cohort.numbers:
        return _no_outcome_time(outcome_time, n)
    wrong = _wrong(measure, cohort, series, outcome_time)
    return counted(int(wrong.sum()), n, _by_variable(series, wrong))


def _is_told(column: object) -> bool:
    return column is not None and bool(np.isfinite(np.asarray(column)).any())


def _wrong(measure: str, cohort: Cohort, series: TimeSeries, outcome_time: str) -> BoolArray:
    time, end = series.time_hours, series.window_hours
    if measure == "events_after_prediction":
        return np.asarray(time > end)
    if measure == "events_at_prediction":
        return np.asarray(time == end)
    later = {
        "events_stored_late": series.stored_hours,
        "intervals_past_prediction": series.until_hours,
    }.get(measure)
    if later is not None:
        return np.asarray((time <= end) & (later > end))
    outcome = cohort.numbers[outcome_time][series.unit_index]
    return np.asarray(time >= outcome)


def _no_outcome_time(name: str, n: int) -> Measurement:
    return not_run("no_outcome_time", f"the source has no column {name!r} (hours to outcome)", n)


def _by_variable(series: TimeSeries, wrong: BoolArray) -> str:
    counts = np.bincount(series.variable_index[wrong], minlength=len(series.variables))
    order = np.argsort(-counts, kind="stable")[:MOST_NAMED]
    named = [f"{series.variables[i].name} {counts[i]}" for i in order.tolist() if counts[i]]
    return f"most: {', '.join(named)}" if named else ""
