"""Rules on numbers: intervals, subgroups, independence, and cases that were left out."""

from __future__ import annotations

import math
from collections.abc import Mapping

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.trace.gate.asked import (
    Answer,
    Asked,
    failed,
    left_open,
    named,
    not_applicable,
    ok,
)

OVERLAP = "patients_in_two_parts"


def verdicts_read_intervals(asked: Asked) -> Answer:
    """G-08: every verdict reads the limit of an interval."""
    criteria = asked.bundle.all_criteria
    if not criteria:
        return failed("the protocol sets no criterion, so nothing was judged")
    points = [criterion.id for criterion in criteria if criterion.reads == "point"]
    if points:
        return failed(f"read the point estimate: {named(points)}")
    return ok(f"all {len(criteria)} criteria read the whole interval")


def estimates_have_intervals(asked: Asked) -> Answer:
    """G-09: every estimate has an interval and a count."""
    estimates = [one for one in asked.bundle.all_findings if isinstance(one.measurement, Estimate)]
    bare = [one.key for one in estimates if not _is_whole(one)]
    if bare:
        return failed(f"without an interval or n: {named(bare)}")
    if not estimates:
        return failed("no estimate was made")
    words = f"{len(estimates)} estimates, each with interval and n"
    return ok(f"{words}; tables of a label are not in the evidence: the manufacturer compares them")


def _is_whole(finding: Finding) -> bool:
    measured = finding.measurement
    if not isinstance(measured, Estimate):
        return True
    return measured.n > 0 and math.isfinite(measured.low) and math.isfinite(measured.high)


def small_groups_kept(asked: Asked) -> Answer:
    """G-10: a subgroup below the minimum stands as not assessable, with its n."""
    least = {step.id: step.params.get("min_units") for step in asked.bundle.steps}
    subsets = [one for one in asked.bundle.findings if one.subset != "all"]
    if not subsets:
        return not_applicable("no finding of a subgroup")
    below = [
        one.key
        for one in subsets
        if isinstance(one.measurement, Estimate)
        and isinstance(minimum := least.get(one.check), int)
        and one.measurement.n < minimum
    ]
    if below:
        return failed(f"a number below the minimum of its check: {named(below)}")
    blank = sum(isinstance(one.measurement, NotEstimable) for one in subsets)
    return ok(f"{len(subsets)} findings of subgroups, {blank} of them stand without a number")


def parts_do_not_overlap(asked: Asked) -> Answer:
    """G-11: no patient is in development and test, or independence is called not verifiable."""
    found = [one for one in asked.bundle.findings if one.measure == OVERLAP]
    counts = {
        f"{one.population}: {one.measurement.value:g}": one.measurement.value
        for one in found
        if isinstance(one.measurement, Estimate)
    }
    shared = [words for words, count in counts.items() if count > 0]
    if shared:
        return failed(f"patients in development and test ({named(shared)})")
    blank = [one.population for one in found if isinstance(one.measurement, NotEstimable)]
    if not counts or blank:
        where = f" for {named(blank)}" if blank else ""
        supply = "the identifiers of development, or calls independence not verifiable"
        return left_open(f"no count of patients in two parts{where}", supply)
    return ok(f"no patient in two parts ({named(list(counts))})")


def left_out_counted(asked: Asked) -> Answer:
    """G-12: what was rejected is in the flow, and in an analysis of the worst case."""
    blind = [cohort.id for cohort in asked.bundle.cohorts if not cohort.flow]
    if blind:
        return failed(f"no flow of {named(blind)}")
    left: Mapping[str, int] = {
        f"{cohort.id}: {row.count} {row.reason}": row.count
        for cohort in asked.bundle.cohorts
        for row in cohort.flow
        if row.kind == "excluded" and row.count
    }
    if not left:
        return not_applicable("no unit was left out of a data set")
    seen = f"{sum(left.values())} units left out, all in the flow of their data set"
    return left_open(seen, "an analysis with their worst possible results")
