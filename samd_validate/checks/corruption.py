"""What happens when images are noisier, blurred, clipped or otherwise worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks.marked.corruptions import CORRUPTIONS, SEVERITIES, Corrupted
from samd_validate.checks.marked.quality import QUALITY, TITLES, cell, judged, measured_on
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Model
from samd_validate.core.seeds import step_generator, step_seed

Kind: TypeAlias = Literal[
    "noise", "blur", "contrast", "resolution", "jpeg", "rotation", "clipped_field", "inverted"
]
KINDS: tuple[Kind, ...] = (
    "noise", "blur", "contrast", "resolution", "jpeg", "rotation", "clipped_field", "inverted",
)  # fmt: skip
MEASURES = (*QUALITY, *(f"severity_borne_{kind}" for kind in KINDS))
PANELS = 4
Severity: TypeAlias = Annotated[int, Field(ge=1, le=5)]
Curve: TypeAlias = Mapping[int, Measurement]


class CorruptionParams(Params):
    """Which disturbances, on how many images, and the limit that they are held against."""

    kinds: tuple[Kind, ...] = Field(default=KINDS, min_length=1)
    severities: tuple[Severity, ...] = Field(default=SEVERITIES, min_length=1)
    units: int = Field(default=100, ge=2, description="most images per data set")
    limit: float | None = Field(default=None, ge=0, le=1, description="Dice or AUROC to keep")


@check(
    "corruption",
    version=1,
    params=CorruptionParams,
    measures=MEASURES,
    needs=("model", "images"),
    requirements=("REQ-ROBUSTNESS",),
)
def corruption(step: str, inputs: Inputs, params: CorruptionParams) -> CheckOutput:
    """Let the device see images that are worse than those of the study, more and more so.

    Purpose: scanners age, patients move, files are compressed, polarity is misread. A device must
    bear what happens, and its users must know what it does not bear.
    Method: each disturbance is applied in five severities to the same images, from the same draws,
    and the device runs on them. Dice (where it marks and there are reference masks) or AUROC has an
    interval at each severity; differences to the images as they are, intact minus disturbed, are
    paired. The severity borne is the highest up to which the limit of the protocol holds without a
    gap: by the estimates, and with the lower and upper ends of the intervals as its own interval.
    How to read it: a flat curve bears the disturbance. Above the limit at severity 3 and below it
    at 4 means that 3 is borne. As the severities are tried in order and the first failure ends it,
    the lower end needs no correction for their number.
    Limits: disturbances come one at a time and in the computer; a real bad image has several at
    once. Severities are a scale of this check, listed in its page, and none of a standard.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    tables: list[Table] = []
    for population in inputs.populations:
        refused = _refused(inputs, population)
        if refused is not None or inputs.model is None:
            measure = measured_on(inputs.model, population.cohort)
            reason = refused or _no_model(population.cohort.size)
            findings += findings_of(step, population.name, {measure: reason})
            continue
        rows = _rows(population, params, inputs.intervals)
        found = _curves(inputs.model, population, rows, params, inputs.intervals)
        measure = measured_on(inputs.model, population.cohort)
        findings += _findings(step, population.name, measure, found, params.limit)
        curves = {kind: curve for kind, (curve, _) in found.items()}
        figures += _figures(step, population.name, measure, curves, params.limit)
        tables.append(_table(step, population.name, measure, curves))
    return CheckOutput(findings=tuple(findings), figures=tuple(figures), tables=tuple(tables))


def _refused(inputs: Inputs, population: Population) -> NotEstimable | None:
    n = population.cohort.size
    if inputs.model is None:
        return _no_model(n)
    if population.cohort.images is None:
        return NotEstimable(code="no_images", reason="the data set has no images", n=n)
    return None


def _no_model(n: int) -> NotEstimable:
    return NotEstimable(code="no_model", reason="the device cannot be run", n=n)


def _rows(population: Population, params: CorruptionParams, plan: IntervalPlan) -> Cohort:
    """Return the images that are tried, drawn at random where there are more."""
    size = population.cohort.size
    generator = step_generator(plan.seed, f"corruption/{population.name}")
    return population.cohort.take(np.sort(generator.permutation(size)[: params.units]))


Found: TypeAlias = tuple[Curve, Mapping[int, Measurement]]


def _curves(
    model: Model,
    population: Population,
    cohort: Cohort,
    params: CorruptionParams,
    plan: IntervalPlan,
) -> dict[str, Found]:
    """Return by kind the measure at each severity, and the difference to the images as they are."""
    intact = judged(model, cohort)
    whole = intact.estimated(plan)
    found: dict[str, Found] = {}
    for kind in params.kinds:
        curve: dict[int, Measurement] = {0: whole}
        differences: dict[int, Measurement] = {}
        for severity in sorted(set(params.severities)):
            seed = step_seed(plan.seed, f"corruption/{population.name}/{kind}")
            worse = judged(model, _corrupted(cohort, kind, severity, seed))
            curve[severity] = worse.estimated(plan)
            differences[severity] = intact.less(worse, plan)
        found[kind] = curve, differences
    return found


def _corrupted(cohort: Cohort, kind: str, severity: int, seed: int) -> Cohort:
    if cohort.images is None:
        raise ValueError("only images can be corrupted")
    rows = tuple(range(cohort.size))
    images = Corrupted(source=cohort.images, kind=kind, severity=severity, seed=seed, rows=rows)
    return replace(cohort, images=images)


def _findings(
    step: str, population: str, measure: str, found: Mapping[str, Found], limit: float | None
) -> list[Finding]:
    findings: list[Finding] = []
    for kind, (curve, differences) in found.items():
        for severity, measurement in curve.items():
            values = {measure: measurement}
            if severity in differences:
                values[f"{measure}_difference"] = differences[severity]
            subset = f"{kind}={severity}"
            findings += findings_of(step, population, values, subset=subset)
        if limit is not None:
            borne = {f"severity_borne_{kind}": severity_borne(curve, limit)}
            findings += findings_of(step, population, borne)
    return findings


def severity_borne(curve: Curve, limit: float) -> Measurement:
    """Return the highest severity up to which a limit holds; 0 where only the intact bear it.

    The value is by the estimates, the interval by their lower and upper ends. Not estimable where a
    severity has no number.
    """
    for measurement in curve.values():
        if isinstance(measurement, NotEstimable):
            return measurement
    known = {severity: one for severity, one in curve.items() if isinstance(one, Estimate)}
    first = known[0]
    ends = [[getattr(one, end) for one in known.values()] for end in ("low", "value", "high")]
    low, value, high = (_held(end, list(known), limit) for end in ends)
    note = "" if first.value >= limit else "the limit does not hold on the images as they are"
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=first.level,
        method="first severity below the limit, by estimates and ends of their intervals",
        n=first.n,
        n_events=first.n_events,
        n_clusters=first.n_clusters,
        note=note,
    )


def _held(values: Sequence[float], severities: Sequence[int], limit: float) -> int:
    """Return the last severity before the first value below the limit; 0 if that is the first."""
    held = 0
    for value, severity in zip(values, severities, strict=True):
        if value < limit:
            break
        held = severity
    return held


def _figures(
    step: str, population: str, measure: str, curves: Mapping[str, Curve], limit: float | None
) -> list[Figure]:
    kinds = list(curves)
    chunks = [kinds[start : start + PANELS] for start in range(0, len(kinds), PANELS)]
    return [
        Figure(
            id=f"{step}-{number}-{population}",
            kind="dose_response",
            title=f"{TITLES[measure]} by severity of the disturbance, {population}",
            caption=f"{TITLES[measure]} with its interval over severities 0 (images as they are) "
            "to 5; dotted: the limit of the protocol, where it has one.",
            alt=f"Curves of {TITLES[measure]} over severity: {', '.join(chunk)}, on {population}.",
            content={
                "x_label": "Severity",
                "panels": [_panel(kind, curves[kind], limit) for kind in chunk],
            },
        )
        for number, chunk in enumerate(chunks)
    ]


def _panel(kind: str, curve: Curve, limit: float | None) -> dict[str, object]:
    points = []
    for severity, one in curve.items():
        is_number = isinstance(one, Estimate)
        ends = {
            name: getattr(one, name) if is_number else None for name in ("value", "low", "high")
        }
        points.append({"x": severity, **ends, "reason": "" if is_number else one.describe()})
    return {"measure": CORRUPTIONS[kind].title, "reference": limit, "points": points}


def _table(step: str, population: str, measure: str, curves: Mapping[str, Curve]) -> Table:
    rows = [
        (CORRUPTIONS[kind].title, severity, _dose(kind, severity), cell(found))
        for kind, curve in curves.items()
        for severity, found in curve.items()
    ]
    return Table(
        id=f"{step}-curves-{population}",
        title=f"{TITLES[measure]} under disturbances, {population}",
        caption="Doses: "
        + "; ".join(f"{CORRUPTIONS[kind].title}, {CORRUPTIONS[kind].dose_words}" for kind in curves)
        + ".",
        columns=("disturbance", "severity", "dose", TITLES[measure]),
        rows=tuple(rows),
    )


def _dose(kind: str, severity: int) -> str:
    return "none" if severity == 0 else f"{CORRUPTIONS[kind].doses[severity - 1]:g}"
