"""Measures of a file of predictions, without a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import BoolArray
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.readers._tables import TextTable
from samd_validate.stats.closed_form import METHODS, closed_form
from samd_validate.stats.delong import delong, delong_test
from samd_validate.stats.engine import MEASURES, estimate, paired_difference
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
    """What is measured and how: threshold, interval method, plan of the resampling."""

    intervals: IntervalPlan
    threshold: float | None = None
    method: str = "auto"


def metric_records(path: Path, columns: Columns, wanted: Wanted) -> list[dict[str, object]]:
    """Return a record per measure and subset, with numbers or the reason why there are none.

    Raises
    ------
    CannotRun
        With every column that is missing and every row that cannot be used.
    """
    table = _table(path, columns)
    gather([*_faults(table, columns), *_bad_options(wanted)])
    everything = _sample(table, columns, columns.score, wanted)
    other = None if columns.compare is None else table.numbers(columns.compare)
    records = []
    for subset, mask in _subsets(table, columns).items():
        sample = everything.take(mask)
        records += [
            _record(measure, subset, _measured(measure, sample, wanted))
            for measure in _measures(sample)
        ]
        if other is not None:
            records += _differences(subset, sample, sample.with_score(other[mask]), wanted)
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
    if wanted.method not in METHODS:
        expected = did_you_mean(wanted.method, METHODS)
        problems.append(_problem("--method", repr(wanted.method), expected))
    if not 0 < wanted.intervals.level < 1:
        problems.append(_problem("--level", str(wanted.intervals.level), "between 0 and 1"))
    if wanted.intervals.n_resamples < 1:
        problems.append(_problem("--resamples", str(wanted.intervals.n_resamples), "1 or more"))
    if wanted.threshold is not None and not np.isfinite(wanted.threshold):
        problems.append(_problem("--threshold", str(wanted.threshold), "a finite number"))
    return problems


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


def _measures(sample: Sample) -> list[str]:
    """Return the measures that the scores allow: beyond [0, 1] only those of rank and threshold."""
    inside = bool(sample.score.min() >= 0 and sample.score.max() <= 1)
    return [
        name
        for name, about in MEASURES.items()
        if (inside or not about.needs_probability)
        and (sample.threshold is not None or not about.needs_threshold)
    ]


def _measured(measure: str, sample: Sample, wanted: Wanted) -> Measurement:
    level = wanted.intervals.level
    found = closed_form(measure, sample, wanted.method, level)
    return found or estimate((measure,), sample, wanted.intervals)[measure]


def _differences(
    subset: str, sample: Sample, other: Sample, wanted: Wanted
) -> list[dict[str, object]]:
    """Return the paired differences; that of AUROC by DeLong where every row is a patient."""
    found = {
        measure: paired_difference(measure, sample, other.score, wanted.intervals)
        for measure in ("auroc", "auprc")
    }
    resampled = found["auroc"]
    is_clustered = sample.n_clusters < sample.n
    if isinstance(resampled, Estimate) and not is_clustered and wanted.method != "bootstrap":
        found["auroc"] = _delong_difference(sample, other, wanted)
    return [_record(f"{measure}_difference", subset, value) for measure, value in found.items()]


def _delong_difference(sample: Sample, other: Sample, wanted: Wanted) -> Estimate:
    level = wanted.intervals.level
    pair = delong(sample.label, sample.score), delong(other.label, other.score)
    test = delong_test(*pair, level, is_paired=True)
    return Estimate(
        value=test.difference,
        low=test.low,
        high=test.high,
        level=level,
        method="DeLong, paired",
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
        p_value=test.p_value,
    )


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
    )
    record = {**head, **{name: getattr(found, name) for name in names}}
    return record if found.p_value is None else {**record, "p_value": found.p_value}
