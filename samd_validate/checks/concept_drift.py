"""Whether a score means the same elsewhere, and why it ranks better or worse there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._forest import forest_row
from samd_validate.checks._numbers import p_value_measure, p_words
from samd_validate.checks.drift.findings import nothing_compared, together
from samd_validate.checks.marked.quality import cell
from samd_validate.core.arrays import Column
from samd_validate.core.errors import did_you_mean
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.core.seeds import step_seed
from samd_validate.stats.drift.case_mix import PARTS, decomposed
from samd_validate.stats.drift.groups import Groups, groups_of
from samd_validate.stats.drift.recalibration import residuals, site_terms

TERMS = ("intercept_drift", "slope_drift", "recalibration_p_value", "residual_p_value")
CHANGES = {
    "change": "auroc_change",
    "case_mix": "auroc_change_case_mix",
    "calibration": "auroc_change_calibration",
    "ranking": "auroc_change_ranking",
}
MEASURES = (*TERMS, *CHANGES.values())
WORDS = {
    "auroc_change": "AUROC here less reference",
    "auroc_change_case_mix": "of it by case mix",
    "auroc_change_calibration": "of it by calibration",
    "auroc_change_ranking": "of it by ranking",
    "intercept_drift": "log-odds of the outcome given the score, here less reference",
    "slope_drift": "slope of recalibration, here less reference",
}
MOST_RESAMPLES = 1000


class ConceptDriftParams(Params):
    """What is compared with what."""

    reference: str | None = Field(
        default=None, description="null: the internal test part, or else the first population"
    )
    bins: int = Field(default=10, ge=2, le=50, description="quantiles of the score for residuals")


@check(
    "concept_drift",
    version=1,
    params=ConceptDriftParams,
    measures=MEASURES,
    needs=("external",),
    requirements=("REQ-MONITORING", "REQ-GENERALISATION"),
)
def concept_drift(step: str, inputs: Inputs, params: ConceptDriftParams) -> CheckOutput:
    """Tell whether the same score means the same risk elsewhere, and why the AUROC changed.

    Purpose: a device may meet other patients and still be right, or the same patients and be wrong;
    the first asks for nothing, the second for recalibration, a loss of ranking for more.
    Method: logistic regression of the outcome on the log-odds of the score with a term for the data
    set: its intercept (same slope) and its slope, each tested, and both at once (likelihood ratio;
    Wald with covariance by patient where patients have several rows). Observed less predicted is
    compared in bins of the score, all bins at once. The change of the AUROC, here less reference,
    is taken apart with the model-based AUROC: what it would be were the scores true risks (case
    mix), what another intercept and slope change of that (calibration), and the rest (ranking);
    intervals by resampling patients.
    How to read it: an intercept of 0.4 means one and a half times the odds of the outcome at the
    same score. The three parts add up to the change. Case mix alone is no fault of the device:
    patients are more alike. A loss by calibration means that scores claim more separation than
    there is (a slope below 1): recalibration mends the risks, but never the AUROC itself. A loss
    by ranking is what no intercept and slope describe: patients stand in the wrong order.
    Limits: the parts say where a change lies and not why. A small AUROC change may hide parts that
    cancel. The reference is measured too, and its chance is in every interval.
    """
    known = {one.name: one for one in inputs.populations}
    first = next(iter(inputs.internal or inputs.populations)).name
    name = params.reference or first
    if name not in known:
        words = f"the reference {name!r} is no population: {did_you_mean(name, known)}"
        return _none(nothing_compared(step, inputs, (words,)))
    others = [one for one in inputs.populations if one.name != name and one.is_external]
    if not others:
        words = f"there is no external population to compare with {name}"
        return _none(nothing_compared(step, inputs, (words,)))
    plan = inputs.intervals
    return together([_of(step, known[name], one, params, plan) for one in others], ())


def _none(output: CheckOutput) -> CheckOutput:
    findings = tuple(replace(one, measure="auroc_change") for one in output.findings)
    return replace(output, findings=findings)


def _of(
    step: str, here: Population, there: Population, params: ConceptDriftParams, plan: IntervalPlan
) -> CheckOutput:
    groups = groups_of(here.cohort.patient_id, there.cohort.patient_id)
    label = np.concatenate([here.cohort.label, there.cohort.label])
    score = np.concatenate([here.score, there.score])
    measured = _changes(step, there, (label, score, groups), plan)
    measured |= _terms(label, score, groups, plan.level)
    p_value, figures = _residuals(step, there, (label, score, groups), params.bins, plan.level)
    measured |= p_value
    findings: list[Finding] = findings_of(step, there.name, measured)
    return CheckOutput(
        findings=tuple(findings),
        figures=(_parts(step, here, there, measured), *figures),
        tables=(_table(step, here, there, measured),),
    )


def _changes(
    step: str, there: Population, data: tuple[Column, Column, Groups], plan: IntervalPlan
) -> dict[str, Measurement]:
    found = decomposed(
        *data,
        n_resamples=min(plan.n_resamples, MOST_RESAMPLES),
        seed=step_seed(plan.seed, f"{step}/{there.name}"),
        level=plan.level,
    )
    if isinstance(found, NotEstimable):
        return dict.fromkeys(CHANGES.values(), found)
    return {CHANGES[part]: getattr(found, part) for part in PARTS}


def _terms(label: Column, score: Column, groups: Groups, level: float) -> dict[str, Measurement]:
    found = site_terms(label, score, groups, level)
    if isinstance(found, NotEstimable):
        return dict.fromkeys(TERMS[:3], found)
    return {
        "intercept_drift": found.intercept,
        "slope_drift": found.slope,
        "recalibration_p_value": p_value_measure(
            found.p_value, found.intercept, "of intercept and slope at once"
        ),
    }


def _residuals(
    step: str, there: Population, data: tuple[Column, Column, Groups], bins: int, level: float
) -> tuple[dict[str, Measurement], tuple[Figure, ...]]:
    found = residuals(*data, level, bins)
    if isinstance(found, NotEstimable):
        return {"residual_p_value": found}, ()
    like = found.bins[0].difference
    if isinstance(like, NotEstimable):
        raise ValueError("a bin of the test has a difference")
    groups = data[2]
    measure = replace(
        p_value_measure(found.p_value, like, f"of residuals in {len(found.bins)} bins at once"),
        n=groups.n,
        n_clusters=sum(groups.patients),
    )
    rows = [forest_row(f"{one.low:.2f} to {one.high:.2f}", one.difference) for one in found.bins]
    figure = Figure(
        id=f"{step}-residuals-{there.name}",
        kind="forest",
        title=f"Observed less predicted by score, {there.name} less reference",
        caption="Mean of outcome less score in bins of the score, elsewhere less reference; above "
        "0 the same score means a higher risk here.",
        alt=f"Forest plot of differences of residuals by score on {there.name}.",
        content={
            "measure": "difference of residuals",
            "reference": 0,
            "limits": None,
            "rows": rows,
        },
    )
    return {"residual_p_value": measure}, (figure,)


def _parts(
    step: str, here: Population, there: Population, measured: Mapping[str, Measurement]
) -> Figure:
    rows = [forest_row(WORDS[name], measured[name]) for name in CHANGES.values()]
    return Figure(
        id=f"{step}-parts-{there.name}",
        kind="forest",
        title=f"Why the AUROC changed, {there.name} against {here.name}",
        caption="The change of the AUROC and the three parts that add up to it; below 0 is a loss.",
        alt=f"Forest plot of the parts of the change of the AUROC on {there.name}.",
        content={"measure": "change of the AUROC", "reference": 0, "limits": None, "rows": rows},
    )


def _table(
    step: str, here: Population, there: Population, measured: Mapping[str, Measurement]
) -> Table:
    rows = [(WORDS[name], cell(measured[name]), _p(measured[name])) for name in WORDS]
    return Table(
        id=f"{step}-summary-{there.name}",
        title=f"Case mix, calibration or ranking, {there.name} against {here.name}",
        caption="Case mix: what the AUROC would change by were all scores true risks. Calibration: "
        "another intercept and slope change of that. Ranking: the rest.",
        columns=("what", "estimate", "p"),
        rows=tuple(rows),
    )


def _p(found: Measurement) -> str:
    return p_words(found.p_value if isinstance(found, Estimate) else None)
