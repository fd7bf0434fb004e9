"""All columns at once: discrepancy, a classifier of the group, and what it looks at."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from samd_validate.checks.drift.columns import Joint
from samd_validate.checks.drift.one_by_one import told
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.seeds import step_seed
from samd_validate.stats.drift.classifier_two_sample import (
    Fit,
    Score,
    classifier_two_sample,
    ridge_weights,
)
from samd_validate.stats.drift.groups import Groups, Labels
from samd_validate.stats.drift.mean_discrepancy import mean_discrepancy
from samd_validate.stats.intervals.proportions import clopper_pearson

TREES = 60
LEAVES = 8
SMALLEST_LEAF = 20
FEATURE_SHARE = 0.3
"""A split chooses from so many features, so that one that tells all does not hide the others."""

EXPLAINED_ROWS = 1000
BOOSTING, LINEAR = "boosting", "linear"


def discrepancies(
    features: FloatArray, groups: Groups, labels: Labels, level: float
) -> dict[str, Measurement]:
    """Return the squared discrepancy, and its p-value as a number that a criterion can read."""
    found = mean_discrepancy(features, groups, labels, level)
    if isinstance(found, NotEstimable):
        return {"mmd": found, "mmd_p_value": found}
    return {"mmd": told(found), "mmd_p_value": _as_measure(found.effect)}


def _as_measure(effect: Estimate) -> Estimate:
    """Return a p-value with the interval that the number of permutations leaves it."""
    p_value, permutations = float(effect.p_value or 0), effect.n_resamples
    beyond = round(p_value * (permutations + 1)) - 1
    low, high = clopper_pearson(beyond, permutations, effect.level)
    return replace(
        effect,
        value=p_value,
        low=min(low, p_value),
        high=max(high, p_value),
        p_value=None,
        method="permutation of patients, Clopper-Pearson over permutations",
        note="",
    )


def told_apart(
    features: FloatArray, groups: Groups, kind: str, seed: int, level: float
) -> Measurement:
    """Return the cross-fitted AUROC of a classifier of the group."""
    fit = boosting(step_seed(seed, "trees") % 2**31) if kind == BOOSTING else None
    return told(classifier_two_sample(features, groups, seed, fit, level))


def boosting(seed: int) -> Fit:
    """Return how to learn boosted trees of the group; missing values have a branch."""

    def fit(features: FloatArray, is_other: BoolArray) -> Score:
        model = _trees(features, is_other, seed)

        def score(rows: FloatArray) -> FloatArray:
            with threadpool_limits(1):
                return np.asarray(model.decision_function(rows))

        return score

    return fit


def _trees(features: FloatArray, is_other: BoolArray, seed: int) -> Any:
    """Return fitted trees, by one thread: threads wait longer than small groups take."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    with threadpool_limits(1):
        return HistGradientBoostingClassifier(
            max_iter=TREES,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=SMALLEST_LEAF,
            max_features=FEATURE_SHARE,
            early_stopping=False,
            random_state=seed,
        ).fit(features, is_other.astype(np.int8))


def most_shifted(
    features: Joint, groups: Groups, kind: str, seed: int
) -> tuple[Mapping[str, float], str]:
    """Return how much each variable moves the classifier, as shares of all, the largest first.

    And the words for how: mean absolute SHAP values of the trees (exact, by the paths of the
    trees), or the absolute coefficients of the ridge regression where it is asked for or SHAP is
    not installed.
    """
    if kind == BOOSTING and find_spec("shap") is not None:
        moved = _shap(features.values, groups, step_seed(seed, "trees") % 2**31)
        words = "mean absolute SHAP value"
    else:
        moved = np.abs(ridge_weights(np.nan_to_num(features.values), groups.is_other))
        words = "absolute coefficient"
    total = float(moved.sum()) or 1.0
    share: dict[str, float] = {}
    for name, value in zip(features.owner, moved.tolist(), strict=True):
        share[name] = share.get(name, 0.0) + value / total
    return dict(sorted(share.items(), key=lambda one: (-one[1], one[0]))), words


def _shap(features: FloatArray, groups: Groups, seed: int) -> FloatArray:
    with warnings.catch_warnings():  # its colour maps use what matplotlib will give up
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        from shap import TreeExplainer
    model = _trees(features, groups.is_other, seed)
    rows = np.unique(np.linspace(0, groups.n - 1, EXPLAINED_ROWS).round().astype(np.int64))
    return np.asarray(np.abs(TreeExplainer(model).shap_values(features[rows])).mean(axis=0))
