"""Every column tested by itself, with p-values adjusted over all tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from samd_validate.checks.drift.columns import Pair
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.comparison.multiplicity import adjusted
from samd_validate.stats.drift.chi_square import chi_square
from samd_validate.stats.drift.groups import Groups, Labels, Shift, ShiftFound
from samd_validate.stats.drift.kolmogorov_smirnov import kolmogorov_smirnov
from samd_validate.stats.drift.share_difference import share_difference
from samd_validate.stats.drift.stability_index import stability_index, stability_of_categories
from samd_validate.stats.drift.wasserstein import wasserstein

PERMUTATIONS = 199
"""Of Wasserstein's distance, whose p-value is not among the adjusted ones."""


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What was found of a column, p-values of ``distance`` and ``missing`` adjusted.

    ``distance`` is Kolmogorov and Smirnov's D of a number, Cramér's V of a category; ``moved``
    Wasserstein's distance (None for a category); ``missing`` is None where nothing is missing,
    or another column tells the same.
    """

    pair: Pair
    distance: ShiftFound
    stability: ShiftFound
    moved: ShiftFound | None
    missing: ShiftFound | None

    @property
    def found(self) -> dict[str, ShiftFound]:
        """Return what was found under the names of the measures."""
        name = "ks_distance" if self.pair.kind == "number" else "cramers_v"
        every = {
            name: self.distance,
            "psi": self.stability,
            "wasserstein": self.moved,
            "missing_difference": self.missing,
        }
        return {measure: one for measure, one in every.items() if one is not None}

    @property
    def p_value(self) -> float:
        """Return the smaller of the adjusted p-values; 1 where nothing was tested."""
        shifts = [one for one in (self.distance, self.missing) if isinstance(one, Shift)]
        return min((float(one.effect.p_value or 0) for one in shifts), default=1.0)

    @property
    def size(self) -> float:
        """Return how far the column moved: the larger of distance and missingness."""
        tested = (self.distance, self.missing)
        return max((abs(one.effect.value) for one in tested if isinstance(one, Shift)), default=0)

    def is_shifted(self, alpha: float, least: float = 0.0) -> bool:
        """Return whether a test rejects, and its interval lies beyond ``least``."""
        return any(
            isinstance(one, Shift)
            and float(one.effect.p_value or 0) < alpha
            and max(one.effect.low, -one.effect.high) >= least
            for one in (self.distance, self.missing)
        )


def tested(
    pairs: Sequence[Pair], groups: Groups, seed: int, adjust: str, level: float
) -> tuple[Tested, ...]:
    """Return all columns tested, in their order."""
    labels = groups.labels(PERMUTATIONS, seed)
    raw = [_tested(pair, groups, labels, level) for pair in pairs]
    every = [one for test in raw for one in (test.distance, test.missing) if isinstance(one, Shift)]
    p_values = adjusted([float(one.effect.p_value or 0) for one in every], adjust).tolist()
    by_test = {id(one): p_value for one, p_value in zip(every, p_values, strict=True)}
    return tuple(
        replace(
            test,
            distance=_with(test.distance, by_test, len(every)),
            missing=None if test.missing is None else _with(test.missing, by_test, len(every)),
        )
        for test in raw
    )


def _with(found: ShiftFound, p_values: dict[int, float], count: int) -> ShiftFound:
    if isinstance(found, NotEstimable):
        return found
    note = f"p adjusted over {count} tests"
    return replace(found, effect=replace(found.effect, p_value=p_values[id(found)], note=note))


def _tested(pair: Pair, groups: Groups, labels: Labels, level: float) -> Tested:
    is_number = pair.kind == "number"
    missing = pair.is_missing
    is_tested = pair.tells_missing and bool(missing.any())
    return Tested(
        pair=pair,
        distance=(kolmogorov_smirnov if is_number else chi_square)(pair.values, groups, level),
        stability=(stability_index if is_number else stability_of_categories)(
            pair.values, groups, level
        ),
        moved=wasserstein(pair.values, groups, labels, level) if is_number else None,
        missing=share_difference(missing, groups, level) if is_tested else None,
    )


def told(found: ShiftFound) -> Measurement:
    """Return the effect, with the smallest shift that could be found in its note."""
    if isinstance(found, NotEstimable):
        return found
    words = f"80% power from {found.detectable:.2g} on"
    effect = found.effect
    return replace(effect, note=f"{effect.note}; {words}" if effect.note else words)


def counted(
    tests: Sequence[Tested], groups: Groups, alpha: float, level: float, least: float = 0.0
) -> Measurement:
    """Return how many columns are shifted."""
    n_tested = sum(isinstance(one.distance, Shift) for one in tests)
    if not n_tested:
        reason = "no variable could be tested"
        return NotEstimable(code="none_tested", reason=reason, n=groups.n)
    count = float(np.count_nonzero([one.is_shifted(alpha, least) for one in tests]))
    beyond = f" and an interval beyond {least:g}" if least else ""
    return Estimate(
        value=count,
        low=count,
        high=count,
        level=level,
        method=f"count of all with an adjusted p below {alpha:g}{beyond}",
        n=groups.n,
        n_clusters=sum(groups.patients),
        note=f"{n_tested} variables tested",
    )
