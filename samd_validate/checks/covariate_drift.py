"""Whether patients elsewhere are other patients: one variable at a time, and all at once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samd_validate.checks._common import Params
from samd_validate.checks.drift.columns import joint, pairs_of
from samd_validate.checks.drift.compared import Compared, comparisons
from samd_validate.checks.drift.findings import (
    addressed,
    nothing_compared,
    of_columns,
    together,
)
from samd_validate.checks.drift.jointly import (
    BOOSTING,
    discrepancies,
    most_shifted,
    told_apart,
)
from samd_validate.checks.drift.labels import prevalence_difference
from samd_validate.checks.drift.one_by_one import counted, tested
from samd_validate.checks.drift.shown import forest, ranking, table
from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.kinds import check
from samd_validate.core.seeds import step_seed

OF_VARIABLES = ("ks_distance", "cramers_v", "psi", "wasserstein", "missing_difference")
MEASURES = (
    "n_shifted",
    "n_shifted_relevant",
    "mmd",
    "mmd_p_value",
    "c2st_auroc",
    "prevalence_difference",
    *OF_VARIABLES,
)


class CovariateDriftParams(Params):
    """What is compared with what, how p-values are adjusted, and which columns are looked at."""

    reference: str | None = Field(
        default=None, description="null: the development part, or else the first population"
    )
    internal: bool = Field(default=False, description="compare the internal test part as well")
    leave_out: tuple[str, ...] = Field(default=(), description="columns that are not compared")
    variables: tuple[str, ...] = Field(
        default=(), description="columns with findings of their own, such as lactate:mean"
    )
    adjust: Literal["holm", "hochberg", "bonferroni", "benjamini-hochberg"] = "holm"
    alpha: float = Field(default=0.05, gt=0, lt=1)
    relevant: float = Field(
        default=0.1, gt=0, lt=1, description="D, V or difference of missingness that matters"
    )
    classifier: Literal["boosting", "linear"] = "boosting"
    permutations: int = Field(default=999, ge=99, le=100_000)
    units: int = Field(default=2000, ge=50, description="most rows of each for the joint tests")
    shown: int = Field(default=30, ge=1, description="most rows of the table")


@check(
    "covariate_drift",
    version=1,
    params=CovariateDriftParams,
    measures=MEASURES,
    needs=("external",),
    requirements=("REQ-MONITORING", "REQ-GENERALISATION"),
)
def covariate_drift(step: str, inputs: Inputs, params: CovariateDriftParams) -> CheckOutput:
    """Compare the patients of each external data set with those of development.

    Purpose: a device meets other patients, other habits of measuring and other missing values
    than those it learned from; this says which, how far, and whether the sample could have shown
    it. Method: each number by the largest distance D of its distributions (Kolmogorov-Smirnov),
    each category by Cramér's V (chi-square), each share of missing values by its difference,
    p-values adjusted over all; beside them the population stability index with what chance alone
    gives, and Wasserstein's distance. A variable over time counts as its mean, last value and
    number of values before the prediction. All at once by the maximum mean discrepancy (kernel on
    ranks, permutation of patients) and by a classifier of the data set, cross-fitted with patients
    kept together, whose attributions rank the variables. The outcome by the difference of
    prevalences, external minus reference. Rows of one patient are never taken for patients.
    How to read it: the effect first: D or V below 0.1 is small, whatever its p-value; a p-value
    above 0.05 with a detectable shift of 0.3 says little. A classifier AUROC of 0.5 cannot tell
    the data sets apart, 1 always can.
    Limits: other patients are no fault of a device: whether it bears them, its performance and
    calibration elsewhere say. What is not in the data cannot be seen to drift. Tests do not say
    why. The p-value of the classifier of boosted trees is conservative.
    """
    found, notes = comparisons(inputs, params.reference, with_internal=params.internal)
    if not found:
        return nothing_compared(step, inputs, notes)
    return together([_of(step, one, params, inputs.intervals) for one in found], notes)


def _of(
    step: str, compared: Compared, params: CovariateDriftParams, plan: IntervalPlan
) -> CheckOutput:
    pairs, groups = pairs_of(compared, params.leave_out), compared.groups
    prevalence = {"prevalence_difference": prevalence_difference(compared, plan)}
    if not pairs:
        reason = "the data sets have no column in common"
        none = NotEstimable(code="no_columns", reason=reason, n=groups.n)
        findings = addressed(step, compared, prevalence | {"n_shifted": none})
        return CheckOutput(findings=tuple(findings))
    seed = step_seed(plan.seed, f"{step}/{compared.id}")
    tests = tested(pairs, groups, seed, params.adjust, plan.level)
    counts = {
        "n_shifted": counted(tests, groups, params.alpha, plan.level),
        "n_shifted_relevant": counted(tests, groups, params.alpha, plan.level, params.relevant),
    }
    jointly, picture = _jointly(step, compared, params, plan, seed)
    findings = addressed(step, compared, prevalence | counts | jointly)
    findings += of_columns(step, compared, params.variables, tests, "variable")
    return CheckOutput(
        findings=tuple(findings),
        figures=(forest(step, compared, tests), picture),
        tables=(table(step, compared, tests, params.shown, params.adjust),),
        notes=_notes(compared),
    )


def _jointly(
    step: str, compared: Compared, params: CovariateDriftParams, plan: IntervalPlan, seed: int
) -> tuple[dict[str, Measurement], Figure]:
    part = compared.sampled(params.units, plan.seed)
    groups, features = part.groups, joint(pairs_of(part, params.leave_out))
    labels = groups.labels(params.permutations, seed)
    measured = discrepancies(features.filled, groups, labels, plan.level)
    columns: FloatArray = features.values if params.classifier == BOOSTING else features.filled
    measured["c2st_auroc"] = told_apart(columns, groups, params.classifier, seed, plan.level)
    share, words = most_shifted(features, groups, params.classifier, seed)
    return measured, ranking(step, compared, share, words)


def _notes(compared: Compared) -> tuple[str, ...]:
    both = set(compared.reference.patient_id.tolist()) & set(compared.other.patient_id.tolist())
    if not both:
        return ()
    words = "are in both and were taken for different ones"
    return (f"{compared.title}: {len(both)} patients {words}",)
