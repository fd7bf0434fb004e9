"""By how much the risk of many groups is misjudged against the rest, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
from samd_validate.stats.sample import Sample

CLIP = 1e-12
STEPS = 50
TOLERANCE = 1e-10
MOST_CELLS = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Score tests of groups ``(groups,)``: z, and the one-step shift in log-odds against the rest.

    Above 0 the group has more events than predicted, relative to the others.
    """

    z: FloatArray
    log_odds: FloatArray


def shifts(sample: Sample, masks: BoolArray) -> Shift:
    """Return for each group (rows of ``masks (groups, n)``) whether its risk is misjudged.

    The model is logit P(event) = logit(score) + a + g [in the group]; the score statistic for
    g = 0 is the sum of the group's residuals after ``a`` was fitted to all, with a variance from
    sums over patients, so that several rows of a patient count as they should (Rao 1948; robust
    form: Boos 1992, doi:10.1080/00031305.1992.10475921). A group of nobody, or of all, has z = 0.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.uniform(0.1, 0.4, 2000)
    >>> group = rng.random(2000) < 0.3
    >>> label = (rng.random(2000) < np.where(group, 0.5, score)).astype(int)
    >>> found = shifts(Sample(label=label, score=score), group[None])
    >>> bool(found.z[0] > 5)
    True

    Raises
    ------
    ValueError
        If scores are no risks, labels are of one class, or masks do not fit.
    """
    if masks.ndim != 2 or masks.shape[1] != sample.n:  # noqa: PLR2004
        raise ValueError("masks must have a row per group and a column per row of the sample")
    if sample.n_events in (0, sample.n):
        raise ValueError("label must have both classes")
    if not ((sample.score >= 0) & (sample.score <= 1)).all():
        raise ValueError("score must lie in [0, 1]")
    risk = _recalibrated(sample)
    order = np.argsort(sample.codes, kind="stable")
    starts = np.flatnonzero(np.diff(sample.codes[order], prepend=-1)).astype(np.int64)
    residual, weight = (sample.label - risk)[order], (risk * (1 - risk))[order]
    step = max(1, MOST_CELLS // sample.n)
    parts = [
        _of_groups(masks[first : first + step][:, order], residual, weight, starts)
        for first in range(0, len(masks), step)
    ]
    z, log_odds = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Shift(z=z, log_odds=log_odds)


def _of_groups(
    masks: BoolArray, residual: FloatArray, weight: FloatArray, starts: IntArray
) -> tuple[FloatArray, FloatArray]:
    share = (masks @ weight) / weight.sum()
    influence = np.add.reduceat(residual * (masks - share[:, None]), starts, axis=1)
    total, variance = influence.sum(axis=1), (influence**2).sum(axis=1)
    information = weight.sum() * share * (1 - share)
    is_told = (variance > 0) & (information > 0)
    z = np.divide(total, np.sqrt(variance), out=np.zeros_like(total), where=is_told)
    return z, np.divide(total, information, out=np.zeros_like(total), where=is_told)


def _recalibrated(sample: Sample) -> FloatArray:
    """Return risks whose mean is the share of events: an intercept fitted by Newton's method."""
    offset = logit(np.clip(sample.score, CLIP, 1 - CLIP))
    shift = 0.0
    for _ in range(STEPS):
        risk = expit(offset + shift)
        step = (sample.label - risk).sum() / (risk * (1 - risk)).sum()
        shift += float(np.clip(step, -2, 2))
        if abs(step) < TOLERANCE:
            break
    return np.asarray(expit(offset + shift))
