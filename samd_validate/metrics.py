"""Measures of a file of predictions, without a protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import BoolArray, Column
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.readers._tables import TextTable
from samd_validate.stats.engine import MEASURES, estimate_subsets, paired_difference
from samd_validate.stats.intervals.choose import METHODS
from samd_validate.stats.intervals.predictive import npv_at, ppv_at
from samd_validate.stats.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The names of the columns; ``compare`` is another model's score."""

    label: str
    score: str
    compare: str | None = None
    cluster: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is measured and how: threshold, plan of the intervals, prevalence where it is used."""

    intervals: IntervalPlan
    threshold: float | None = None
    prevalence: float | None = None


def metric_records(path: Path, columns: Columns, wanted: Wanted) -> list[dict[str, object]]:
    """Return a record per measure and subset, with numbers or the reason why there are none.

    Raises
    ------
    CannotRun
        With every column that is missing and every row that cannot be used.
    """
    table = _table(path, columns)
    gather(
        [*_faults(table, columns), *_bad_options(wanted), *_no_threshold(table, columns, wanted)]
    )
    everything = _sample(table, columns, columns.score, wanted)
    other = None if columns.compare is None else table.numbers(columns.compare)
    subsets = _subsets(table, columns)
    found = _measured(everything, subsets, wanted.intervals)
    records = []
    for subset, mask in subsets.items():
        measured = {measure: found[(subset, measure)] for measure in MEASURES}
        if wanted.prevalence is not None:
            measured["ppv_at_prevalence"] = ppv_at(wanted.prevalence, measured["lr_pos"])
            measured["npv_at_prevalence"] = npv_at(wanted.prevalence, measured["lr_neg"])
        records += [_record(measure, subset, value) for measure, value in measured.items()]
        if other is not None:
            sample = everything.take(mask)
            records += _differences(subset, sample, other[mask], wanted.intervals)
    return records


def _table(path: Path, columns: Columns) -> TextTable:
    optional = (columns.compare, columns.cluster, *columns.groups)
    return TextTable(path, (columns.label, columns.score, *(c for c in optional if c)))


def _faults(table: TextTable, columns: Columns) -> list[Problem]:
    label = table.numbers(columns.label)
    problems = table.refuse(columns.label, ~np.isin(label, (0, 1)), "no 0 or 1", "0 or 1")
    for column in filter(None, (columns.score, columns.compare)):
        finite = np.isfinite(table.numbers(column))
        problems += table.refuse(column, ~finite, "no finite number", "a score in every row")
    if columns.cluster:
        empty = table.text(columns.cluster) == ""
        problems += table.refuse(columns.cluster, empty, "no value", "a patient in every row")
    if table.size == 0:
        problems.append(_problem(table.name, "no rows", "a row per unit"))
    return problems


def _bad_options(wanted: Wanted) -> list[Problem]:
    problems = []
    if wanted.intervals.method not in METHODS:
        expected = did_you_mean(wanted.intervals.method, METHODS)
        problems.append(_problem("--method", repr(wanted.intervals.method), expected))
    if not 0 < wanted.intervals.level < 1:
        problems.append(_problem("--level", str(wanted.intervals.level), "between 0 and 1"))
    if wanted.intervals.n_resamples < 1:
        problems.append(_problem("--resamples", str(wanted.intervals.n_resamples), "1 or more"))
    if wanted.threshold is not None and not np.isfinite(wanted.threshold):
        problems.append(_problem("--threshold", str(wanted.threshold), "a finite number"))
    if wanted.prevalence is not None and not 0 < wanted.prevalence < 1:
        problems.append(_problem("--prevalence", str(wanted.prevalence), "between 0 and 1"))
    return problems


def _no_threshold(table: TextTable, columns: Columns, wanted: Wanted) -> list[Problem]:
    """Return that a threshold is none of a risk, where the scores are risks."""
    score = table.numbers(columns.score)
    beyond = ((score < 0) | (score > 1)).any()
    if wanted.threshold is None or beyond or 0 <= wanted.threshold <= 1:
        return []
    expected = "between 0 and 1, as the scores are"
    return [_problem("--threshold", str(wanted.threshold), expected)]


def _problem(where: str, found: str, expected: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo="correct it")


def _sample(table: TextTable, columns: Columns, score: str, wanted: Wanted) -> Sample:
    return Sample(
        label=table.numbers(columns.label),
        score=table.numbers(score),
        cluster=None if columns.cluster is None else table.text(columns.cluster),
        threshold=wanted.threshold,
    )


def _subsets(table: TextTable, columns: Columns) -> dict[str, BoolArray]:
    subsets = {"all": np.ones(table.size, dtype=np.bool_)}
    for group in columns.groups:
        column = table.text(group)
        for level in np.unique(column).tolist():
            subsets[f"{group}={level or 'unknown'}"] = column == level
    return subsets


def _measured(
    sample: Sample, subsets: Mapping[str, BoolArray], plan: IntervalPlan
) -> dict[tuple[str, str], Measurement]:
    """Return every measure in every subset; scores beyond [0, 1] have only those of rank."""
    are_risks = bool(sample.score.min() >= 0 and sample.score.max() <= 1)
    wanted = [name for name, about in MEASURES.items() if are_risks or not about.needs_probability]
    found = estimate_subsets(wanted, sample, subsets, plan)
    for name, mask in subsets.items():
        for measure in MEASURES.keys() - set(wanted):
            found[(name, measure)] = _no_risks(sample.take(mask))
    return found


def _no_risks(sample: Sample) -> NotEstimable:
    reason = "scores lie outside [0, 1], and this measure needs predicted risks"
    return NotEstimable(code="no_risks", reason=reason, n=sample.n, n_events=sample.n_events)


def _differences(
    subset: str, sample: Sample, other_score: Column, plan: IntervalPlan
) -> list[dict[str, object]]:
    """Return the paired differences of both scores, first minus second."""
    return [
        _record(
            f"{measure}_difference", subset, paired_difference(measure, sample, other_score, plan)
        )
        for measure in ("auroc", "auprc")
    ]


def _record(measure: str, subset: str, found: Measurement) -> dict[str, object]:
    head: dict[str, object] = {"measure": measure, "subset": subset}
    if not isinstance(found, Estimate):
        return {**head, "reason": found.reason, "n": found.n, "n_events": found.n_events}
    names: Sequence[str] = (
        "value",
        "low",
        "high",
        "level",
        "method",
        "n",
        "n_events",
        "n_clusters",
        "n_resamples",
        "n_undefined",
        "note",
    )
    record = {**head, **{name: getattr(found, name) for name in names}}
    return record if found.p_value is None else {**record, "p_value": found.p_value}
