"""Prediction sets hold the outcome at the stated rate; deferral keeps its bound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from samd_validate.stats.conformal.defer import certainty, smallest_share
from samd_validate.stats.conformal.split import Conformal, conformal
from samd_validate.stats.sample import Sample


def drawn(seed: int, n: int = 400, rows: int = 1) -> Sample:
    """Draw patients with ``rows`` rows each that share their risk; events are rare."""
    rng = np.random.default_rng(seed)
    risk = np.repeat(expit(-2.2 + 1.3 * rng.standard_normal(n)), rows)
    label = (rng.random(risk.size) < risk).astype(np.int8)
    score = expit(np.log(risk / (1 - risk)) * 0.7 - 0.3)  # miscalibrated: sets must not mind
    return Sample(
        label=label,
        score=score,
        cluster=np.repeat(np.arange(n), rows) if rows > 1 else None,
        threshold=0.2,
    )


def covered(limits: Conformal, sample: Sample, rows: np.ndarray) -> np.ndarray:
    sets = limits.sets(sample.score)
    return sets[np.arange(sample.n), sample.label][rows]


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_error_that_is_none_is_refused(error: float) -> None:
    with pytest.raises(ValueError, match="error must"):
        conformal(drawn(1), error, 1, is_by_outcome=True)


def test_score_that_is_no_probability_is_refused() -> None:
    sample = Sample(label=np.array([0, 1]), score=np.array([0.1, 1.4]))
    with pytest.raises(ValueError, match="score must"):
        conformal(sample, 0.1, 1, is_by_outcome=True)


def test_too_few_events_to_learn_from_put_the_event_into_every_set() -> None:
    sample = Sample(label=np.array([0] * 60 + [1] * 3), score=np.linspace(0, 0.9, 63))
    limits = conformal(sample, 0.1, 1, is_by_outcome=True)
    assert limits.with_event == np.inf
    assert limits.sets(np.array([0.0, 1.0]))[:, 1].all()


@pytest.mark.parametrize("rows", [1, 3])
def test_coverage_of_new_patients_is_that_asked_for(rows: int) -> None:
    shares = []
    for seed in range(150):
        limits = conformal(drawn(seed, rows=rows), 0.1, seed, is_by_outcome=False)
        new = drawn(10_000 + seed, n=300, rows=rows)
        shares.append(covered(limits, new, np.ones(new.n, dtype=bool)).mean())
    assert 0.895 < np.mean(shares) < 0.92


def test_coverage_holds_among_events_and_non_events_apart() -> None:
    for outcome in (0, 1):
        shares, plain = [], []
        for seed in range(200):
            sample, new = drawn(seed), drawn(20_000 + seed, n=600)
            rows = new.label == outcome
            one = conformal(sample, 0.1, seed, is_by_outcome=True)
            shares.append(covered(one, new, rows).mean())
            together = conformal(sample, 0.1, seed, is_by_outcome=False)
            plain.append(covered(together, new, rows).mean())
        assert np.mean(shares) > 0.89
        if outcome == 1:
            assert np.mean(plain) < 0.5  # without it nearly every event is missed


def test_limits_do_not_move_with_the_order_of_the_rows() -> None:
    sample = drawn(3)
    order = np.random.default_rng(1).permutation(sample.n)
    other = Sample(label=sample.label[order], score=sample.score[order])
    assert conformal(sample, 0.1, 1, is_by_outcome=True) == conformal(
        other, 0.1, 1, is_by_outcome=True
    )


def test_certainty_is_smallest_at_the_threshold_and_finite_at_the_ends() -> None:
    sure = certainty(np.array([0.0, 0.2, 0.5, 1.0]), 0.2)
    assert sure[1] == 0
    assert np.isfinite(sure).all()
    assert sure[0] > sure[2]


def test_share_is_the_smallest_that_keeps_the_bound() -> None:
    sample = drawn(4, n=3000)
    found = smallest_share(sample, "sensitivity", 0.85)
    assert found is not None
    share, cut = found
    sure = certainty(sample.score, 0.2)

    def sensitivity(at: float) -> float:
        kept = sure >= (np.quantile(sure, at) if at else 0)
        event = kept & (sample.label == 1)
        return float((sample.score[event] >= 0.2).mean())

    assert sensitivity(share) >= 0.85
    assert all(sensitivity(one) < 0.85 for one in np.arange(0, share - 0.005, 0.01))
    assert cut == np.quantile(sure, share)


def test_no_share_is_found_for_a_bound_that_no_certainty_keeps() -> None:
    rng = np.random.default_rng(5)
    score = rng.uniform(size=500)
    label = (rng.random(500) < 0.3).astype(int)  # the score tells nothing
    assert smallest_share(Sample(label=label, score=score, threshold=0.5), "ppv", 0.9) is None


def test_sample_without_a_threshold_is_refused() -> None:
    sample = Sample(label=np.array([0, 1]), score=np.array([0.1, 0.4]))
    with pytest.raises(ValueError, match="threshold"):
        smallest_share(sample, "sensitivity", 0.9)
