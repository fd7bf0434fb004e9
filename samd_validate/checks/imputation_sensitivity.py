"""Whether performance hangs on how the device fills in what was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from samd_validate.checks._common import findings_of, sample_of
from samd_validate.checks._forest import forest_row
from samd_validate.checks.refits.again import model_or_reason, own_choice
from samd_validate.checks.refits.short import ShortFits
from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Refit
from samd_validate.stats.engine import MEASURES, estimate, paired_difference

MEASURED = ("auroc", "auprc", "observed_expected_ratio")
STRATEGIES = ("mask_and_time", "decay", "forward_fill", "mean")


class ImputationParams(ShortFits):
    """Which strategies are tried, and how far training is cut short for it."""

    strategies: tuple[str, ...] = Field(default=STRATEGIES, min_length=1)


@dataclass(frozen=True, kw_only=True)
class Refitted:
    """Scores by population of the device under one strategy, or why there are none."""

    strategy: str
    scores: Mapping[str, FloatArray]
    lacking: NotEstimable | None = None


@check(
    "imputation_sensitivity",
    version=1,
    params=ImputationParams,
    measures=(*MEASURED, *(f"{name}_difference" for name in MEASURED)),
    needs=("model", "series"),
    requirements=("REQ-ROBUSTNESS", "REQ-MISSING-DATA"),
)
def imputation_sensitivity(step: str, inputs: Inputs, params: ImputationParams) -> CheckOutput:
    """Fit the device again under other imputations, and compare.

    Purpose: most values are not measured in most hours. Performance that rests on one way of
    filling them in rests on an assumption that no data can prove.
    Method: the device's recipe is fitted again, on the same parts and from the same seed, under
    each strategy; AUROC, AUPRC and the observed/expected ratio have intervals, and differences
    (the protocol's own strategy minus the other) are paired on the same patients. A protocol can
    cut training short (members, max_epochs); the own strategy is then refitted in the same way.
    How to read it: differences near 0 mean that the choice does not matter much. A strategy
    without a mark that does as well means that what was measured, and not that it was, carries
    the prediction. A difference above 0 in AUROC or AUPRC is a loss under the other strategy.
    Limits: each strategy is fitted once, so that intervals are of patients and not of training.
    Values that are missing for unseen reasons stay beyond all of these strategies.
    """
    own = _own(inputs)
    if own is None or inputs.refit is None:
        return _nothing(step, inputs)
    refits = _refitted(inputs, inputs.refit, params, own)
    measured = {
        (population.name, one.strategy): _numbers(inputs, population, one, refits[0])
        for population in inputs.populations
        for one in refits
    }
    findings: list[Finding] = []
    for (population, strategy), found in measured.items():
        findings += findings_of(step, population, found, subset=f"imputation={strategy}")
    return CheckOutput(
        findings=tuple(findings),
        figures=tuple(_forest(step, name, refits[0].strategy, measured) for name in MEASURED),
        tables=tuple(
            table(step, refits[0].strategy, measured) for table in (_values, _differences)
        ),
        notes=_notes(params, refits[0].strategy),
    )


def _own(inputs: Inputs) -> dict[str, object] | None:
    """Return the device's own imputation as its recipe names it; None if it has none."""
    own = own_choice(inputs, "imputation")
    return dict(own) if isinstance(own, Mapping) and "use" in own else None


def _nothing(step: str, inputs: Inputs) -> CheckOutput:
    findings: list[Finding] = []
    for population in inputs.populations:
        reason = NotEstimable(
            code="no_imputation",
            reason="the device has no imputation to choose, or cannot be fitted again",
            n=population.cohort.size,
        )
        findings += findings_of(step, population.name, dict.fromkeys(MEASURED, reason))
    return CheckOutput(findings=tuple(findings))


def _refitted(
    inputs: Inputs, refit: Refit, params: ImputationParams, own: Mapping[str, object]
) -> list[Refitted]:
    """Return the device under its own strategy, and then under each other one."""
    shortened, name = params.shortened, str(own["use"])
    device = {population.name: np.asarray(population.score) for population in inputs.populations}
    if shortened:
        first = _tried(inputs, refit, name, {**shortened, "imputation": dict(own)})
    else:
        first = Refitted(strategy=name, scores=device)
    others = [one for one in dict.fromkeys(params.strategies) if one != name]
    rest = [_tried(inputs, refit, one, {**shortened, "imputation": one}) for one in others]
    return [first, *rest]


def _tried(inputs: Inputs, refit: Refit, strategy: str, changed: Mapping[str, object]) -> Refitted:
    n = sum(one.cohort.size for one in inputs.populations)
    model = model_or_reason(lambda: refit(changed), n)
    if isinstance(model, NotEstimable):
        return Refitted(strategy=strategy, scores={}, lacking=model)
    scores = {one.name: model.predict(one.cohort) for one in inputs.populations}
    return Refitted(strategy=strategy, scores=scores)


def _numbers(
    inputs: Inputs, population: Population, one: Refitted, reference: Refitted
) -> dict[str, Measurement]:
    if one.lacking is not None:
        return dict.fromkeys(MEASURED, replace(one.lacking, n=population.cohort.size))
    sample = sample_of(population, score=one.scores[population.name])
    found = estimate(MEASURED, sample, inputs.intervals)
    if one is reference or reference.lacking is not None:
        return found
    own = sample_of(population, score=reference.scores[population.name])
    differences = {
        f"{name}_difference": paired_difference(name, own, sample.score, inputs.intervals)
        for name in MEASURED
    }
    return found | differences


Measured = Mapping[tuple[str, str], Mapping[str, Measurement]]


def _forest(step: str, name: str, own: str, measured: Measured) -> Figure:
    title = MEASURES[name].title
    rows = [
        forest_row(f"{population}, {_words(strategy, own)}", found[name])
        for (population, strategy), found in measured.items()
    ]
    return Figure(
        id=f"{step}-{name}",
        kind="forest",
        title=f"{title} by imputation",
        caption=f"{title} of the device fitted under each way of filling in what was not measured, "
        "by data set.",
        alt=f"Forest plot of {title} by data set and imputation.",
        content={
            "measure": title,
            "reference": 1.0 if name == "observed_expected_ratio" else None,
            "limits": None,
            "rows": rows,
        },
    )


def _values(step: str, own: str, measured: Measured) -> Table:
    return Table(
        id=f"{step}-strategies",
        title="Performance by imputation",
        caption="Values with intervals.",
        columns=_heads(),
        rows=tuple(
            (population, _words(strategy, own), *(_cell(found[name]) for name in MEASURED))
            for (population, strategy), found in measured.items()
        ),
    )


def _differences(step: str, own: str, measured: Measured) -> Table:
    names = [f"{name}_difference" for name in MEASURED]
    return Table(
        id=f"{step}-differences",
        title=f"{own} minus another imputation",
        caption="Paired differences of the protocol's own strategy minus the other: above 0 the "
        "own one has the higher value.",
        columns=_heads(),
        rows=tuple(
            (population, strategy, *(_cell(found.get(name)) for name in names))
            for (population, strategy), found in measured.items()
            if strategy != own
        ),
    )


def _heads() -> tuple[str, ...]:
    return ("data set", "imputation", *(MEASURES[name].title for name in MEASURED))


def _cell(found: Measurement | None) -> str:
    if found is None:
        return "no difference: see the values"
    if isinstance(found, NotEstimable):
        return found.describe()
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _words(strategy: str, own: str) -> str:
    return f"{strategy} (own)" if strategy == own else strategy


def _notes(params: ImputationParams, own: str) -> tuple[str, ...]:
    if params.shortened:
        return (params.compared_with(f"of {own}"),)
    return (f"{own} is the device itself; every other strategy is a whole refit of its recipe",)
