"""Superiority, non-inferiority and equivalence: what a difference with its interval lets one claim.

A difference is always new minus reference. It is turned into a *benefit* (above 0 is good for the
new device), and the benefit is held against bounds made of the margin:

| claim | the benefit must lie | null hypothesis |
|---|---|---|
| superiority | above ``margin`` | benefit <= margin |
| non-inferiority | above ``-margin`` | benefit <= -margin |
| equivalence | between ``-margin`` and ``margin`` | benefit outside |

Refs. ICH E9 (1998); FDA, Non-Inferiority Clinical Trials to Establish Effectiveness (2016);
Schuirmann 1987, doi:10.1007/BF01068419 (two one-sided tests); for diagnostic accuracy Obuchowski
1997, American Journal of Roentgenology 168: 13-17, Liu, Ma, Wu & Tai 2006, doi:10.1002/sim.2358,
and Zhou, Obuchowski & McClish 2011, doi:10.1002/9780470906514.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.lacking import MOST_UNDEFINED

WORDS = {
    "superiority": ("superior", "not superior"),
    "non-inferiority": ("non-inferior", "inferior"),
    "equivalence": ("equivalent", "not equivalent"),
}
DIRECTIONS = ("higher", "lower")
INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is to be shown, fixed before the difference is seen.

    ``margin`` is in the unit of the difference: above 0 for non-inferiority and equivalence, 0 or
    more for superiority. ``direction`` says which values of the measure are good: ``higher``
    (AUROC, sensitivity) or ``lower`` (Brier score). ``alpha`` is the level of each one-sided test;
    the interval that decides has level 1 - 2 alpha. Left out, it is 0.025 (a 95 % interval) for
    superiority and non-inferiority, and 0.05 for equivalence (a 90 % interval, Schuirmann 1987).

    >>> Claim(kind="equivalence", margin=0.05).level
    0.9

    Raises
    ------
    ValueError
        For an unknown kind or direction, a margin out of range, or alpha outside (0, 0.5).
    """

    kind: str
    margin: float = 0.0
    direction: str = "higher"
    alpha: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in WORDS:
            raise ValueError(f"kind: {self.kind!r} is not one of {', '.join(WORDS)}")
        if self.direction not in DIRECTIONS:
            allowed = ", ".join(DIRECTIONS)
            raise ValueError(f"direction: {self.direction!r} is not one of {allowed}")
        if not np.isfinite(self.margin) or self.margin < 0:
            raise ValueError("margin must be finite and not negative")
        if self.margin == 0 and self.kind != "superiority":
            raise ValueError(f"margin must be above 0 for {self.kind}")
        if self.alpha is None:
            object.__setattr__(self, "alpha", 0.05 if self.kind == "equivalence" else 0.025)
        if not 0 < self.one_sided < 0.5:  # noqa: PLR2004
            raise ValueError("alpha must lie between 0 and 0.5")

    @property
    def one_sided(self) -> float:
        """Return the level of each one-sided test."""
        if self.alpha is None:
            raise ValueError("a claim always has an alpha")
        return self.alpha

    @property
    def level(self) -> float:
        """Return the level of the two-sided interval that decides."""
        return float(round(1 - 2 * self.one_sided, 12))

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the open range in which the benefit must lie."""
        if self.kind == "superiority":
            return self.margin, np.inf
        return -self.margin, self.margin if self.kind == "equivalence" else np.inf


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A claim, the difference it was held against, and what came of it.

    ``outcome`` is ``superior``, ``non-inferior`` or ``equivalent`` if the whole interval lies
    inside the bounds; ``not superior``, ``inferior`` (by the margin or more) or ``not equivalent``
    if it lies wholly outside; else ``inconclusive``. Only ``is_shown`` supports the claim.
    ``p_value`` is one-sided at the margin (for equivalence the larger of the two), None where the
    interval has no width on the side of a bound; it is at most alpha exactly where the interval
    keeps clear of the bound. ``difference`` is new minus reference with the deciding interval.
    """

    claim: Claim
    outcome: str
    p_value: float | None
    difference: Estimate

    @property
    def is_shown(self) -> bool:
        """Return whether the claim was shown."""
        return self.outcome == WORDS[self.claim.kind][0]


def decide(difference: Estimate, claim: Claim) -> Decision:
    """Decide from an interval of any kind, whose level must be that of the claim.

    The p-value is that of a normal distribution with the interval's half-width on the side of the
    bound (Altman & Bland 2011, doi:10.1136/bmj.d2304), so that it agrees with the interval.

    >>> auroc = Estimate(value=-0.01, low=-0.03, high=0.01, level=0.95, method="DeLong", n=900)
    >>> decide(auroc, Claim(kind="non-inferiority", margin=0.05)).outcome
    'non-inferior'

    Raises
    ------
    ValueError
        If the interval's level is not that of the claim.
    """
    if not np.isclose(difference.level, claim.level, rtol=0, atol=1e-9):
        raise ValueError(
            f"difference has an interval of level {difference.level:g}; {claim.kind} with alpha "
            f"{claim.one_sided:g} needs one of {claim.level:g}"
        )
    value, low, high = _benefit(difference, claim)
    z = float(ndtri(1 - claim.one_sided))
    lower, upper = claim.bounds
    parts = [_normal_p(value - lower, (value - low) / z)]
    if np.isfinite(upper):
        parts.append(_normal_p(upper - value, (high - value) / z))
    return _decision(difference, claim, parts)


def decide_normal(value: float, standard_error: float, claim: Claim, n: int) -> Decision:
    """Decide from a difference that is normal about the truth with a known standard error.

    ``n`` counts patients. The usual case is a difference of AUROCs with DeLong's standard error.

    >>> found = decide_normal(-0.01, 0.01, Claim(kind="non-inferiority", margin=0.05), n=900)
    >>> found.outcome, round(found.p_value, 6)
    ('non-inferior', 3.2e-05)

    Raises
    ------
    ValueError
        If the value is not finite or the standard error not above 0.
    """
    if not np.isfinite(value):
        raise ValueError("value must be finite")
    if not np.isfinite(standard_error) or standard_error <= 0:
        raise ValueError("standard_error must be finite and above 0")
    half = float(ndtri(1 - claim.one_sided)) * standard_error
    difference = Estimate(
        value=value, low=value - half, high=value + half, level=claim.level, method="normal", n=n
    )
    return decide(difference, claim)


def decide_replicates(
    value: float, replicates: FloatArray, claim: Claim, n: int
) -> Decision | NotEstimable:
    """Decide from bootstrap replicates ``(resamples,)`` of the difference.

    With B replicates the limits are the r-th smallest and r-th largest, r the whole part of
    alpha (B + 1), and the one-sided p-value is (1 + replicates at or beyond the bound) / (B + 1)
    (Davison & Hinkley 1997, doi:10.1017/CBO9780511802843, inverted): never 0, and at most alpha
    exactly where the limit keeps clear of the bound. Resamples in which the difference is
    undefined (NaN) are counted; beyond 5 % of them there is no decision.

    >>> draws = np.linspace(-0.03, 0.01, 999)
    >>> decide_replicates(-0.01, draws, Claim(kind="non-inferiority", margin=0.05), n=90).p_value
    0.001

    Raises
    ------
    ValueError
        If the value is not finite, or alpha needs more replicates than there are.
    """
    if not np.isfinite(value):
        raise ValueError("value must be finite")
    draws = np.asarray(replicates, dtype=np.float64)
    known = np.sort(draws[np.isfinite(draws)])
    undefined = draws.size - known.size
    rank = int(np.floor(claim.one_sided * (known.size + 1) + 1e-9))
    if rank < 1 and undefined == 0:
        least = int(np.ceil(1 / claim.one_sided - 1e-9)) - 1
        raise ValueError(f"replicates: alpha {claim.one_sided:g} needs at least {least}")
    if rank < 1 or undefined > MOST_UNDEFINED * draws.size:
        reason = f"undefined in {undefined} of {draws.size} resamples"
        return NotEstimable(code="undefined_resamples", reason=reason, n=n)
    difference = Estimate(
        value=value,
        low=known[rank - 1],
        high=known[-rank],
        level=claim.level,
        method="percentile bootstrap, order statistics",
        n=n,
        n_resamples=known.size,
        n_undefined=undefined,
    )
    return _decision(difference, claim, _counted_p(known, claim))


def _counted_p(known: FloatArray, claim: Claim) -> list[float | None]:
    benefit = known if claim.direction == "higher" else -known
    lower, upper = claim.bounds
    beyond = [np.count_nonzero(benefit <= lower)]
    if np.isfinite(upper):
        beyond.append(np.count_nonzero(benefit >= upper))
    return [(1 + int(count)) / (known.size + 1) for count in beyond]


def _normal_p(distance: float, error: float) -> float | None:
    """Return the one-sided p-value of a benefit that lies ``distance`` inside a bound."""
    return float(ndtr(-distance / error)) if error > 0 else None


def _benefit(difference: Estimate, claim: Claim) -> tuple[float, float, float]:
    if claim.direction == "higher":
        return difference.value, difference.low, difference.high
    return -difference.value, -difference.high, -difference.low


def _decision(difference: Estimate, claim: Claim, parts: list[float | None]) -> Decision:
    _, low, high = _benefit(difference, claim)
    lower, upper = claim.bounds
    shown, refuted = WORDS[claim.kind]
    outcome = INCONCLUSIVE
    if low > lower and high < upper:
        outcome = shown
    elif high <= lower or low >= upper:
        outcome = refuted
    known = [part for part in parts if part is not None]
    p_value = max(known) if len(known) == len(parts) else None
    return Decision(claim=claim, outcome=outcome, p_value=p_value, difference=difference)
