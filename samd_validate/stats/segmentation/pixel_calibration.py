"""Whether probabilities of pixels are right in size, with patients as the unit."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.binned_ece import Binned, root_error, words_of_bins
from samd_validate.stats.intervals.from_draws import Limits
from samd_validate.stats.segmentation.patient_sums import (
    PatientSums,
    Range,
    border_limits,
    student_limits,
)
from samd_validate.stats.segmentation.pixel_table import BIN_OF_LEVEL, BINS, FARTHEST, PixelTable

MEASURES = (
    "pixel_calibration_error",
    "calibration_slope",
    "calibration_intercept",
    "observed_expected_ratio",
    "brier",
)
FEWEST_PATIENTS = 5
"""Bins with pixels of fewer patients are joined to the next one."""
FEW_PATIENTS = 30
STEPS, CONVERGED, LARGEST = 50, 1e-9, 50.0
SANDWICH = "logistic regression of pixels, Student's t, robust by patient"


def estimate_pixels(table: PixelTable, plan: IntervalPlan) -> dict[str, Measurement]:
    """Return how well probabilities of pixels are calibrated; every pixel counts once.

    ``pixel_calibration_error`` is the root of the mean squared gap of observed and predicted share
    over ten bins of equal width, its bias removed (``binned_ece``), 0 is perfect;
    ``calibration_slope`` and ``calibration_intercept`` are those of a logistic regression of the
    reference on the log-odds, cut at 8; ``observed_expected_ratio`` is pixels of the structure over
    the sum of probabilities; ``brier`` the mean squared difference. ``n`` counts pixels,
    ``n_events`` those of the structure. Not estimable from fewer than five patients, or where all
    pixels are of one kind.
    """
    refused = _refused(table)
    if refused is not None:
        return dict.fromkeys(MEASURES, refused)
    slope, intercept = _recalibration(table, plan)
    return {
        "pixel_calibration_error": _error(table, plan),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "observed_expected_ratio": _ratio(
            table, table.events.sum(axis=1), table.predicted.sum(axis=1), plan, "positive"
        ),
        "brier": _ratio(table, table.squared, table.n.sum(axis=1), plan, "share"),
    }


def _refused(table: PixelTable) -> NotEstimable | None:
    if table.n_patients < FEWEST_PATIENTS:
        reason = f"pixels of {table.n_patients} patients; {FEWEST_PATIENTS} are needed"
    elif table.n_events in (0, table.n_pixels):
        reason = "all pixels are of one kind"
    else:
        return None
    return NotEstimable(code="too_few", reason=reason, n=table.n_pixels, n_events=table.n_events)


def _estimate(
    table: PixelTable, value: float, limits: Limits, plan: IntervalPlan, words: str, note: str = ""
) -> Estimate:
    few = "" if table.n_patients >= FEW_PATIENTS else f"fewer than {FEW_PATIENTS} patients"
    return Estimate(
        value=value,
        low=min(limits[0], value),
        high=max(limits[1], value),
        level=plan.level,
        method=words,
        n=table.n_pixels,
        n_events=table.n_events,
        n_clusters=table.n_patients,
        note="; ".join(one for one in (note, few) if one),
    )


def _ratio(
    table: PixelTable, top: FloatArray, bottom: FloatArray, plan: IntervalPlan, where: Range
) -> Measurement:
    sums = PatientSums(numerator=top, denominator=np.maximum(bottom, np.finfo(float).tiny))
    if sums.standard_error == 0 or sums.value == 0:
        reason = f"{sums.value:g} in every patient: no spread to judge by"
        return NotEstimable(code="no_spread", reason=reason, n=table.n_pixels)
    limits = student_limits(sums, plan.level, where)
    return _estimate(table, sums.value, limits, plan, "cluster-robust Student's t over patients")


def joined_bins(table: PixelTable) -> FloatArray:
    """Return for each level the bin it is counted in, from 0: equal widths, thin ones joined."""
    patients = np.array(
        [(table.n[:, k == BIN_OF_LEVEL] > 0).any(axis=1).sum() for k in range(BINS)]
    )
    name, names = 0, []
    for k in range(BINS):
        names.append(name)
        if patients[k] >= FEWEST_PATIENTS and patients[k + 1 :].max(initial=0) >= FEWEST_PATIENTS:
            name += 1
    return np.asarray(np.array(names)[BIN_OF_LEVEL], dtype=np.int64)


def _by_bin(table: PixelTable) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return counts, events, predicted and variance of calibrated pixels ``(patients, bins)``."""
    bins = joined_bins(table)
    mean = np.divide(table.predicted, table.n, out=np.zeros_like(table.n), where=table.n > 0)
    columns = (table.n, table.events, table.predicted, table.n * mean * (1 - mean))
    sums = [
        np.stack([one[:, bins == k].sum(axis=1) for k in range(int(bins.max()) + 1)], axis=1)
        for one in columns
    ]
    return sums[0], sums[1], sums[2], sums[3]


def _error(table: PixelTable, plan: IntervalPlan) -> Measurement:
    n, events, predicted, variance = _by_bin(table)
    if n.shape[1] < 2:  # noqa: PLR2004  # one bin tells of no calibration
        reason = "pixels of nearly one probability: one bin remains"
        return NotEstimable(code="one_bin", reason=reason, n=table.n_pixels)
    rows = n.sum(axis=0)
    gap = (events - predicted).sum(axis=0) / rows
    part = (events - predicted - gap * n) / rows
    patients = (n > 0).sum(axis=0)
    correction = np.sqrt(patients / (patients - 1))
    binned = Binned(
        share=rows / rows.sum(),
        gap=gap,
        covariance=part.T @ part * np.outer(correction, correction),
        is_one_class=(events.sum(axis=0) == 0) | (events.sum(axis=0) == rows),
        calibrated=variance.sum(axis=0) / rows**2,
    )
    value, low, high = root_error(binned, plan)
    words = "root of debiased squared error over bins, by patient; wider of test inversion and Wald"
    note = words_of_bins(binned.debiased_square, gap.size)
    return _estimate(table, value, (low, high), plan, words, note)


def _recalibration(table: PixelTable, plan: IntervalPlan) -> tuple[Measurement, Measurement]:
    seen = table.n.sum(axis=0) > 0
    n, events = table.n[:, seen], table.events[:, seen]
    mean = np.clip(table.predicted[:, seen].sum(axis=0) / n.sum(axis=0), 1e-12, 1 - 1e-12)
    x = np.clip(logit(mean), -FARTHEST, FARTHEST)
    design = np.stack([np.ones_like(x), x], axis=1)
    if np.ptp(x) == 0:
        reason = "pixels of nearly one probability: there is no slope"
        none = NotEstimable(code="one_probability", reason=reason, n=table.n_pixels)
        return none, none
    fitted = _newton(design, n.sum(axis=0), events.sum(axis=0))
    if fitted is None:
        reason = "no finite recalibration: probabilities part the pixels without error"
        none = NotEstimable(code="separated", reason=reason, n=table.n_pixels)
        return none, none
    coefficients, inverse = fitted
    score = (events - n * expit(design @ coefficients)) @ design
    m = table.n_patients
    error = np.sqrt(np.diag(inverse @ (score.T @ score) @ inverse) * m / (m - 1))
    half = float(student.ppf((1 + plan.level) / 2, m - 1)) * error
    intercept, slope = (
        _estimate(table, float(b), (float(b - h), float(b + h)), plan, SANDWICH)
        for b, h in zip(coefficients, half, strict=True)
    )
    return slope, intercept


def _newton(
    design: FloatArray, n: FloatArray, events: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return coefficients and the inverse of the information; None without a finite maximum."""
    beta = np.array([0.0, 1.0])
    for _ in range(STEPS):
        mu = expit(design @ beta)
        information = (design * (n * mu * (1 - mu))[:, None]).T @ design
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1 / CONVERGED**1.5:
            return None
        step = np.linalg.solve(information, design.T @ (events - n * mu))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(beta).max() > LARGEST:
            return None
        if np.abs(step).max() < CONVERGED:
            return beta, np.linalg.inv(information)
    return None


def reliability(table: PixelTable, level: float) -> list[dict[str, float]]:
    """Return for each bin the mean probability, the observed share with limits by patient, and n.

    A bin in which no patient differs has the limits of a share at its border, or none (0 to 1).
    """
    n, events, predicted, _ = _by_bin(table)
    found = []
    for k in range(n.shape[1]):
        has = n[:, k] > 0
        if has.sum() < 2:  # noqa: PLR2004  # one patient has no spread
            continue
        sums = PatientSums(numerator=events[has, k], denominator=n[has, k])
        low, high = _share_limits(sums, level)
        found.append(
            {
                "predicted": float(predicted[:, k].sum() / n[:, k].sum()),
                "observed": sums.value,
                "low": low,
                "high": high,
                "n": float(n[:, k].sum()),
            }
        )
    return found


def _share_limits(sums: PatientSums, level: float) -> Limits:
    if sums.standard_error > 0:
        return student_limits(sums, level, "share")
    return border_limits(sums, level) if sums.value in (0.0, 1.0) else (0.0, 1.0)


def histogram(table: PixelTable) -> dict[str, list[float]]:
    """Return counts of pixels outside and inside the structure in ten bins of equal width."""
    edges = (np.arange(BINS + 1) / BINS).tolist()
    outside, inside = _in_bins(table.n - table.events), _in_bins(table.events)
    return {"edges": edges, "negatives": outside, "positives": inside}


def _in_bins(columns: FloatArray) -> list[float]:
    return [float(columns[:, k == BIN_OF_LEVEL].sum()) for k in range(BINS)]
