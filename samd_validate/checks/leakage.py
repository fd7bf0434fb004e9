"""The leakage gate: before training, is anything known too late, or to both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._numbers import counted
from samd_validate.checks.leaks.inputs import (
    SINGLE,
    n_inputs,
    single_measures,
    singles,
    strongest_table,
    telling_names,
    used_inputs,
)
from samd_validate.checks.leaks.parts import duplicates, overlaps, parts_of
from samd_validate.checks.leaks.times import EVENTS, timing
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
    *SINGLE,
)


class LeakageParams(Params):
    """What counts as telling the outcome alone, and where the time of the outcome stands."""

    near_perfect: float = Field(default=0.95, gt=0.5, le=1)
    outcome_time: str = Field(
        default="outcome_hours", description="numeric column: hours from index time to outcome"
    )


@check(
    "leakage",
    version=2,
    params=LeakageParams,
    measures=MEASURES,
    requirements=("REQ-DATA-INDEPENDENCE",),
    is_gate=True,
)
def leakage(step: str, inputs: Inputs, params: LeakageParams) -> CheckOutput:
    """Look, before anything is trained, for information that the device could not have.

    Purpose: a device that saw its test patients, the future, or the outcome itself looks better
    than it is. Method: patients, stays and sites are compared between all parts and data sets;
    stays with the same measurements and demographics under another patient's name are counted;
    rows after the prediction time, stored after it, or running past it are counted; names,
    labels and levels of inputs are searched for words and codes of death, end-of-life care and
    discharge; each input is ranked against the outcome alone in the development part (elsewhere
    after training, by model_leakage, so that no label of a test part is used before).
    How to read it: every count should be 0. A row without a number was not run, for the reason
    given, and is not a pass. An input that ranks the outcome almost perfectly alone needs an
    explanation.
    Limits: a twin whose record was altered is not found; an input can leak under an innocent
    name; how the cohort was chosen, and what was tried before this run, cannot be seen from here.
    """
    parts = parts_of(inputs)
    twins = duplicates(parts)
    external = {one.name for one in inputs.parts if one.is_external}
    findings: list[Finding] = []
    tables: list[Table] = []
    for name, cohort in parts.items():
        if name == "tuning":
            continue
        found = {
            **overlaps(name, parts, is_external=name in external),
            "duplicate_patients": twins[name],
            **timing(cohort, params.outcome_time),
        }
        findings += findings_of(step, name, found)
        words, table = _names(step, name, _without(cohort, params.outcome_time), inputs)
        findings += findings_of(step, name, words)
        tables += table
    alone, strongest = _development(step, inputs, params)
    return CheckOutput(
        findings=(*findings, *alone), tables=(*tables, *strongest), notes=_notes(inputs)
    )


def _without(cohort: Cohort, number: str) -> Cohort:
    """Return the cohort without the column that holds the time of the outcome on purpose."""
    left = {name: column for name, column in cohort.numbers.items() if name != number}
    return replace(cohort, numbers=left)


def _names(
    step: str, name: str, cohort: Cohort, inputs: Inputs
) -> tuple[Mapping[str, Measurement], list[Table]]:
    used = used_inputs(inputs)
    told = telling_names(cohort, used)
    found = {"inputs_naming_outcome": counted(len(told), n_inputs(cohort, used))}
    return found, [_names_table(step, name, told)] if told else []


def _development(
    step: str, inputs: Inputs, params: LeakageParams
) -> tuple[list[Finding], list[Table]]:
    """Return how well single inputs rank the outcome in the development part, if there is one."""
    cohort = inputs.development
    if cohort is None:
        return [], []
    ranked = singles(cohort, used_inputs(inputs))
    found = single_measures(cohort, ranked, params.near_perfect, inputs.intervals)
    table = strongest_table(step, "development", cohort, ranked, inputs.intervals)
    return findings_of(step, "development", found), [table]


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
