"""Points of curves with bands, for figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.spline import spline_fit
from samd_validate.stats.intervals.proportions import wilson
from samd_validate.stats.resampling.layout import layout_of, patients_of
from samd_validate.stats.resampling.resample import Parts
from samd_validate.stats.resampling.weighted import Sorted, sorted_rows
from samd_validate.stats.sample import Sample

BAND_RESAMPLES = 400
GRID = np.linspace(0, 1, 101)
GROUPS = 10
BINS = 20


def _band(draws: FloatArray, level: float) -> tuple[list[float], list[float]]:
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, (tail, 1 - tail), axis=0)
    return low.tolist(), high.tolist()


def _rows(sample: Sample) -> Sorted:
    return sorted_rows(layout_of(sample))


def _blocks(sample: Sample, intervals: IntervalPlan) -> Iterator[FloatArray]:
    """Yield blocks ``(resamples, n)`` of how often each sorted row is drawn."""
    layout = layout_of(sample)
    plan = replace(intervals, n_resamples=BAND_RESAMPLES)
    order = sorted_rows(layout).order
    for block in Parts([layout], patients_of(sample, layout), plan).weights(0):
        yield block[:, order].astype(np.float64)


def roc_curve(sample: Sample, intervals: IntervalPlan) -> dict[str, Any]:
    """Return sensitivity (``tpr``) on a grid of 1 - specificity (``fpr``) with a pointwise band."""
    rows = _rows(sample)
    draws = np.array([_tpr(rows, w) for block in _blocks(sample, intervals) for w in block])
    low, high = _band(draws, intervals.level)
    point = None
    if sample.threshold is not None:
        alarm = sample.score >= sample.threshold
        point = {
            "fpr": float(alarm[sample.label == 0].mean()),
            "tpr": float(alarm[sample.label == 1].mean()),
        }
    tpr = _tpr(rows, np.ones(sample.n))
    return {"fpr": GRID.tolist(), "tpr": tpr.tolist(), "low": low, "high": high, "point": point}


def _tpr(rows: Sorted, weight: FloatArray) -> FloatArray:
    tp = np.cumsum(weight * rows.label)[rows.ends]
    fp = np.cumsum(weight * (1 - rows.label))[rows.ends]
    if tp[-1] == 0 or fp[-1] == 0:
        return np.full(GRID.size, np.nan)
    curve = np.interp(GRID, np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1]))
    return np.asarray(curve, dtype=np.float64)


def pr_curve(sample: Sample, intervals: IntervalPlan) -> dict[str, Any]:
    """Return precision on a grid of recall with a pointwise band, and the prevalence."""
    rows = _rows(sample)
    draws = np.array([_precision(rows, w) for block in _blocks(sample, intervals) for w in block])
    low, high = _band(draws[:, 1:], intervals.level)
    precision = _precision(rows, np.ones(sample.n))
    return {
        "recall": GRID[1:].tolist(),
        "precision": precision[1:].tolist(),
        "low": low,
        "high": high,
        "prevalence": float(sample.label.mean()),
    }


def _precision(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the precision at the first threshold that reaches each recall."""
    tp = np.cumsum(weight * rows.label)[rows.ends]
    drawn = np.cumsum(weight)[rows.ends]
    if tp[-1] == 0:
        return np.full(GRID.size, np.nan)
    at = np.minimum(np.searchsorted(tp / tp[-1], GRID - 1e-12), tp.size - 1)
    share = np.divide(tp[at], drawn[at], out=np.full(GRID.size, np.nan), where=drawn[at] > 0)
    return np.asarray(share, dtype=np.float64)


def calibration_curve(sample: Sample, intervals: IntervalPlan) -> dict[str, Any]:
    """Return a smooth calibration curve with a band, ten groups with intervals, and a histogram.

    The curve is a logistic regression on a restricted cubic spline of the log-odds (Harrell
    2015, doi:10.1007/978-3-319-19425-7), its band pointwise Wald, robust by patient where patients
    have several rows; how often it holds the true risk is in docs/methods/calibration_error.md.
    """
    predicted, observed, low, high = spline_fit(sample, intervals.level)
    edges = np.linspace(0, 1, BINS + 1)
    return {
        "predicted": predicted.tolist(),
        "observed": observed.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "groups": _groups(sample, intervals.level),
        "histogram": {
            "edges": edges.tolist(),
            "negatives": np.histogram(sample.score[sample.label == 0], edges)[0].tolist(),
            "positives": np.histogram(sample.score[sample.label == 1], edges)[0].tolist(),
        },
    }


def _groups(sample: Sample, level: float) -> list[dict[str, float]]:
    order = np.argsort(sample.score, kind="stable")
    groups = []
    for rows in np.array_split(order, min(GROUPS, sample.n)):
        low, high = wilson(int(sample.label[rows].sum()), rows.size, level)
        groups.append(
            {
                "predicted": float(sample.score[rows].mean()),
                "observed": float(sample.label[rows].mean()),
                "low": low,
                "high": high,
                "n": int(rows.size),
            }
        )
    return groups


def decision_curve(sample: Sample, intervals: IntervalPlan) -> dict[str, Any]:
    """Return the net benefit at thresholds from 0.01 to 0.60 with a band, and of treating all.

    ``avoided`` is the net share of patients spared an intervention against treating all, with its
    band: how far the model's net benefit exceeds that of treating all, by the odds.
    """
    thresholds = np.linspace(0.01, 0.60, 60)
    rows = _rows(sample)
    pairs = [_net_benefits(rows, block, thresholds) for block in _blocks(sample, intervals)]
    draws, of_all = (np.concatenate(part) for part in zip(*pairs, strict=True))
    (benefit,), (treat_all,) = _net_benefits(rows, np.ones((1, sample.n)), thresholds)
    odds = thresholds / (1 - thresholds)
    low, high = _band(draws, intervals.level)
    fewest, most = _band((draws - of_all) / odds, intervals.level)
    return {
        "threshold": thresholds.tolist(),
        "net_benefit": benefit.tolist(),
        "low": low,
        "high": high,
        "treat_all": treat_all.tolist(),
        "avoided": ((benefit - treat_all) / odds).tolist(),
        "avoided_low": fewest,
        "avoided_high": most,
    }


def _net_benefits(
    rows: Sorted, weight: FloatArray, thresholds: Column
) -> tuple[FloatArray, FloatArray]:
    """Return the net benefit of the model and of treating all ``(resamples, thresholds)``."""
    alarms = np.searchsorted(-rows.score, -thresholds, side="right")
    tp = np.concatenate([np.zeros((weight.shape[0], 1)), np.cumsum(weight * rows.label, 1)], 1)
    every = np.concatenate([np.zeros((weight.shape[0], 1)), np.cumsum(weight, 1)], 1)
    fp = every[:, alarms] - tp[:, alarms]
    odds = thresholds / (1 - thresholds)
    of_model = (tp[:, alarms] - fp * odds) / every[:, -1:]
    share = tp[:, -1:] / every[:, -1:]
    return np.asarray(of_model), np.asarray(share - (1 - share) * odds)
