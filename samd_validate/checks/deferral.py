"""What a single prediction is worth, and which ones to leave to a human."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of, sample_of, subsets_of
from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.conformal.defer import certainty, smallest_share
from samd_validate.stats.conformal.split import Conformal, conformal
from samd_validate.stats.engine import MEASURES, estimate
from samd_validate.stats.sample import Sample

COVERAGE, UNDECIDED, DEFERRED = "set_coverage", "share_undecided", "share_deferred"
TARGETS = ("sensitivity", "specificity", "ppv", "npv")
MEASURES_GIVEN = (COVERAGE, UNDECIDED, DEFERRED, *(f"{name}_kept" for name in TARGETS))
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
OUTCOMES = ("no event", "event")
SETS: Mapping[tuple[bool, bool], tuple[str, str]] = {
    (False, True): ("event", "The device expects the event."),
    (True, False): ("no event", "The device does not expect the event."),
    (True, True): ("both", "The device cannot tell: a human decides without it."),
    (False, False): ("neither", "Unlike what the device was tuned on: a human decides without it."),
}


class DeferralParams(Params):
    """The error that sets may make, what the kept predictions must reach, and for which groups.

    The kept predictions must reach ``at_least`` in ``measure`` on the tuning part; the share that
    is deferred there is then fixed.
    """

    error: float = Field(default=0.1, gt=0, lt=0.5)
    is_by_outcome: bool = True
    measure: Literal["sensitivity", "specificity", "ppv", "npv"] = "sensitivity"
    at_least: float = Field(default=0.9, gt=0, lt=1)
    groups: tuple[str, ...] = ()


@check(
    "deferral",
    version=1,
    params=DeferralParams,
    measures=MEASURES_GIVEN,
    needs=("operating_point",),
    requirements=("REQ-UNCERTAINTY", "REQ-HUMAN-OVERSIGHT"),
)
def deferral(step: str, inputs: Inputs, params: DeferralParams) -> CheckOutput:
    """Say what a single prediction is worth, and how many to leave to a human.

    Purpose: a number without its certainty invites trust that it may not deserve.
    Method: split conformal prediction on the tuning part gives each prediction the set of outcomes
    that are not too strange; by construction a set misses the outcome of a new patient of the same
    kind at most at the stated error, among events and non-events each. Coverage is measured on
    every population and group. For deferral the least certain predictions (nearest the threshold
    in log-odds) are left to a human; how near is fixed on the tuning part, so that those kept
    reach the bound there, and then measured elsewhere.
    How to read it: coverage below 1 - error on an external population means that the sets do not
    hold there. A large share undecided or deferred is honest, and makes the device less useful.
    Limits: the guarantee is for patients like those of the tuning part, on average and not for each
    group. The deferred are counted as the device's own work undone: how well humans do on them
    is not known here.
    """
    if inputs.tuning is None or inputs.threshold is None:
        return _nothing(step, inputs, params)
    tuning = sample_of(inputs.tuning, inputs.threshold)
    seed = inputs.intervals.seed
    limits = conformal(tuning, params.error, seed, is_by_outcome=params.is_by_outcome)
    chosen = smallest_share(tuning, params.measure, params.at_least)
    findings: list[Finding] = []
    tables, figures = [_of_a_prediction(step, inputs, limits, params)], []
    for population in inputs.populations:
        findings += _coverage(step, population, limits, inputs.intervals, params)
        findings += _deferred(step, population, chosen, inputs, params)
        figures.append(_curve(step, population, inputs, params))
    return CheckOutput(
        findings=tuple(findings),
        figures=tuple(figures),
        tables=tuple(tables),
        notes=(_origin(chosen, limits, params),),
    )


def _nothing(step: str, inputs: Inputs, params: DeferralParams) -> CheckOutput:
    lacking = "tuning part" if inputs.tuning is None else "operating point"
    reason = f"there is no {lacking} with scores on which certainty could be learned"
    names = (COVERAGE, UNDECIDED, DEFERRED, f"{params.measure}_kept")
    findings: list[Finding] = []
    for population in inputs.populations:
        none = NotEstimable(code="no_tuning", reason=reason, n=population.cohort.size)
        findings += findings_of(step, population.name, dict.fromkeys(names, none))
    return CheckOutput(findings=tuple(findings))


def _share(
    hit: BoolArray, population: Population, rows: BoolArray, plan: IntervalPlan
) -> Measurement:
    """Return the share of hits among rows, with the patient as the unit."""
    if not rows.any():
        return NotEstimable(code="nobody", reason="nobody is in this group", n=0)
    sample = Sample(
        label=hit[rows].astype(np.int8),
        score=np.zeros(int(rows.sum())),
        cluster=population.cohort.patient_id[rows],
    )
    found = estimate(("prevalence",), sample, plan)["prevalence"]
    events = int(population.cohort.label[rows].sum())
    if isinstance(found, Estimate):
        return replace(found, n_events=events)
    return found


def _subsets(population: Population, params: DeferralParams) -> dict[str, BoolArray]:
    cohort = population.cohort
    everyone = np.ones(cohort.size, dtype=np.bool_)
    by_outcome = {f"outcome={name}": cohort.label == number for number, name in enumerate(OUTCOMES)}
    return {"all": everyone, **by_outcome, **subsets_of(cohort, params.groups)}


def _coverage(
    step: str,
    population: Population,
    limits: Conformal,
    plan: IntervalPlan,
    params: DeferralParams,
) -> list[Finding]:
    sets = limits.sets(population.score)
    holds = sets[np.arange(len(sets)), population.cohort.label]
    undecided = sets.sum(axis=1) != 1
    findings: list[Finding] = []
    for subset, rows in _subsets(population, params).items():
        measured = {
            COVERAGE: _share(holds, population, rows, plan),
            UNDECIDED: _share(undecided, population, rows, plan),
        }
        findings += findings_of(step, population.name, measured, subset=subset)
    return findings


def _deferred(
    step: str,
    population: Population,
    chosen: tuple[float, float] | None,
    inputs: Inputs,
    params: DeferralParams,
) -> list[Finding]:
    name = f"{params.measure}_kept"
    if chosen is None:
        words = f"no share of the tuning part up to 90 % leaves {params.measure} of that size"
        none = NotEstimable(code="no_share", reason=words, n=population.cohort.size)
        return findings_of(step, population.name, {DEFERRED: none, name: none})
    is_deferred = _certainty(population, inputs) < chosen[1]
    findings = [
        one
        for subset, rows in _subsets(population, params).items()
        for one in findings_of(
            step,
            population.name,
            {DEFERRED: _share(is_deferred, population, rows, inputs.intervals)},
            subset=subset,
        )
    ]
    kept = _kept(population, ~is_deferred, params.measure, inputs)
    return findings + findings_of(step, population.name, {name: kept})


def _certainty(population: Population, inputs: Inputs) -> np.ndarray:
    return certainty(population.score, float(inputs.threshold or 0))


def _kept(population: Population, kept: BoolArray, measure: str, inputs: Inputs) -> Measurement:
    sample = sample_of(population, inputs.threshold).take(kept)
    if not sample.n:
        return NotEstimable(code="nobody", reason="all predictions are deferred", n=0)
    return estimate((measure,), sample, inputs.intervals)[measure]


def _curve(step: str, population: Population, inputs: Inputs, params: DeferralParams) -> Figure:
    """Return the measure among those kept against the share deferred (risk-coverage curve)."""
    sure = _certainty(population, inputs)
    points = []
    for share in SHARES:
        cut = float(np.quantile(sure, share)) if share else 0.0
        found = _kept(population, sure >= cut, params.measure, inputs)
        point: dict[str, object] = {"x": share, "value": None, "low": None, "high": None}
        if isinstance(found, Estimate):
            point |= {"value": found.value, "low": found.low, "high": found.high}
        points.append(point)
    title = MEASURES[params.measure].title
    panel = {"measure": title, "reference": params.at_least, "points": points}
    return Figure(
        id=f"{step}-curve-{population.name}",
        kind="dose_response",
        title=f"{title} among the predictions that are kept, {population.name}",
        caption="The least certain predictions are left to a human. The dotted line is what the "
        "protocol asks for; a curve that does not rise means that certainty tells nothing.",
        alt=f"{title} against the share deferred on {population.name}.",
        content={"panels": [panel], "x_label": "share left to a human"},
    )


def _of_a_prediction(step: str, inputs: Inputs, limits: Conformal, params: DeferralParams) -> Table:
    """Return what each kind of set says, how often it comes, and how often the event followed."""
    rows = []
    for population in inputs.populations:
        sets = limits.sets(population.score)
        for (without, with_event), (name, words) in SETS.items():
            mine = (sets[:, 0] == without) & (sets[:, 1] == with_event)
            event = population.cohort.label == 1
            seen = _share(event, population, mine, inputs.intervals)
            share = float(mine.mean())
            rows.append((population.name, name, words, int(mine.sum()), share, seen.describe()))
    return Table(
        id=f"{step}-sets",
        title="What a single prediction says",
        caption=f"Sets that miss the outcome of at most {params.error:.0%} of patients like those "
        "of the tuning part. The last column is how often the event followed.",
        columns=("Population", "Set", "In words", "n", "Share", "Event followed (CI)"),
        rows=tuple(rows),
    )


def _origin(chosen: tuple[float, float] | None, limits: Conformal, params: DeferralParams) -> str:
    learned = f"Certainty was learned from {limits.n[1]} events and {limits.n[0]} non-events"
    if chosen is None:
        return f"{learned} of the tuning part (one row a patient)."
    return (
        f"{learned} of the tuning part (one row a patient). There {chosen[0]:.0%} of the "
        f"predictions had to be deferred for {params.measure} of at least {params.at_least:g}."
    )
