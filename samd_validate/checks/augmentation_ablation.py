"""What each augmentation of the recipe does for the device, above all elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from samd_validate.checks._common import findings_of
from samd_validate.checks._forest import forest_row
from samd_validate.checks.marked.quality import (
    QUALITY,
    TITLES,
    Judged,
    cell,
    judged,
    measured_on,
    own,
)
from samd_validate.checks.refits.again import model_or_reason, own_choice
from samd_validate.checks.refits.short import ShortFits
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import check
from samd_validate.core.model import Refit

WHOLE = "nothing"
EVERYTHING = "everything"


class AblationParams(ShortFits):
    """Which entries are left out in turn, and how far training is cut short for it."""

    entries: tuple[str, ...] = Field(default=(), description="names; none: each of the recipe")
    everything: bool = Field(default=True, description="also without any of them")


@dataclass(frozen=True, kw_only=True)
class Ablated:
    """The device without an entry, by population; or why there is none."""

    without: str
    on: Mapping[str, Judged]
    lacking: NotEstimable | None = None


@check(
    "augmentation_ablation",
    version=1,
    params=AblationParams,
    measures=QUALITY,
    needs=("model", "images"),
    requirements=("REQ-ROBUSTNESS", "REQ-GENERALISATION"),
)
def augmentation_ablation(step: str, inputs: Inputs, params: AblationParams) -> CheckOutput:
    """Fit the device again without each of its augmentations, and compare.

    Purpose: augmentation is meant to carry a device to images of other scanners. Whether it does
    is a question to data from elsewhere, and an entry that does nothing is to be known as such.
    Method: the device's recipe is fitted again, on the same parts and from the same seed, without
    one entry of ``augmentation`` after the other and without all of them; the others draw the same
    chance. Dice (where it marks) or AUROC has an interval in each population, and differences, with
    the entry minus without it, are paired by case and have the patient as the unit. A protocol can
    cut training short (max_epochs, members); the device is then refitted in the same way.
    How to read it: a difference above 0 on an external set is what the entry brings there. One
    below 0 means that the entry hurts.
    Limits: each fit is made once, so that intervals are of patients and not of training: two fits
    that differ only in their seed differ too. Entries can stand in for each other, and leaving one
    out then shows less than it does.
    """
    entries = _entries(inputs)
    if not entries or inputs.refit is None:
        return _nothing(step, inputs)
    fits = _fitted(inputs, inputs.refit, params, entries)
    measured = {
        (population.name, one.without): _numbers(inputs, population.name, one, fits[0])
        for population in inputs.populations
        for one in fits
    }
    findings: list[Finding] = []
    for (population, without), found in measured.items():
        findings += findings_of(step, population, found, subset=f"without={without}")
    return CheckOutput(
        findings=tuple(findings),
        figures=_forests(step, inputs, measured),
        tables=(_table(step, measured),),
        notes=_notes(params),
    )


def _entries(inputs: Inputs) -> list[dict[str, object]]:
    """Return the augmentation of the device as its recipe names it; none if it has none."""
    entries = own_choice(inputs, "augmentation")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return []
    return [dict(one) for one in entries if isinstance(one, Mapping) and "use" in one]


def _nothing(step: str, inputs: Inputs) -> CheckOutput:
    findings: list[Finding] = []
    for population in inputs.populations:
        reason = NotEstimable(
            code="no_augmentation",
            reason="the device has no augmentation to leave out, or cannot be fitted again",
            n=population.cohort.size,
        )
        measure = measured_on(inputs.model, population.cohort)
        findings += findings_of(step, population.name, {measure: reason})
    return CheckOutput(findings=tuple(findings))


def _named(entries: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the name of each entry, with its number where it stands twice."""
    often, seen = Counter(str(one["use"]) for one in entries), Counter[str]()
    names = []
    for one in entries:
        use = str(one["use"])
        seen[use] += 1
        names.append(f"{use} {seen[use]}" if often[use] > 1 else use)
    return names


def _fitted(
    inputs: Inputs,
    refit: Refit,
    params: AblationParams,
    entries: Sequence[dict[str, object]],
) -> list[Ablated]:
    """Return the device with all its augmentation, then without each, then without any."""
    whole = Ablated(without=WHOLE, on=own(inputs))
    if params.shortened:
        whole = _tried(inputs, refit, WHOLE, {**params.shortened, "augmentation": list(entries)})
    fits = [whole]
    for number, (name, entry) in enumerate(zip(_named(entries), entries, strict=True)):
        if not params.entries or {name, entry["use"]} & set(params.entries):
            left = [one for place, one in enumerate(entries) if place != number]
            changed = {**params.shortened, "augmentation": left}
            fits.append(_tried(inputs, refit, name, changed))
    fits += _unknown(inputs, params, entries)
    if params.everything:
        changed = {**params.shortened, "augmentation": []}
        fits.append(_tried(inputs, refit, EVERYTHING, changed))
    return fits


def _unknown(
    inputs: Inputs, params: AblationParams, entries: Sequence[Mapping[str, object]]
) -> list[Ablated]:
    """Return for each name of the parameters that the recipe has none such."""
    known = {*_named(entries), *(str(one["use"]) for one in entries)}
    n = sum(one.cohort.size for one in inputs.populations)
    words = f"the recipe has no such entry; it has {', '.join(_named(entries))}"
    reason = NotEstimable(code="no_such_entry", reason=words, n=n)
    return [
        Ablated(without=name, on={}, lacking=reason) for name in params.entries if name not in known
    ]


def _tried(inputs: Inputs, refit: Refit, without: str, changed: Mapping[str, object]) -> Ablated:
    n = sum(one.cohort.size for one in inputs.populations)
    model = model_or_reason(lambda: refit(changed), n)
    if isinstance(model, NotEstimable):
        return Ablated(without=without, on={}, lacking=model)
    on = {one.name: judged(model, one.cohort) for one in inputs.populations}
    return Ablated(without=without, on=on)


def _numbers(
    inputs: Inputs, population: str, one: Ablated, whole: Ablated
) -> dict[str, Measurement]:
    if one.lacking is not None:
        cohort = next(p.cohort for p in inputs.populations if p.name == population)
        return {measured_on(inputs.model, cohort): one.lacking}
    here = one.on[population]
    found = {here.measure: here.estimated(inputs.intervals)}
    if one is not whole and whole.lacking is None:
        difference = whole.on[population].less(here, inputs.intervals)
        found[f"{here.measure}_difference"] = difference
    return found


Measured = Mapping[tuple[str, str], Mapping[str, Measurement]]


def _forests(step: str, inputs: Inputs, measured: Measured) -> tuple[Figure, ...]:
    """Return a figure of the differences for each population."""
    figures = []
    for population in inputs.populations:
        rows = [
            forest_row(f"without {without}", value)
            for (name, without), found in measured.items()
            for measure, value in found.items()
            if name == population.name and measure.endswith("_difference")
        ]
        if rows:
            title = TITLES[measured_on(inputs.model, population.cohort)]
            figures.append(_forest(step, population.name, title, rows))
    return tuple(figures)


def _forest(step: str, population: str, title: str, rows: list[dict[str, object]]) -> Figure:
    return Figure(
        id=f"{step}-{population}",
        kind="forest",
        title=f"What augmentation brings in {title}, {population}",
        caption=f"{title} of the device with all its augmentation minus without an entry; above 0 "
        "the entry helps.",
        alt=f"Forest plot of differences in {title} by entry left out, on {population}.",
        content={
            "measure": f"Difference in {title}",
            "reference": 0.0,
            "limits": None,
            "rows": rows,
        },
    )


def _table(step: str, measured: Measured) -> Table:
    rows = []
    for (population, without), found in measured.items():
        values = {measure.endswith("_difference"): one for measure, one in found.items()}
        rows.append((population, without, cell(values.get(False)), cell(values.get(True))))
    return Table(
        id=f"{step}-entries",
        title="Performance without each augmentation",
        caption="Differences are those of the device with all entries minus without the one.",
        columns=("data set", "without", "value", "with minus without"),
        rows=tuple(rows),
    )


def _notes(params: AblationParams) -> tuple[str, ...]:
    if params.shortened:
        return (params.compared_with(f"without {WHOLE}"),)
    return (f"without {WHOLE} is the device itself; every other row is a whole refit",)
