"""The leakage gate: whether anything known too late, or to both sides, made numbers too good."""

from __future__ import annotations

from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._leak_counts import counted
from samd_validate.checks._leak_inputs import (
    SHOWN,
    Single,
    single_measures,
    singles,
    telling_names,
    used_inputs,
    with_interval,
)
from samd_validate.checks._leak_model import preprocessing, truncation
from samd_validate.checks._leak_parts import duplicates, overlaps, parts_of
from samd_validate.checks._leak_times import EVENTS, timing
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement
from samd_validate.core.finding import CheckOutput, Finding, Table
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import check

MEASURES = (
    "patients_in_two_parts",
    "stays_in_two_parts",
    "sites_in_two_parts",
    "duplicate_patients",
    *EVENTS,
    "outcomes_before_prediction",
    "inputs_naming_outcome",
    "near_perfect_inputs",
    "strongest_single_auroc",
    "predictions_moved_by_truncation",
    "preprocessing_beyond_development",
)


class LeakageParams(Params):
    """How many stays are predicted again, and what counts as telling the outcome alone."""

    stays: int = Field(default=1000, ge=10, description="stays predicted again per data set")
    near_perfect: float = Field(default=0.95, gt=0.5, le=1)
    outcome_time: str = Field(
        default="outcome_hours", description="numeric column: hours from index time to outcome"
    )


@check(
    "leakage",
    version=1,
    params=LeakageParams,
    measures=MEASURES,
    requirements=("REQ-DATA-INDEPENDENCE",),
)
def leakage(step: str, inputs: Inputs, params: LeakageParams) -> CheckOutput:
    """Look for information that the device could not have at the bedside.

    Purpose: a device that saw its test patients, the future, or the outcome itself looks better
    than it is. Method: patients, stays and sites are compared between all parts and data sets;
    stays with the same measurements and demographics under another patient's name are counted;
    rows after the prediction time, stored after it, or running past it are counted; names,
    labels and levels of inputs are searched for words and codes of death, end-of-life care and
    discharge; each input is ranked against the outcome alone; predictions are made again with
    everything after the prediction time removed, and with values planted there; what the
    preprocessing learned is learned again on the development part alone.
    How to read it: every count should be 0. A row without a number was not run, for the reason
    given, and is not a pass. An input that ranks the outcome almost perfectly alone needs an
    explanation.
    Limits: a twin whose record was altered is not found; an input can leak under an innocent
    name; how the cohort was chosen, and what was tried before this run, cannot be seen from here.
    """
    parts = parts_of(inputs)
    used = used_inputs(inputs)
    twins = duplicates(parts)
    learned = preprocessing(inputs)
    external = {population.name for population in inputs.external}
    findings: list[Finding] = []
    tables: list[Table] = []
    for name, cohort in parts.items():
        if name == "tuning":
            continue
        ranked = singles(cohort, used)
        names = telling_names(cohort, used)
        found: dict[str, Measurement] = {
            **overlaps(name, parts, is_external=name in external),
            "duplicate_patients": twins[name],
            **timing(cohort, params.outcome_time),
            "inputs_naming_outcome": counted(len(names), _n_inputs(cohort, used)),
            **single_measures(cohort, ranked, params.near_perfect, inputs.intervals),
        }
        findings += findings_of(step, name, found)
        if names:
            tables.append(_names_table(step, name, names))
        tables.append(_strongest_table(step, name, cohort, ranked, inputs))
    for population in inputs.populations:
        tried = {
            "predictions_moved_by_truncation": truncation(inputs, population, params.stays),
            "preprocessing_beyond_development": learned,
        }
        findings += findings_of(step, population.name, tried)
    return CheckOutput(findings=tuple(findings), tables=tuple(tables), notes=_notes(inputs))


def _n_inputs(cohort: Cohort, used: frozenset[str] | None) -> int:
    variables = () if cohort.series is None else cohort.series.variables
    names = {*(one.name for one in variables), *cohort.numbers, *cohort.groups}
    return len(names if used is None else names & used)


def _notes(inputs: Inputs) -> tuple[str, ...]:
    notes = ["Overlap and twins of a part are those with any other part or data set of this run."]
    if used_inputs(inputs) is None:
        notes.append("The device names no inputs: every column of the data sets was looked at.")
    return tuple(notes)


def _names_table(step: str, name: str, names: list[tuple[str, str, str]]) -> Table:
    return Table(
        id=f"{step}-names-{name}",
        title=f"Inputs whose words tell of the outcome, {name}",
        caption="Found in the name, label or levels of an input; the source decides if it leaks.",
        columns=("input", "found", "tells of"),
        rows=tuple(names),
    )


def _strongest_table(
    step: str, name: str, cohort: Cohort, ranked: list[Single], inputs: Inputs
) -> Table:
    best: dict[str, Single] = {}
    for one in ranked:
        best.setdefault(one.owner, one)
    rows = [
        (one.owner, one.feature, with_interval(cohort, one, inputs.intervals).describe(3))
        for one in list(best.values())[:SHOWN]
    ]
    return Table(
        id=f"{step}-strongest-{name}",
        title=f"Inputs that rank the outcome best alone, {name}",
        caption="AUROC of the best feature of each input, in the better direction, over the stays "
        "that have it.",
        columns=("input", "feature", "AUROC"),
        rows=tuple(rows),
    )
