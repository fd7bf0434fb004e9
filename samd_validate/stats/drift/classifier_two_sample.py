"""Whether a classifier can tell the groups apart (classifier two-sample test)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.stats import norm, rankdata

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray
from samd_validate.stats.drift.groups import (
    ALPHA,
    POWER,
    Groups,
    Shift,
    ShiftFound,
    estimate_of,
)
from samd_validate.stats.intervals.delong import delong
from samd_validate.stats.intervals.from_draws import around
from samd_validate.stats.intervals.scales import SCALES

FOLDS = 5
SHARED_LEARNING = 1 + FOLDS / (FOLDS - 1)
"""How much more a cross-fitted mean varies than one of independent folds (Nadeau & Bengio)."""

PENALTY = 1.0
NEGLIGIBLE = 1e-9
Score: TypeAlias = Callable[[FloatArray], FloatArray]
"""From features to scores, higher for the other group."""
Fit: TypeAlias = Callable[[FloatArray, BoolArray], Score]
"""Learns from features and which rows are of the other group."""


@dataclass(frozen=True, kw_only=True)
class OutOfFold:
    """What a classifier said of rows it had not seen; scores compare within a fold alone."""

    score: FloatArray
    fold: IntArray


def classifier_two_sample(
    features: FloatArray,
    groups: Groups,
    seed: int,
    fit: Fit | None = None,
    level: float = 0.95,
    n_permutations: int = 199,
) -> ShiftFound:
    """Return how well a classifier tells the groups apart: the cross-fitted AUROC of the group.

    ``features (n, d)``; ``fit`` learns a classifier, a ridge regression of the group unless
    another is given. 0.5 means that it cannot tell, 1 that it always can; patients are never on
    both sides of a fold. Pairs are compared within each of five folds. Variance is DeLong's with
    patients as units, times 2.25: folds share what they learn from, and without this correction
    (Nadeau & Bengio 2003, doi:10.1023/A:1024068626366) chance is called a difference twice as
    often as the level says. The p-value is one-sided, as a classifier that sees nothing is not
    better than chance: for the ridge regression by permutation of patients within folds, which is
    exact, for another classifier from the corrected variance, which is too large rather than too
    small. Ref. Lopez-Paz & Oquab 2017, arXiv:1610.06545.

    Raises
    ------
    ValueError
        For features that are not one row per row of the groups.
    """
    if np.ndim(features) != 2 or len(features) != groups.n:  # noqa: PLR2004
        raise ValueError("features must have a row for each row of the groups")
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    found = _tested(out_of_fold(features, groups, seed, fit or ridge), groups, level)
    if fit is not None:
        return found
    permuted = permuted_aurocs(features, groups, seed, n_permutations)
    beyond = int(np.count_nonzero(permuted >= permuted[0] - NEGLIGIBLE))
    effect = replace(
        found.effect,
        p_value=beyond / permuted.size,
        method=f"{found.effect.method}; p by permutation of patients",
        n_resamples=n_permutations,
    )
    return replace(found, effect=effect)


def _tested(out: OutOfFold, groups: Groups, level: float) -> Shift:
    """Return the AUROC of out-of-fold scores with its corrected interval and p-value."""
    folds = [
        delong(groups.is_other[here].astype(np.int8), out.score[here], groups.patient[here])
        for here in (out.fold == number for number in range(FOLDS))
    ]
    weight = np.array([one.m * one.k for one in folds], dtype=np.float64)
    weight /= weight.sum()
    auroc = min(1.0, float(weight @ np.array([one.auroc for one in folds])))
    variance = float(weight**2 @ np.array([one.variance for one in folds]))
    by_chance = _error_by_chance(groups)
    if variance > 0 and 0 < auroc < 1:
        error = (SHARED_LEARNING * variance) ** 0.5
        limits = around(auroc, error, level, SCALES["log-odds"])
    else:
        error, limits = by_chance, _separated(auroc, groups, level)
    effect = estimate_of(
        auroc,
        limits,
        groups,
        level=level,
        method=f"DeLong, corrected for {FOLDS}-fold cross-fitting",
        p_value=float(norm.sf((auroc - 0.5) / error)),
    )
    quantiles = float(norm.isf(ALPHA) + norm.isf(1 - POWER))
    return Shift(effect=effect, detectable=min(1.0, 0.5 + quantiles * by_chance))


def _separated(auroc: float, groups: Groups, level: float) -> tuple[float, float]:
    """Return Clopper and Pearson's limits of as many pairs as patients, all in order or none."""
    end = float(((1 - level) / 2) ** (1 / min(groups.patients)))
    return (end, 1.0) if auroc > 0.5 else (0.0, 1 - end)  # noqa: PLR2004


def permuted_aurocs(
    features: FloatArray, groups: Groups, seed: int, n_permutations: int
) -> FloatArray:
    """Return the cross-fitted AUROC of the ridge regression ``(1 + permutations,)``.

    The first is as observed. Patients change sides within their fold alone, so that each fold
    keeps as many of each side; all permutations of a fold are one product.
    """
    fold = folds_of(groups, seed)
    labels = _labels_within(groups, fold, n_permutations, seed)
    in_order, pairs = np.zeros((2, 1 + n_permutations))
    for number in range(FOLDS):
        here = fold == number
        side = labels[here].astype(np.float64)
        said = ridge(features[~here], labels[~here])(features[here])
        m = side.sum(axis=0)
        in_order += np.einsum("ij,ij->j", rankdata(said, axis=0), side) - m * (m + 1) / 2
        pairs += m * (len(side) - m)
    return np.asarray(in_order / pairs)


def _labels_within(groups: Groups, fold: IntArray, n_permutations: int, seed: int) -> BoolArray:
    """Return the side of each row ``(n, 1 + permutations)``, patients permuted within folds."""
    patients, first = np.unique(groups.patient, return_index=True)
    labels = np.repeat(groups.is_other[first, None], 1 + n_permutations, axis=1)
    generator = np.random.Generator(np.random.Philox(seed))
    for number in range(FOLDS):
        rows = np.flatnonzero(fold[first] == number)
        side = labels[rows, 0]
        for column in range(1, 1 + n_permutations):
            labels[rows, column] = generator.permutation(side)
    return np.asarray(labels[np.searchsorted(patients, groups.patient)])


def _error_by_chance(groups: Groups) -> float:
    """Return the standard error of the AUROC of scores without meaning, patients as units."""
    n, m = groups.patients
    return float((SHARED_LEARNING * (n + m + 1) / (12 * n * m)) ** 0.5)


def out_of_fold(features: FloatArray, groups: Groups, seed: int, fit: Fit) -> OutOfFold:
    """Return what a classifier says of each row when it has learned from the other folds."""
    fold = folds_of(groups, seed)
    score = np.empty(groups.n)
    for number in range(FOLDS):
        here = fold == number
        score[here] = fit(features[~here], groups.is_other[~here])(features[here])
    return OutOfFold(score=score, fold=fold)


def folds_of(groups: Groups, seed: int) -> IntArray:
    """Return a fold for each row; patients of each group are dealt out evenly."""
    generator = np.random.Generator(np.random.Philox(seed))
    fold = np.empty(int(groups.patient.max()) + 1, dtype=np.int64)
    for side in (groups.is_other, ~groups.is_other):
        patients = generator.permutation(np.unique(groups.patient[side]))
        fold[patients] = np.arange(patients.size) % FOLDS
    return np.asarray(fold[groups.patient])


def ridge(features: FloatArray, is_other: BoolArray) -> Score:
    """Learn a linear score: ridge regression of the group on standardised features.

    ``is_other`` may have several columns; scores then have as many.
    """
    centre = features.mean(axis=0)
    weight = (ridge_weights(features, is_other).T / _spread(features)).T
    return lambda rows: np.asarray((rows - centre) @ weight)


def ridge_weights(features: FloatArray, is_other: BoolArray) -> FloatArray:
    """Return the coefficients ``(d,)``, or ``(d, columns)``, of the standardised features."""
    scaled = (features - features.mean(axis=0)) / _spread(features)
    target: Column = is_other - is_other.mean(axis=0)
    gram = scaled.T @ scaled + PENALTY * np.eye(scaled.shape[1])
    return np.asarray(np.linalg.solve(gram, scaled.T @ target))


def _spread(features: FloatArray) -> FloatArray:
    spread = features.std(axis=0)
    return np.asarray(np.where(spread > 0, spread, 1.0))
