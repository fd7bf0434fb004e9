"""Split conformal prediction of a binary outcome, for all together or for each outcome apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.stats.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Conformal:
    """How strange an outcome may be and still be in the set: limits of 1 - P(outcome).

    ``without`` is that of no event, ``with_event`` that of an event; infinite where there were too
    few to learn from, so that the outcome is in every set. ``n`` counts those learned from.
    """

    without: float
    with_event: float
    n: tuple[int, int]

    def sets(self, score: FloatArray) -> BoolArray:
        """Return which outcomes are in the set of each score: ``(n, 2)``, no event and event.

        >>> one = Conformal(without=0.3, with_event=0.6, n=(9, 9))
        >>> one.sets(np.array([0.1, 0.5, 0.35])).tolist()
        [[True, False], [False, True], [False, False]]
        """
        return np.stack([score <= self.without, 1 - score <= self.with_event], axis=1)


def conformal(sample: Sample, error: float, seed: int, *, is_by_outcome: bool) -> Conformal:
    """Return the limits that make sets miss the outcome of a new patient at most at ``error``.

    One row of each patient is drawn, so that patients are exchangeable; a set then holds the
    outcome of a row of a new patient, drawn likewise, with a chance of at least ``1 - error``
    (Vovk, Gammerman & Shafer 2005; Lei et al. 2018, doi:10.1080/01621459.2017.1307116). With
    ``is_by_outcome`` that holds among events and among non-events each (Vovk 2012, PMLR 25),
    which for a rare event is what matters: without it sets may miss every event.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.uniform(size=2000)
    >>> sample = Sample(label=(rng.random(2000) < score).astype(int), score=score)
    >>> limits = conformal(sample, 0.1, seed=1, is_by_outcome=False)
    >>> label = (rng.random(2000) < score).astype(int)
    >>> bool(limits.sets(score)[np.arange(2000), label].mean() > 0.87)
    True

    Raises
    ------
    ValueError
        For an error outside (0, 1), or scores that are no probabilities.
    """
    if not 0 < error < 1:
        raise ValueError("error must lie between 0 and 1")
    if not ((sample.score >= 0) & (sample.score <= 1)).all():
        raise ValueError("score must lie in [0, 1]")
    rows = _one_a_patient(sample, seed)
    label, score = sample.label[rows], sample.score[rows]
    strange = np.where(label == 1, 1 - score, score)
    n = int((label == 0).sum()), int((label == 1).sum())
    if not is_by_outcome:
        limit = _limit(strange, error)
        return Conformal(without=limit, with_event=limit, n=n)
    without, with_event = (_limit(strange[label == outcome], error) for outcome in (0, 1))
    return Conformal(without=without, with_event=with_event, n=n)


def _one_a_patient(sample: Sample, seed: int) -> FloatArray:
    order = np.random.default_rng([seed, sample.n]).permutation(sample.n)
    return np.asarray(order[np.unique(sample.codes[order], return_index=True)[1]])


def _limit(strange: FloatArray, error: float) -> float:
    rank = ceil((strange.size + 1) * (1 - error) - 1e-9)
    return float(np.sort(strange)[rank - 1]) if rank <= strange.size else inf
