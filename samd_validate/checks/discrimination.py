"""How well the scores rank: AUROC and AUPRC of the device and of its comparators."""

from __future__ import annotations

from samd_validate.checks._common import NoParams, compared, findings_of, samples_of
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import estimate, paired_difference, pr_curve, roc_curve

MEASURES = ("auroc", "auprc", "prevalence")
DIFFERENCES = ("auroc", "auprc")


@check(
    "discrimination",
    version=3,
    params=NoParams,
    measures=(*MEASURES, *(f"{name}_difference" for name in DIFFERENCES)),
    requirements=("REQ-PERF-DISCRIMINATION",),
)
def discrimination(step: str, inputs: Inputs, params: NoParams) -> CheckOutput:
    """Measure how well higher scores go with the event.

    Purpose: tell whether the device ranks patients who have the event above those who have not.
    Method: AUROC is the probability that a randomly chosen patient with the event has a higher
    score than one without; AUPRC is average precision, to be read against the prevalence, which
    is what a score without information reaches. Differences to comparators are paired, on the
    patients that both scored.
    How to read it: 0.5 is chance for AUROC, the prevalence is chance for AUPRC, 1 is perfect.
    Limits: ranking says nothing of whether predicted risks are right in size; AUPRC cannot be
    compared between populations of different prevalence.
    """
    del params
    findings: list[Finding] = []
    figures: list[Figure] = []
    for population in inputs.populations:
        pictures = (f"{step}-roc-{population.name}", f"{step}-pr-{population.name}")
        findings += _findings(step, inputs, population, pictures)
        if 0 < population.cohort.n_events < population.cohort.size:
            figures += _figures(inputs, population, pictures)
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _findings(
    step: str, inputs: Inputs, population: Population, pictures: tuple[str, str]
) -> list[Finding]:
    findings = []
    for model, sample in samples_of(population).items():
        measured = estimate(MEASURES, sample, inputs.intervals)
        findings += findings_of(step, population.name, measured, model=model, figures=pictures)
    for model in population.comparators:
        device, other = compared(population, model)
        differences = {
            f"{measure}_difference": paired_difference(
                measure, device, other.score, inputs.intervals
            )
            for measure in DIFFERENCES
        }
        findings += findings_of(step, population.name, differences, model=model)
    return findings


def _figures(inputs: Inputs, population: Population, pictures: tuple[str, str]) -> list[Figure]:
    roc, precision_recall = [], []
    for model, sample in samples_of(population).items():
        if not 0 < sample.label.sum() < sample.n:
            continue
        roc.append({"name": model, **roc_curve(sample, inputs.intervals)})
        precision_recall.append({"name": model, **pr_curve(sample, inputs.intervals)})
    percent = f"{100 * inputs.intervals.level:g}%"
    return [
        Figure(
            id=pictures[0],
            kind="roc",
            title=f"Receiver operating characteristic, {population.name}",
            caption=f"Sensitivity against 1 - specificity with {percent} bands. A curve near the "
            "upper left corner ranks well; the diagonal is chance.",
            alt=f"ROC curves on {population.name} of {', '.join(samples_of(population))}.",
            content={"series": roc},
        ),
        Figure(
            id=pictures[1],
            kind="precision_recall",
            title=f"Precision and recall, {population.name}",
            caption=f"Share of true alarms against share of events found, with {percent} bands. "
            "The dashed line is the prevalence, which a score without information reaches.",
            alt=f"Precision-recall curves on {population.name}.",
            content={"series": precision_recall},
        ),
    ]
