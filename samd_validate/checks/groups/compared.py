"""How groups differ: from the rest, from a reference group, and at most from each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from samd_validate.checks.groups.subsets import Family
from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.comparison.maximum_gap import maximum_gap
from samd_validate.stats.comparison.multiplicity import adjusted
from samd_validate.stats.engine import difference, replicate_subsets
from samd_validate.stats.sample import Sample

REST, REFERENCE, GAP = "difference_to_rest", "difference_to_reference", "largest_gap"
FEWEST = 2
By = Mapping[str, Measurement]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """A sample, its families of groups, and what a measure is in each (by subset)."""

    sample: Sample
    families: tuple[Family, ...]
    intervals: IntervalPlan


def to_rest(groups: Groups, measure: str, values: By, multiplicity: str) -> dict[str, Measurement]:
    """Return the difference of each group to the rest of its family, p-values adjusted together."""
    found: dict[str, Measurement] = {}
    for family in groups.families:
        for subset, mask in family.masks.items():
            own = values[subset]
            if isinstance(own, NotEstimable):
                found[subset] = own
            else:
                found[subset] = _difference(groups, measure, mask, family.rest(subset))
    return _adjusted(found, multiplicity)


def to_reference(
    groups: Groups, measure: str, values: By, references: Mapping[str, str]
) -> dict[str, Measurement]:
    """Return the difference of each group to the reference level of its column."""
    found: dict[str, Measurement] = {}
    for family in groups.families:
        chosen = f"{family.name}={references.get(family.name, '')}"
        if family.name not in references:
            continue
        for subset, mask in family.masks.items():
            if subset == chosen:
                continue
            found[subset] = _against(groups, measure, values, (subset, mask), (chosen, family))
    return found


def _against(
    groups: Groups,
    measure: str,
    values: By,
    one: tuple[str, BoolArray],
    other: tuple[str, Family],
) -> Measurement:
    (subset, mask), (chosen, family) = one, other
    for name in (subset, chosen):
        value = values.get(name)
        if value is None:
            reason = f"nobody is in the reference group {chosen}"
            return NotEstimable(code="no_reference", reason=reason, n=int(mask.sum()))
        if isinstance(value, NotEstimable):
            return value
    return _difference(groups, measure, mask, family.masks[chosen])


def _difference(groups: Groups, measure: str, mask: BoolArray, other: BoolArray) -> Measurement:
    one, rest = groups.sample.take(mask), groups.sample.take(other)
    if rest.n == 0:
        reason = "all patients are in this group: there is no rest"
        return NotEstimable(code="no_rest", reason=reason, n=one.n, n_events=one.n_events)
    return difference(measure, one, rest, groups.intervals)


def _adjusted(found: Mapping[str, Measurement], method: str) -> dict[str, Measurement]:
    tested = {
        name: one
        for name, one in found.items()
        if isinstance(one, Estimate) and one.p_value is not None
    }
    p_values = [one.p_value for one in tested.values() if one.p_value is not None]
    words = f"p adjusted for {len(p_values)} comparisons ({method.replace('-', ' and ').title()})"
    lifted = {
        name: replace(one, p_value=float(p), note=f"{words}, unadjusted {one.p_value:.3g}")
        for (name, one), p in zip(tested.items(), adjusted(p_values, method), strict=True)
    }
    return {name: lifted.get(name, one) for name, one in found.items()}


def largest_gaps(groups: Groups, measure: str, values: By) -> dict[str, Measurement]:
    """Return the largest gap between two groups of each family, not biased away from zero."""
    return {family.name: largest_gap(groups, family, measure, values) for family in groups.families}


def largest_gap(groups: Groups, family: Family, measure: str, values: By) -> Measurement:
    """Return the largest gap between two groups of a family that have an estimate."""
    masks = {
        name: mask for name, mask in family.masks.items() if isinstance(values[name], Estimate)
    }
    if len(masks) < FEWEST:
        reason = f"a gap needs two groups that are large enough; there are {len(masks)}"
        return NotEstimable(code="few_groups", reason=reason, n=groups.sample.n)
    draws = replicate_subsets(measure, groups.sample, masks, groups.intervals)
    known = {name: values[name] for name in masks}
    return maximum_gap(known, draws, groups.intervals.level)
