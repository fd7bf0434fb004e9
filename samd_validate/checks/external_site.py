"""Whether performance holds elsewhere: internal minus external."""

from __future__ import annotations

from samd_validate.checks._common import Params, findings_of, sample_of
from samd_validate.checks._forest import forest_row
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import MEASURES, difference, estimate

ALLOWED = ("auroc", "auprc", "brier", "sensitivity", "specificity", "observed_expected_ratio")


class ExternalSiteParams(Params):
    """Which measures are compared."""

    measures: tuple[str, ...] = ("auroc", "brier")


@check(
    "external_site",
    version=2,
    params=ExternalSiteParams,
    measures=(*ALLOWED, *(f"{name}_difference" for name in ALLOWED)),
    needs=("external", "development"),
    requirements=("REQ-GENERALISATION",),
)
def external_site(step: str, inputs: Inputs, params: ExternalSiteParams) -> CheckOutput:
    """Compare the internal test part with each external data set.

    Purpose: tell whether the device loses performance at a hospital it has not learned from.
    Method: the difference internal minus external of two independent samples of patients, with
    DeLong's interval for the AUROC and that of the jackknife over patients for the others.
    How to read it: for AUROC a difference above 0 means that performance is lost elsewhere; an
    interval across 0 means that neither a loss nor its absence is shown.
    Limits: a difference can come from other patients (case mix), other habits of measuring, or
    other outcomes; calibration and the cohort table help to tell which.
    """
    findings: list[Finding] = []
    for internal in inputs.internal:
        for external in inputs.external:
            findings += _differences(step, inputs, params, internal, external)
    figures = tuple(_forest(step, inputs, measure) for measure in params.measures)
    return CheckOutput(findings=tuple(findings), figures=figures)


def _differences(
    step: str,
    inputs: Inputs,
    params: ExternalSiteParams,
    internal: Population,
    external: Population,
) -> list[Finding]:
    here, there = (sample_of(p, inputs.threshold) for p in (internal, external))
    measured = {
        f"{measure}_difference": difference(measure, here, there, inputs.intervals)
        for measure in params.measures
    }
    return findings_of(step, external.name, measured)


def _forest(step: str, inputs: Inputs, measure: str) -> Figure:
    rows: list[dict[str, object]] = []
    for population in inputs.populations:
        sample = sample_of(population, inputs.threshold)
        value = estimate((measure,), sample, inputs.intervals)[measure]
        rows.append(forest_row(population.name, value))
    title = MEASURES[measure].title
    return Figure(
        id=f"{step}-{measure}",
        kind="forest",
        title=f"{title} here and elsewhere",
        caption=f"{title} on the internal test part and on each external data set.",
        alt=f"Forest plot of {title} by data set.",
        content={"measure": title, "reference": None, "limits": None, "rows": rows},
    )
