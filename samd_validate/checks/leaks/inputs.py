"""Whether an input encodes the outcome: by its name or levels, or by telling it almost alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import rankdata

from samd_validate.checks._numbers import counted, not_run
from samd_validate.checks.leaks.words import outcome_meaning
from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import Table
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.summaries import feature_names, summary_features
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

FEWEST = 10
MOST_LEVELS = 200
SHOWN = 10
SINGLE = ("near_perfect_inputs", "strongest_single_auroc")


@dataclass(frozen=True, kw_only=True)
class Single:
    """One feature of one input and how well it ranks the outcome alone (0.5 to 1)."""

    owner: str
    feature: str
    auroc: float
    value: Column
    known: BoolArray


def used_inputs(inputs: Inputs) -> frozenset[str] | None:
    """Return the inputs that the device's card tells, or its recipe declares; None if neither."""
    card = {} if inputs.model is None else inputs.model.card
    names = [name for key in ("variables", "static_inputs") for name in _names(card.get(key))]
    return frozenset(names) or inputs.declared


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def n_inputs(cohort: Cohort, used: frozenset[str] | None) -> int:
    """Return how many of the used inputs a cohort has; of all it has, if none are told."""
    variables = () if cohort.series is None else cohort.series.variables
    names = {*(one.name for one in variables), *cohort.numbers, *cohort.groups}
    return len(names if used is None else names & used)


def telling_names(cohort: Cohort, used: frozenset[str] | None) -> list[tuple[str, str, str]]:
    """Return the inputs whose name, label or level tells of the outcome: name, what, meaning."""
    found = []
    for name, texts in _texts(cohort):
        if used is not None and name not in used:
            continue
        hits = [(text, outcome_meaning(text)) for text in texts]
        found += [(name, text, meaning) for text, meaning in hits if meaning][:1]
    return found


def _texts(cohort: Cohort) -> Iterator[tuple[str, list[str]]]:
    for variable in () if cohort.series is None else cohort.series.variables:
        yield variable.name, [variable.name, variable.label]
    for name in cohort.numbers:
        yield name, [name]
    for name, column in cohort.groups.items():
        levels = np.unique(column).tolist()
        yield name, [name, *(levels if len(levels) <= MOST_LEVELS else [])]


def singles(cohort: Cohort, used: frozenset[str] | None) -> list[Single]:
    """Return how well each feature of each input ranks the outcome alone, strongest first.

    Features are first, last, lowest, highest, mean and count of a variable over time, a number
    as it is, and each level of a category. Fewer than ten stays of either outcome with a value:
    not ranked.
    """
    found = []
    for owner, feature, value in _features(cohort):
        if used is None or owner in used:
            known = np.isfinite(value)
            auroc = _auroc(cohort.label[known], value[known])
            if auroc is not None:
                one = Single(owner=owner, feature=feature, auroc=auroc, value=value, known=known)
                found.append(one)
    return sorted(found, key=lambda one: -one.auroc)


def _features(cohort: Cohort) -> Iterator[tuple[str, str, FloatArray]]:
    if cohort.series is not None:
        variables = tuple(variable.name for variable in cohort.series.variables)
        columns = summary_features(cohort, variables).T
        for name, column in zip(feature_names(variables), columns, strict=True):
            yield name.rpartition(":")[0], name, column
    for name, number in cohort.numbers.items():
        yield name, name, number.astype(np.float64)
    for name, group in cohort.groups.items():
        levels = np.unique(group).tolist()
        for level in levels if len(levels) <= MOST_LEVELS else []:
            yield name, f"{name}={level or 'unknown'}", (group == level).astype(np.float64)


def _auroc(label: Column, value: FloatArray) -> float | None:
    """Return the area under the ROC curve in the better direction, by ranks (Mann-Whitney)."""
    events = int(label.sum())
    others = int(label.size) - events
    if min(events, others) < FEWEST:
        return None
    ranks = rankdata(value)[label == 1].sum()
    area = (ranks - events * (events + 1) / 2) / (events * others)
    return float(max(area, 1 - area))


def single_measures(
    cohort: Cohort, found: list[Single], near_perfect: float, plan: IntervalPlan
) -> dict[str, Measurement]:
    """Return the strongest single AUROC, and how many inputs reach ``near_perfect`` alone."""
    if not found:
        reason = f"no input has {FEWEST} stays of each outcome with a value"
        lacking = not_run("too_few", reason, cohort.size)
        return dict.fromkeys(SINGLE, lacking)
    strongest = with_interval(cohort, found[0], plan)
    if isinstance(strongest, Estimate):
        words = f"{found[0].feature}, the strongest of {len(found)}; the choice is not allowed for"
        strongest = replace(strongest, note=words)
    owners = {one.owner for one in found}
    perfect = {one.owner for one in found if one.auroc >= near_perfect}
    return {
        "strongest_single_auroc": strongest,
        "near_perfect_inputs": counted(len(perfect), len(owners), ", ".join(sorted(perfect))),
    }


def with_interval(cohort: Cohort, one: Single, plan: IntervalPlan) -> Measurement:
    """Return a single feature's AUROC with its interval, over the stays that have it."""
    label, value = cohort.label[one.known], one.value[one.known]
    ranks = rankdata(value)
    falls = ranks[label == 1].mean() < ranks[label == 0].mean()
    sample = Sample(
        label=label, score=-value if falls else value, cluster=cohort.patient_id[one.known]
    )
    return estimate(("auroc",), sample, plan)["auroc"]


def strongest_table(
    step: str, name: str, cohort: Cohort, ranked: list[Single], plan: IntervalPlan
) -> Table:
    """Return the inputs that rank the outcome best alone, with intervals."""
    best: dict[str, Single] = {}
    for one in ranked:
        best.setdefault(one.owner, one)
    rows = [
        (one.owner, one.feature, with_interval(cohort, one, plan).describe(3))
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
