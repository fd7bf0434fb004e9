"""What people use today, each at its best: one pass over all measures where it can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import numpy as np

from bootstrap_benchmark.cohort import Rows
from samd_validate.core.arrays import Column, FloatArray

Metric = Callable[[Column, Column], float]
INDICES_AT_ONCE = 2_000_000
"""Indices SciPy may hold at once; by its default it holds all, gigabytes of them."""


def is_installed(name: str) -> bool:
    """Tell whether a package can be imported."""
    return find_spec(name) is not None


def metrics(threshold: float) -> dict[str, Metric]:
    """Return the five measures by scikit-learn, in the order of ours."""
    from sklearn.metrics import (
        average_precision_score,
        brier_score_loss,
        recall_score,
        roc_auc_score,
    )

    def sensitivity(label: Column, score: Column) -> float:
        return float(recall_score(label, np.asarray(score) >= threshold))

    def specificity(label: Column, score: Column) -> float:
        return float(recall_score(label, np.asarray(score) >= threshold, pos_label=0))

    return {
        "auroc": roc_auc_score,
        "auprc": average_precision_score,
        "brier": brier_score_loss,
        "sensitivity": sensitivity,
        "specificity": specificity,
    }


def all_five(threshold: float) -> Callable[[Column, Column], FloatArray]:
    """Return the statistic ``(5,)`` of labels and scores."""
    chosen = tuple(metrics(threshold).values())
    return lambda label, score: np.array([one(label, score) for one in chosen])


def loop(rows: Rows, n_resamples: int) -> FloatArray:
    """Return low and high ``(2, 5)`` from a loop over scikit-learn's metrics."""
    generator, statistic = np.random.default_rng(1), all_five(rows.threshold)
    draws = np.empty((n_resamples, 5))
    for number in range(n_resamples):
        drawn = generator.integers(0, rows.n, rows.n)
        draws[number] = statistic(rows.label[drawn], rows.score[drawn])
    return np.quantile(draws, (0.025, 0.975), axis=0)


def scipy_bootstrap(rows: Rows, n_resamples: int, method: str) -> FloatArray:
    """Return low and high ``(2, 5)`` from ``scipy.stats.bootstrap``, all measures in one pass."""
    from scipy.stats import bootstrap

    found = bootstrap(
        (rows.label, rows.score),
        all_five(rows.threshold),
        paired=True,
        vectorized=False,
        n_resamples=n_resamples,
        batch=max(1, INDICES_AT_ONCE // rows.n),
        method={"percentile": "percentile", "bca": "BCa"}[method],
        rng=np.random.default_rng(1),
    )
    return np.array([found.confidence_interval.low, found.confidence_interval.high])


def confidenceinterval_bootstrap(rows: Rows, n_resamples: int, method: str) -> FloatArray:
    """Return low and high ``(2, 5)`` from ``confidenceinterval``, a call for each measure."""
    from confidenceinterval.bootstrap import bootstrap_ci

    found = [
        bootstrap_ci(
            rows.label,
            rows.score,
            metric,
            n_resamples=n_resamples,
            method=f"bootstrap_{method}",
            random_state=np.random.default_rng(1),
        )[1]
        for metric in metrics(rows.threshold).values()
    ]
    return np.array(found).T


def leave_out(rows: Rows, times: int) -> None:
    """Compute the five measures without each of the first ``times`` rows, as a jackknife does."""
    statistic = all_five(rows.threshold)
    for number in range(times):
        kept = np.delete(np.arange(rows.n), number)
        statistic(rows.label[kept], rows.score[kept])


def fairlearn_groups(rows: Rows, group: Column, n_resamples: int) -> FloatArray:
    """Return low and high ``(2, groups, 4)`` from fairlearn's ``MetricFrame``."""
    from fairlearn.metrics import MetricFrame

    five = metrics(rows.threshold)
    frame = MetricFrame(
        metrics={name: five[name] for name in ("auroc", "auprc", "brier", "sensitivity")},
        y_true=rows.label,
        y_pred=rows.score,
        sensitive_features=group,
        n_boot=n_resamples,
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )
    return np.array([one.to_numpy(float) for one in frame.by_group_ci])


Peer = Callable[[Rows, int], FloatArray]
LOOP = "scikit-learn loop"
SCIPY = "scipy.stats.bootstrap"
CONFIDENCEINTERVAL = "confidenceinterval"
PACKAGE = {LOOP: "sklearn", SCIPY: "scipy", CONFIDENCEINTERVAL: "confidenceinterval"}
WAYS: dict[tuple[str, str], Peer] = {
    (LOOP, "percentile"): loop,
    (SCIPY, "percentile"): partial(scipy_bootstrap, method="percentile"),
    (SCIPY, "bca"): partial(scipy_bootstrap, method="bca"),
    (CONFIDENCEINTERVAL, "percentile"): partial(confidenceinterval_bootstrap, method="percentile"),
    (CONFIDENCEINTERVAL, "bca"): partial(confidenceinterval_bootstrap, method="bca"),
}
