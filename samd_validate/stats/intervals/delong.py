"""DeLong's variance of the AUROC, in O(n log n) by midranks, and the tests made of it.

Where patients have several rows, the variance sums placement values by patient (Obuchowski 1997,
doi:10.2307/2533958), which is DeLong's where every row is a patient of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from scipy.stats import t as student

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.intervals.from_draws import Limits, around
from samd_validate.stats.intervals.scales import SCALES


@dataclass(frozen=True, kw_only=True)
class Delong:
    """An AUROC with the placement values it is the mean of, summed by patient.

    ``of_events (patients with an event,)`` are sums over a patient's events of the share of
    non-events that each outranks, less the AUROC; ``of_others (patients with a non-event,)`` the
    same for non-events; ``event_patient`` and ``other_patient`` name those patients; ``m`` and
    ``k`` count events and non-events.
    """

    auroc: float
    m: int
    k: int
    of_events: FloatArray
    of_others: FloatArray
    event_patient: Column
    other_patient: Column

    @property
    def variance(self) -> float:
        """Return DeLong's variance; 0 where one class has a single patient."""
        return max(covariance(self, self), 0.0)

    @property
    def n_patients(self) -> int:
        """Return the number of patients."""
        return int(np.union1d(self.event_patient, self.other_patient).size)

    @property
    def degrees_of_freedom(self) -> float:
        """Return Satterthwaite's degrees of freedom, as in the test of Brunner & Munzel (2000)."""
        parts = (
            _part(self.of_events, self.of_events, self.m),
            _part(self.of_others, self.of_others, self.k),
        )
        sizes = self.of_events.size - 1, self.of_others.size - 1
        if sum(parts) == 0 or min(sizes) < 1:
            return 1.0
        bottom = sum(part**2 / size for part, size in zip(parts, sizes, strict=True))
        return float(sum(parts) ** 2 / bottom)


def delong(label: Column, score: Column, patient: Column | None = None) -> Delong:
    """Return AUROC and placement values (Sun & Xu 2014, doi:10.1109/LSP.2014.2337313).

    ``patient (n,)`` are whole numbers from 0 that name the patient of each row; None: every row
    is one.

    Raises
    ------
    ValueError
        If one of the two classes is missing.
    """
    is_event = label == 1
    events, others = score[is_event], score[~is_event]
    m, k = events.size, others.size
    if not m or not k:
        raise ValueError("label must hold both classes")
    together = rankdata(np.concatenate([events, others]))
    placed_events = (together[:m] - rankdata(events)) / k
    placed_others = 1 - (together[m:] - rankdata(others)) / m
    auroc = float(placed_events.mean())
    codes = np.arange(label.size) if patient is None else patient
    event_patient, of_events = _by_patient(codes[is_event], placed_events - auroc)
    other_patient, of_others = _by_patient(codes[~is_event], placed_others - auroc)
    return Delong(
        auroc=auroc,
        m=int(m),
        k=int(k),
        of_events=of_events,
        of_others=of_others,
        event_patient=event_patient,
        other_patient=other_patient,
    )


def _by_patient(codes: Column, values: FloatArray) -> tuple[Column, FloatArray]:
    patients, inverse = np.unique(codes, return_inverse=True)
    sums = np.bincount(inverse, weights=values, minlength=patients.size)
    return patients, sums.astype(np.float64)


def _part(left: FloatArray, right: FloatArray, rows: int) -> float:
    """Return what one class adds to a covariance; nothing where it has a single patient."""
    size = left.size
    return float((left * right).sum()) * size / (size - 1) / rows**2 if size > 1 else 0.0


def covariance(a: Delong, b: Delong) -> float:
    """Return DeLong's covariance of two AUROCs on the same rows."""
    own = _part(a.of_events, b.of_events, a.m) + _part(a.of_others, b.of_others, a.k)
    both, at_events, at_others = np.intersect1d(
        a.event_patient, a.other_patient, assume_unique=True, return_indices=True
    )
    if not both.size:
        return own
    size = np.union1d(a.event_patient, a.other_patient).size
    crossed = float((a.of_events[at_events] * b.of_others[at_others]).sum())
    crossed += float((b.of_events[at_events] * a.of_others[at_others]).sum())
    return own + crossed * size / (size - 1) / (a.m * a.k)


def delong_interval(
    one: Delong, level: float = 0.95, *, on_log_odds: bool = False, with_student: bool = False
) -> Limits:
    """Return the Wald interval of an AUROC, kept within [0, 1], or that on the log-odds scale.

    The log-odds interval never leaves (0, 1) and covers better near 1; it needs an AUROC inside.
    ``with_student`` takes Student's quantile in place of the normal, for few events.
    """
    freedom = one.degrees_of_freedom if with_student else np.inf
    error = float(np.sqrt(one.variance))
    is_inside = 0 < one.auroc < 1
    scale = SCALES["log-odds" if on_log_odds and is_inside else "identity"]
    low, high = around(one.auroc, error, level, scale, freedom)
    return max(0.0, low), min(1.0, high)


def separated_interval(one: Delong, level: float = 0.95) -> Limits:
    """Return the interval of an AUROC of 0 or 1, where DeLong's variance is 0 and says nothing.

    With ``q`` the smaller number of patients of a class, ``q`` disjoint pairs of an event and a
    non-event are each in order with the chance of the AUROC, and all of them are: Clopper and
    Pearson's limit of ``q`` of ``q``. It is conservative.
    """
    pairs = min(one.of_events.size, one.of_others.size)
    end = ((1 - level) / 2) ** (1 / pairs)
    return (end, 1.0) if one.auroc == 1 else (0.0, 1 - end)


@dataclass(frozen=True, kw_only=True)
class DelongTest:
    """A difference of two AUROCs with its standard error, interval, z and two-sided p-value."""

    difference: float
    error: float
    low: float
    high: float
    z: float
    p_value: float


def _pooled_freedom(a: Delong, b: Delong) -> float:
    """Return Welch's degrees of freedom of a difference of two independent AUROCs."""
    parts = [(one.variance, one.n_patients - 1) for one in (a, b)]
    bottom = sum(variance**2 / size for variance, size in parts)
    return sum(variance for variance, _ in parts) ** 2 / bottom if bottom > 0 else np.inf


def delong_test(a: Delong, b: Delong, level: float = 0.95, *, is_paired: bool) -> DelongTest:
    """Test whether two AUROCs differ, on the same patients or on independent ones.

    Ref. DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595. Scores that order alike have no
    variance of the difference: z is 0 and p is 1. The paired test is normal, that of independent
    samples Student's with Welch's degrees of freedom over patients, as in R's pROC.
    """
    shared = 2 * covariance(a, b) if is_paired else 0.0
    error = float(np.sqrt(max(a.variance + b.variance - shared, 0.0)))
    difference = a.auroc - b.auroc
    freedom = np.inf if is_paired else _pooled_freedom(a, b)
    quantile = float(student.ppf((1 + level) / 2, freedom))
    z = difference / error if error > 0 else 0.0
    beyond = student.cdf(-abs(z), freedom)
    return DelongTest(
        difference=difference,
        error=error,
        low=difference - quantile * error,
        high=difference + quantile * error,
        z=z,
        p_value=float(2 * beyond),
    )
