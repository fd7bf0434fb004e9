"""The largest gap between groups, with limits that are not pushed away from zero.

The largest of several estimates less the smallest is above 0 even where all groups are alike, and
every bootstrap replicate of it is above 0 too: a percentile interval of it can never hold a true
gap of 0. Here the limits come from simultaneous intervals of all pairs, and the value from
estimates drawn together by as much as chance has driven them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.comparison.between_site import pooled_mean, reml
from samd_validate.stats.lacking import MOST_UNDEFINED

FEWEST_GROUPS = 2
METHOD = "constrained empirical Bayes, simultaneous max-|t| bootstrap limits over all pairs"
TO_REFERENCE = "constrained empirical Bayes, simultaneous max-|t| bootstrap limits to the reference"


@dataclass(frozen=True, kw_only=True)
class _Comparable:
    """Groups that have an estimate: values ``(k,)``, replicates ``(resamples, k)`` without NaN."""

    names: tuple[str, ...]
    values: FloatArray
    replicates: FloatArray
    n: int
    n_undefined: int
    note: str


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """Differences ``(pairs,)`` of groups with their errors, and the critical |t| of them all."""

    names: tuple[tuple[str, str], ...]
    differences: FloatArray
    errors: FloatArray
    critical: float
    p_value: float


def maximum_gap(
    groups: Mapping[str, Measurement],
    replicates: FloatArray,
    level: float = 0.95,
    reference: str | None = None,
) -> Measurement:
    """Return the largest gap between groups, or the largest gap to a reference group.

    ``replicates (resamples, groups)`` are bootstrap values of the groups on common resamples, a
    column per group in the order of ``groups``; columns may depend on each other. A group that is
    :class:`NotEstimable`, or whose replicates never vary (a sensitivity of 1 in each resample:
    its error is unknown, not 0), is left out and named in the note. A resample in which a group
    has no value (NaN) is left out of all; beyond 5 % of them there is no gap.

    *Limits.* Each pair's difference has limits ``difference -/+ c * error``, with the standard
    deviation of its replicates as error and ``c`` the quantile over resamples of the largest
    studentised deviation of any pair (Romano & Wolf 2005, doi:10.1198/016214504000000539; Hsu
    1996). All pairs are covered at once with the given level; where they are, the true gap lies
    between the largest lower limit (0 if none is above it) and the largest upper limit. So the
    interval covers at least at its level, and its lower limit is 0 unless two groups differ.

    *Value.* Highest less lowest of the groups' values after each deviation from their pooled mean
    is multiplied by ``sqrt(tau2 / (tau2 + error^2))``, with the variance ``tau2`` between groups by
    REML (constrained empirical Bayes: Louis 1984, doi:10.1080/01621459.1984.10478062; Ghosh 1992,
    doi:10.1080/01621459.1992.10475236). For two groups it is ``sqrt(difference^2 - error^2)``. It
    is kept inside the limits; docs/methods/maximum_gap.md has its bias beside that of other ways.

    ``p_value`` tests that all groups are alike; it is at most 1 - level exactly where ``low`` is
    above 0. ``n`` is summed over the groups that were compared.

    >>> def site(value):
    ...     return Estimate(value=value, low=0.7, high=0.9, level=0.95, method="wilson", n=100)
    >>> draws = np.random.default_rng(1).normal([0.80, 0.84], 0.04, size=(999, 2))
    >>> maximum_gap({"a": site(0.80), "b": site(0.84)}, draws).describe()
    '0.00 (95% CI 0.00 to 0.15)'

    Raises
    ------
    ValueError
        For a level outside (0, 1), a column too many or few, too few resamples for the level, two
        columns that never differ, or a reference that is not a group.
    """
    if reference is not None and reference not in groups:
        raise ValueError(f"reference: {reference!r} is not one of {', '.join(groups)}")
    found = _comparable(groups, replicates, level)
    if isinstance(found, NotEstimable):
        return found
    if reference is not None and reference not in found.names:
        reason = f"the reference {reference} has no estimate ({found.note})"
        return NotEstimable(code="no_reference", reason=reason, n=found.n)
    return _gap(found, _pairs(found, level, reference), level, reference)


def pairwise_gaps(
    groups: Mapping[str, Measurement], replicates: FloatArray, level: float = 0.95
) -> dict[tuple[str, str], Estimate] | NotEstimable:
    """Return the difference of each pair (second less first) with simultaneous limits.

    All intervals together hold the truth with the given level; the arguments are those of
    :func:`maximum_gap`.
    """
    found = _comparable(groups, replicates, level)
    if isinstance(found, NotEstimable):
        return found
    pairs = _pairs(found, level, None)
    return {
        name: Estimate(
            value=difference,
            low=difference - pairs.critical * error,
            high=difference + pairs.critical * error,
            level=level,
            method="simultaneous max-|t| bootstrap limits over all pairs",
            n=found.n,
            n_resamples=len(found.replicates),
            n_undefined=found.n_undefined,
            note=found.note,
        )
        for name, difference, error in zip(
            pairs.names, pairs.differences, pairs.errors, strict=True
        )
    }


def _comparable(
    groups: Mapping[str, Measurement], replicates: FloatArray, level: float
) -> _Comparable | NotEstimable:
    """Return the groups that can be compared, or why there are none."""
    draws = _checked(groups, replicates, level)
    left_out = _left_out(groups, draws)
    kept = {
        name: one
        for name, one in groups.items()
        if isinstance(one, Estimate) and name not in left_out
    }
    n = sum(one.n for one in kept.values())
    note = "; ".join(f"left out {name}: {why}" for name, why in left_out.items())
    if len(kept) < FEWEST_GROUPS:
        reason = f"a gap needs two groups with an estimate ({note or 'there are fewer'})"
        return NotEstimable(code="few_groups", reason=reason, n=n)
    columns = draws[:, [name in kept for name in groups]]
    defined = np.isfinite(columns).all(axis=1)
    undefined = int((~defined).sum())
    if undefined > MOST_UNDEFINED * defined.size:
        worst = list(kept)[int(np.argmin(np.isfinite(columns).sum(axis=0)))]
        reason = f"undefined in {undefined} of {defined.size} resamples, most often in {worst}"
        return NotEstimable(code="undefined_resamples", reason=reason, n=n)
    return _Comparable(
        names=tuple(kept),
        values=np.array([one.value for one in kept.values()]),
        replicates=columns[defined],
        n=n,
        n_undefined=undefined,
        note=note,
    )


def _checked(groups: Mapping[str, Measurement], replicates: FloatArray, level: float) -> FloatArray:
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    draws = np.asarray(replicates, dtype=np.float64)
    if draws.ndim != 2 or draws.shape[1] != len(groups):  # noqa: PLR2004
        raise ValueError("replicates must have a row per resample and a column per group")
    least = int(np.ceil((1 / (1 - level) - 1) / (1 - MOST_UNDEFINED)))
    if len(draws) < least:
        raise ValueError(f"replicates: a level of {level:g} needs at least {least} resamples")
    return draws


def _left_out(groups: Mapping[str, Measurement], draws: FloatArray) -> dict[str, str]:
    """Return why groups are left out."""
    reasons = {}
    for column, (name, one) in enumerate(groups.items()):
        known = draws[np.isfinite(draws[:, column]), column]
        if isinstance(one, NotEstimable):
            reasons[name] = one.reason
        elif known.size and np.ptp(known) == 0:
            reasons[name] = "its replicates never vary, so its error is unknown"
    return reasons


def _pairs(found: _Comparable, level: float, reference: str | None) -> _Pairs:
    """Return the pairs with their errors, and the critical value that covers them all."""
    numbers = [
        (first, second)
        for first, second in combinations(range(len(found.names)), 2)
        if reference in (None, found.names[first], found.names[second])
    ]
    first, second = np.array(numbers).T
    differences = found.values[second] - found.values[first]
    draws = found.replicates[:, second] - found.replicates[:, first]
    errors = draws.std(axis=0, ddof=1)
    if (errors <= 1e-12 * np.abs(draws).max()).any():
        pair = found.names[first[np.argmin(errors)]], found.names[second[np.argmin(errors)]]
        raise ValueError(f"replicates of {pair[0]} and {pair[1]} never differ: are they one group?")
    largest = (np.abs(draws - differences) / errors).max(axis=1)
    rank = int(np.floor((1 - level) * (largest.size + 1) + 1e-9))
    observed = (np.abs(differences) / errors).max()
    return _Pairs(
        names=tuple((found.names[a], found.names[b]) for a, b in numbers),
        differences=differences,
        errors=errors,
        critical=float(np.sort(largest)[-rank]),
        p_value=float((1 + np.count_nonzero(largest >= observed)) / (largest.size + 1)),
    )


def _gap(found: _Comparable, pairs: _Pairs, level: float, reference: str | None) -> Estimate:
    gaps = np.abs(pairs.differences)
    low = max(0.0, float((gaps - pairs.critical * pairs.errors).max()))
    high = float((gaps + pairs.critical * pairs.errors).max())
    value = _drawn_together(found, reference)
    widest = pairs.names[int(np.argmax(gaps))]
    note = f"widest between {widest[0]} and {widest[1]}, uncorrected {gaps.max():.3g}"
    return Estimate(
        value=min(high, max(low, value)),
        low=low,
        high=high,
        level=level,
        method=METHOD if reference is None else TO_REFERENCE,
        n=found.n,
        n_resamples=len(found.replicates),
        n_undefined=found.n_undefined,
        p_value=pairs.p_value,
        note="; ".join(part for part in (note, found.note) if part),
    )


def _drawn_together(found: _Comparable, reference: str | None) -> float:
    """Return the gap of the values after constrained empirical Bayes shrinkage.

    Errors are those of deviations from the groups' mean, so that what groups share cancels.
    """
    k = found.values.size
    deviations = found.replicates - found.replicates.mean(axis=1, keepdims=True)
    variance = deviations.var(axis=0, ddof=1) * k / (k - 1)
    tau2 = reml(found.values, variance)
    centre = pooled_mean(found.values, variance, tau2)
    shrunk = centre + np.sqrt(tau2 / (tau2 + variance)) * (found.values - centre)
    if reference is None:
        return float(np.ptp(shrunk))
    return float(np.abs(shrunk - shrunk[found.names.index(reference)]).max())
