"""How many patients a study needs: for a precise estimate, or to keep a bound with some power."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import asinh, ceil, inf, isfinite, log, sinh

from scipy.special import ndtr, ndtri

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.sizes.design_effect import Clusters, design_effect
from samd_validate.stats.sizes.planned_error import PlannedError

MOST = 10**9
REPEATS = 12
FEWEST_OF_EACH = 2  # a formula for many patients says nothing of fewer events or non-events


@dataclass(frozen=True, kw_only=True)
class SampleSize:
    """Patients ``n`` with the events expected among them, and what the number rests on.

    ``n_events`` is ``n`` times the prevalence, rounded up; ``n_clusters`` and ``design_effect``
    are set where patients come in clusters; ``target`` says what the size is for.
    """

    n: int
    n_events: int
    prevalence: float
    target: str
    formula: str
    n_clusters: int | None = None
    design_effect: float = 1.0

    def in_clusters(self, clusters: Clusters) -> SampleSize:
        """Return the size enlarged by the design effect of clusters."""
        effect = design_effect(clusters)
        n = _whole(self.n * effect)
        return replace(
            self,
            n=n,
            n_events=_whole(n * self.prevalence),
            n_clusters=_whole(n / clusters.mean_size),
            design_effect=effect,
        )


def size_for_half_width(
    planned: PlannedError, prevalence: float, half_width: float, level: float = 0.95
) -> SampleSize | NotEstimable:
    """Return the fewest patients for which half the Wald interval is at most ``half_width``.

    For a ratio, whose interval is symmetric on the log scale, it is half the distance between
    the limits.

    >>> from samd_validate.stats.sizes.planned_error import auroc_error
    >>> size_for_half_width(auroc_error(0.8, 0.018), 0.018, 0.05).n
    4252

    Raises
    ------
    ValueError
        For a prevalence or level outside (0, 1), or a half width that is not above 0.
    """
    z = _quantile(level)
    if not 0 < half_width < inf:
        raise ValueError("half_width must be a finite number above 0")
    widest = half_width / z
    if planned.is_log:
        widest = asinh(half_width / planned.value) / z
    target = f"half width {half_width:g} of the {100 * level:g}% interval"
    return _smallest(lambda n: planned.error(n) <= widest, planned, prevalence, target)


def half_width_of(planned: PlannedError, n: float, level: float = 0.95) -> float:
    """Return half the width of the Wald interval that ``n`` patients would give."""
    step = _quantile(level) * planned.error(n)
    return planned.value * sinh(step) if planned.is_log else step


def size_for_standard_error(
    planned: PlannedError, prevalence: float, standard_error: float
) -> SampleSize | NotEstimable:
    """Return the fewest patients for a standard error; that of a ratio is on the log scale.

    >>> from samd_validate.stats.sizes.planned_error import observed_expected_error
    >>> size_for_standard_error(observed_expected_error(0.5), 0.5, 0.051).n
    385
    """
    if not 0 < standard_error < inf:
        raise ValueError("standard_error must be a finite number above 0")
    target = f"standard error {standard_error:g}"
    return _smallest(lambda n: planned.error(n) <= standard_error, planned, prevalence, target)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The limits that an interval of a level, or the point estimate (level None), must keep."""

    at_least: float | None = None
    at_most: float | None = None
    level: float | None = 0.95

    def __post_init__(self) -> None:
        given = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        if not given or not all(isfinite(bound) for bound in given):
            raise ValueError("at_least or at_most must be given, and finite")
        if self.level is not None:
            _quantile(self.level)


def power_to_keep(planned: PlannedError, n: float, bounds: Bounds) -> float:
    """Return the chance that n patients show the bounds to be kept, if the truth is as planned.

    A bound is kept if the limit of the interval does not pass it. With two bounds both must be
    kept. The chance is that of a normal estimate. A two-sided interval of level 95 % makes each
    bound a test at 2.5 %.

    >>> from samd_validate.stats.sizes.planned_error import auroc_error
    >>> planned = auroc_error(0.73, 41 / 113, "obuchowski")
    >>> round(power_to_keep(planned, 113, Bounds(at_least=0.5)), 3)
    0.99
    """
    z = 0.0 if bounds.level is None else _quantile(bounds.level)
    ends = [
        (bound, sign)
        for bound, sign in ((bounds.at_least, 1.0), (bounds.at_most, -1.0))
        if bound is not None and planned.lowest < bound < planned.highest
    ]
    missed = sum(1 - float(ndtr(_margin(planned, n, bound, sign, z))) for bound, sign in ends)
    return max(0.0, 1 - missed)


def _margin(planned: PlannedError, n: float, bound: float, sign: float, z: float) -> float:
    scaled = log if planned.is_log else float
    distance = sign * (scaled(planned.value) - scaled(bound))
    return (distance - z * _error_of_limit(planned, n, bound, sign, z)) / planned.error(n)


def _error_of_limit(planned: PlannedError, n: float, bound: float, sign: float, z: float) -> float:
    """Return the standard error in an interval whose limit just meets the bound.

    That of a Wald interval belongs to the estimate that lies z such errors inside the bound; it
    is found by repeating, and the estimate is held short of the true value, beyond which the
    power is below a half.
    """
    if planned.error_at is None:
        return planned.error(n)
    error = planned.error_at(bound, n)
    for _ in range(0 if planned.inverts_test else REPEATS):
        estimate = bound + sign * min(z * error, abs(planned.value - bound))
        error = planned.error_at(estimate, n)
    return error


def size_to_keep(
    planned: PlannedError, prevalence: float, bounds: Bounds, power: float = 0.8
) -> SampleSize | NotEstimable:
    """Return the fewest patients that keep the bounds with a power, if the truth is as planned.

    NotEstimable (``beyond_bound``) if the expected value itself does not lie inside the bounds:
    then more patients only show the failure more clearly.

    >>> from samd_validate.stats.sizes.planned_error import proportion_error
    >>> size_to_keep(proportion_error(0.9, 0.2), 0.2, Bounds(at_least=0.8)).n
    538

    Raises
    ------
    ValueError
        For a power or prevalence outside (0, 1).
    """
    if not 0 < power < 1:
        raise ValueError("power must lie between 0 and 1")
    if not _lies_inside(planned.value, bounds):
        reason = (
            f"the expected value {planned.value:g} does not lie inside the bound: no number of "
            "patients would show that it is kept"
        )
        return NotEstimable(code="beyond_bound", reason=reason, n=0)
    target = f"bound kept with power {power:g}"
    return _smallest(
        lambda n: power_to_keep(planned, n, bounds) >= power, planned, prevalence, target
    )


def _lies_inside(value: float, bounds: Bounds) -> bool:
    least = -inf if bounds.at_least is None else bounds.at_least
    most = inf if bounds.at_most is None else bounds.at_most
    return least < value < most


def largest(sizes: Mapping[str, SampleSize | NotEstimable]) -> str:
    """Return the name of the criterion that needs the most patients; the first of equal ones.

    Raises
    ------
    ValueError
        If no criterion has a size.
    """
    known = {name: size.n for name, size in sizes.items() if isinstance(size, SampleSize)}
    if not known:
        raise ValueError("sizes must hold at least one number of patients")
    return max(known, key=lambda name: known[name])


def _smallest(
    is_enough: Callable[[float], bool], planned: PlannedError, prevalence: float, target: str
) -> SampleSize | NotEstimable:
    """Return the smallest n that is enough, by bisection: what is enough stays so with more."""
    if not 0 < prevalence < 1:
        raise ValueError("prevalence must lie between 0 and 1")
    low = _whole(FEWEST_OF_EACH / min(prevalence, 1 - prevalence)) - 1
    high = low + 1
    while not is_enough(high):
        low, high = high, 2 * high
        if high > MOST:
            reason = f"more than {MOST:,} patients would be needed ({target})"
            return NotEstimable(code="out_of_reach", reason=reason, n=0)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return SampleSize(
        n=high,
        n_events=_whole(high * prevalence),
        prevalence=prevalence,
        target=target,
        formula=planned.formula,
    )


def _quantile(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    return float(ndtri(1 - (1 - level) / 2))


def _whole(number: float) -> int:
    """Return the next whole number, forgiving the last bits of a product."""
    return ceil(number * (1 - 1e-12))
