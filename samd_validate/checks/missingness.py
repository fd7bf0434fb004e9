"""What was not measured, of whom, and whether that tells of the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._numbers import p_words
from samd_validate.checks.missing.measured import Measured, measured
from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import did_you_mean
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.comparison.multiplicity import adjusted
from samd_validate.stats.comparison.odds_ratio import odds_ratio
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

MEASURES = ("mask_auroc", "count_auroc", "informative_variables", "odds_ratio_measured")
MOST_SITES = 8
INVERSE_PENALTY = 0.1
SMALLEST_P = 0.001


class MissingnessParams(Params):
    """How p-values are adjusted, and which variables get a finding that a criterion can read.

    The table has every variable, whether it is named here or not.
    """

    adjust: Literal["holm", "hochberg", "bonferroni", "benjamini-hochberg"] = "holm"
    alpha: float = Field(default=0.05, gt=0, lt=1)
    variables: tuple[str, ...] = ()


@check(
    "missingness",
    version=1,
    params=MissingnessParams,
    measures=MEASURES,
    requirements=("REQ-MISSING-DATA",),
)
def missingness(step: str, inputs: Inputs, params: MissingnessParams) -> CheckOutput:
    """Describe what was not measured, and test whether that tells of the outcome.

    Purpose: in routine care a test is ordered for a reason, so that its absence says something;
    a device that learned this moves when habits of measuring change.
    Method: by variable, data set, site and outcome the share of stays with any value, the mean
    number of values a day, and the median hour of the first. Whether a variable was measured is
    compared with the outcome by an odds ratio (clustered by patient; p-values adjusted over the
    variables). A logistic regression on the masks alone (any value, or how often), fitted on the
    development part, says how much the pattern of measuring tells by itself.
    How to read it: an odds ratio above 1 means that stays with a value have the outcome oftener.
    A mask AUROC well above 0.5 means that the device can rank patients by what was ordered.
    Limits: which mechanism lies behind cannot be told from data; the test looks at one variable at
    a time.
    """
    cohorts = {} if inputs.development is None else {"development": inputs.development}
    cohorts |= {population.name: population.cohort for population in inputs.populations}
    seen = {name: one for name, cohort in cohorts.items() if (one := measured(cohort)) is not None}
    findings: list[Finding] = []
    tables: list[Table] = []
    for population in inputs.populations:
        here = seen.get(population.name)
        findings += findings_of(step, population.name, _patterns(inputs, population, seen))
        if here is not None:
            ratios = _ratios(population.cohort, here, params, inputs.intervals.level)
            findings += _tested(step, population, ratios, params)
            tables.append(_table(step, population, here, ratios, params))
    if seen:
        tables += _site_tables(step, {name: cohorts[name] for name in seen}, seen)
    figures = (_heatmap(step, cohorts, seen),) if seen else ()
    return CheckOutput(findings=tuple(findings), figures=figures, tables=tuple(tables))


def _patterns(
    inputs: Inputs, population: Population, seen: Mapping[str, Measured]
) -> dict[str, Measurement]:
    """Return how well the pattern of measuring alone ranks the outcome."""
    names = ("mask_auroc", "count_auroc")
    reason = None
    if population.name not in seen:
        reason = ("no_series", "no measurements over time")
    elif inputs.development is None or "development" not in seen:
        reason = ("no_development", "there is no development part to learn the pattern from")
    if reason is not None or inputs.development is None:
        code, words = reason or ("", "")
        n = population.cohort.size
        return dict.fromkeys(names, NotEstimable(code=code, reason=words, n=n))
    there, here = seen["development"], seen[population.name]
    counts = {"development": there.count, "here": here.columns(there.variables)}
    label, found = inputs.development.label, {}
    for name in names:
        learn, apply = (
            (one > 0).astype(np.float64) if name == "mask_auroc" else np.log1p(one)
            for one in counts.values()
        )
        score = _pattern_scores(learn, label, apply)
        found[name] = _auroc(population.cohort, score, inputs.intervals)
    return found


def _pattern_scores(learn: FloatArray, label: FloatArray, apply: FloatArray) -> FloatArray:
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=INVERSE_PENALTY, max_iter=2000).fit(learn, label)
    return np.asarray(fit.decision_function(apply))


def _auroc(cohort: Cohort, score: FloatArray, plan: IntervalPlan) -> Measurement:
    sample = Sample(label=cohort.label, score=score, cluster=cohort.patient_id)
    return estimate(("auroc",), sample, plan)["auroc"]


def _tested(
    step: str,
    population: Population,
    ratios: Mapping[str, Measurement],
    params: MissingnessParams,
) -> list[Finding]:
    count = {"informative_variables": _informative(ratios, population.cohort, params)}
    findings = findings_of(step, population.name, count)
    for name in params.variables:
        reason = f"the data set has no variable {name!r}: {did_you_mean(name, ratios)}"
        absent = NotEstimable(code="unknown_variable", reason=reason, n=population.cohort.size)
        measurements = {"odds_ratio_measured": ratios.get(name, absent)}
        findings += findings_of(step, population.name, measurements, subset=f"variable={name}")
    return findings


def _ratios(
    cohort: Cohort, here: Measured, params: MissingnessParams, level: float
) -> dict[str, Measurement]:
    """Return the odds ratio of the outcome by being measured, p-values adjusted."""
    found = {
        name: _in_words(odds_ratio(cohort.label, here.mask[:, k], cohort.patient_id, level))
        for k, name in enumerate(here.variables)
    }
    tested = {name: one for name, one in found.items() if isinstance(one, Estimate)}
    p_values = adjusted([float(one.p_value or 0) for one in tested.values()], params.adjust)
    note = f"p adjusted over {len(tested)} variables ({params.adjust})"
    for (name, one), p_value in zip(tested.items(), p_values.tolist(), strict=True):
        found[name] = replace(one, p_value=p_value, note=note)
    return found


def _in_words(found: Measurement) -> Measurement:
    if isinstance(found, NotEstimable) and found.code == "no_contrast":
        everyone = found.reason == "all are exposed"
        return replace(found, reason=f"{'every' if everyone else 'no'} stay has a value")
    return found


def _informative(
    ratios: Mapping[str, Measurement], cohort: Cohort, params: MissingnessParams
) -> Measurement:
    tested = [one for one in ratios.values() if isinstance(one, Estimate)]
    if not tested:
        reason = "no variable could be tested"
        return NotEstimable(code="none_tested", reason=reason, n=cohort.size)
    count = sum(float(one.p_value or 0) < params.alpha for one in tested)
    return Estimate(
        value=count,
        low=count,
        high=count,
        level=0.95,
        method=f"count of all with an adjusted p below {params.alpha:g}",
        n=cohort.size,
        n_events=cohort.n_events,
        note=f"{len(tested)} variables tested",
    )


def _table(
    step: str,
    population: Population,
    here: Measured,
    ratios: Mapping[str, Measurement],
    params: MissingnessParams,
) -> Table:
    label = population.cohort.label
    rows = [_row(here, k, ratios[name], label) for k, name in enumerate(here.variables)]
    return Table(
        id=f"{step}-variables-{population.name}",
        title=f"What was measured, {population.name}",
        caption="Share of stays with any value, values per stay and day (mean), hours to the first "
        "value (median), and the odds ratio of the outcome between stays with and without a "
        f"value; p-values adjusted over the variables ({params.adjust}).",
        columns=(
            "variable",
            "any value",
            "with event",
            "without",
            "a day",
            "first at h",
            "odds ratio",
            "adjusted p",
        ),
        rows=tuple(rows),
    )


def _row(here: Measured, k: int, ratio: Measurement, label: Column) -> tuple[object, ...]:
    mask, hour = here.mask[:, k], here.median_first_hour(k)
    p_value = ratio.p_value if isinstance(ratio, Estimate) else None
    return (
        here.titles[k],
        _percent(mask),
        _percent(mask[label == 1]),
        _percent(mask[label == 0]),
        f"{here.per_day(k):.1f}",
        "-" if hour is None else f"{hour:.1f}",
        ratio.describe() if isinstance(ratio, Estimate) else ratio.reason,
        p_words(p_value),
    )


def _percent(mask: BoolArray) -> str:
    return f"{100 * mask.mean():.0f}%" if mask.size else "-"


def _site_tables(
    step: str, cohorts: Mapping[str, Cohort], seen: Mapping[str, Measured]
) -> list[Table]:
    """Return the shares by site where any data set has several; of many sites the largest."""
    columns: dict[str, tuple[str, BoolArray]] = {}
    several = False
    for name, cohort in cohorts.items():
        sites, counts = np.unique(cohort.site, return_counts=True)
        several |= sites.size > 1
        for site in sites[np.argsort(-counts, kind="stable")][:MOST_SITES].tolist():
            columns[f"{name}: {site}"] = (name, cohort.site == site)
    if not several:
        return []
    first = next(iter(seen.values()))
    rows = [
        (
            title,
            *(
                _percent(_column(seen[name], first.variables[k])[mask])
                for name, mask in columns.values()
            ),
        )
        for k, title in enumerate(first.titles)
    ]
    return [
        Table(
            id=f"{step}-sites",
            title="Share of stays with any value, by site",
            caption=f"Of a data set with many sites the {MOST_SITES} largest are shown.",
            columns=("variable", *columns),
            rows=tuple(rows),
        )
    ]


def _column(here: Measured, name: str) -> BoolArray:
    return np.asarray(here.columns((name,))[:, 0] > 0)


def _heatmap(step: str, cohorts: Mapping[str, Cohort], seen: Mapping[str, Measured]) -> Figure:
    first = next(iter(seen.values()))
    columns, values = [], []
    for name, here in seen.items():
        for words, label in (("event", 1), ("no event", 0)):
            chosen = cohorts[name].label == label
            columns.append(f"{name}, {words}")
            shares = [_column(here, one)[chosen] for one in first.variables]
            values.append([float(100 * one.mean()) if one.size else None for one in shares])
    return Figure(
        id=f"{step}-heatmap",
        kind="heatmap",
        title="Share of stays in which a variable was measured",
        caption="Percent of stays with any value, by data set and outcome. Two columns of one data "
        "set that differ mean that being measured goes with the outcome; columns of one outcome "
        "that differ mean other habits of measuring.",
        alt="Heat map of the share of stays with any value, variables by data set and outcome.",
        content={
            "rows": list(first.titles),
            "columns": columns,
            "values": [list(row) for row in zip(*values, strict=True)],
            "label": "stays with a value (%)",
        },
    )
