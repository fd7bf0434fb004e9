"""Recalibration by site, residuals by score, and the parts of a change of the AUROC."""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.drift.case_mix import Decomposed, decomposed, model_based_auroc
from samd_validate.stats.drift.groups import Groups
from samd_validate.stats.drift.recalibration import Residuals, SiteTerms, residuals, site_terms

pytestmark = pytest.mark.requirement("REQ-MONITORING")
World = tuple[np.ndarray, np.ndarray, Groups]


def world(
    seed: int,
    *,
    n: int = 800,
    spread: float = 1,
    intercept: float = 0,
    slope: float = 1,
    rows: int = 1,
) -> World:
    """Return outcomes and scores that are right here; elsewhere as told."""
    generator = np.random.default_rng(seed)
    labels, scores = [], []
    for is_there in (False, True):
        x = generator.standard_normal(n) * (spread if is_there else 1)
        noise = generator.random(n)
        x, noise = np.repeat(x, rows), np.repeat(noise, rows)
        eta = -1 + 1.5 * x
        true = intercept + slope * eta if is_there else eta
        labels.append(noise < 1 / (1 + np.exp(-true)))
        scores.append(1 / (1 + np.exp(-eta)))
    patient = np.repeat(np.arange(2 * n), rows)
    groups = Groups(is_other=patient >= n, patient=patient)
    return np.concatenate(labels).astype(int), np.concatenate(scores), groups


def terms(found: SiteTerms | NotEstimable) -> SiteTerms:
    assert isinstance(found, SiteTerms)
    return found


def parts(found: Decomposed | NotEstimable) -> Decomposed:
    assert isinstance(found, Decomposed)
    return found


@pytest.mark.parametrize("test", [site_terms, residuals])
def test_labels_that_are_none_are_refused(test) -> None:  # type: ignore[no-untyped-def]
    _, score, groups = world(1, n=50)
    with pytest.raises(ValueError, match="0 or 1"):
        test(np.full(100, 2), score, groups)


def test_one_outcome_gives_no_number() -> None:
    _, score, groups = world(1, n=50)
    label = np.zeros(100, int)
    found = (
        site_terms(label, score, groups),
        residuals(label, score, groups),
        decomposed(label, score, groups, n_resamples=9, seed=1),
    )
    assert [one.code for one in found if isinstance(one, NotEstimable)] == ["too_few_events"] * 3


def test_scores_that_separate_the_outcomes_give_no_number() -> None:
    _, score, groups = world(1, n=100)
    label = (score > 0.3).astype(int)
    for found in (
        site_terms(label, score, groups),
        decomposed(label, score, groups, n_resamples=9, seed=1),
    ):
        assert isinstance(found, NotEstimable)
        assert found.code == "separated"


def test_scores_all_alike_give_no_number() -> None:
    label, score, groups = world(1, n=100)
    found = site_terms(label, np.full(score.size, 0.3), groups)
    assert isinstance(found, NotEstimable)


def test_terms_and_likelihood_ratios_are_those_of_statsmodels() -> None:
    import statsmodels.api as sm

    label, score, groups = world(2, n=300, intercept=0.3, slope=0.8)
    x, other = np.log(score / (1 - score)), groups.is_other.astype(float)
    columns = np.stack([np.ones(x.size), x, other, x * other], axis=1)
    plain, shifted, both = (sm.Logit(label, columns[:, :k]).fit(disp=0) for k in (2, 3, 4))
    found = terms(site_terms(label, score, groups))
    assert found.intercept.value == pytest.approx(shifted.params[2], rel=1e-6)
    low, high = shifted.conf_int()[2]
    assert (found.intercept.low, found.intercept.high) == pytest.approx((low, high), rel=1e-5)
    assert found.slope.value == pytest.approx(both.params[3], rel=1e-6)
    from scipy.stats import chi2

    assert found.slope.p_value == pytest.approx(chi2.sf(2 * (both.llf - shifted.llf), 1), rel=1e-5)
    assert found.p_value == pytest.approx(chi2.sf(2 * (both.llf - plain.llf), 2), rel=1e-5)


def test_clustered_terms_are_those_of_statsmodels() -> None:
    import statsmodels.api as sm

    label, score, groups = world(3, n=150, intercept=0.5, rows=2)
    label = np.where(np.arange(label.size) % 7 == 0, 1 - label, label)
    x, other = np.log(score / (1 - score)), groups.is_other.astype(float)
    columns = np.stack([np.ones(x.size), x, other], axis=1)
    oracle = sm.GLM(label, columns, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups.patient, "use_correction": False}
    )
    found = terms(site_terms(label, score, groups))
    half = (found.intercept.high - found.intercept.low) / 2
    patients = 300
    expected = 1.959964 * oracle.bse[2] * (patients / (patients - 1)) ** 0.5
    assert half == pytest.approx(expected, rel=1e-4)


def test_rows_that_repeat_their_patient_tell_nothing_more() -> None:
    once, twice = (
        terms(site_terms(*world(4, n=400, intercept=0.4, rows=rows))).intercept for rows in (1, 3)
    )
    assert twice.value == pytest.approx(once.value, rel=1e-6)
    assert twice.high - twice.low == pytest.approx(once.high - once.low, rel=0.1)


def test_planted_intercept_and_slope_are_found() -> None:
    found = terms(site_terms(*world(5, n=2000, intercept=0.7)))
    assert found.intercept.low < 0.7 < found.intercept.high
    assert found.p_value < 1e-6
    bent = terms(site_terms(*world(5, n=2000, slope=0.6)))
    assert bent.slope.low < -0.4 < bent.slope.high
    assert float(bent.slope.p_value or 0) < 1e-6


def test_residuals_see_a_bend_that_intercept_and_slope_do_not() -> None:
    generator = np.random.default_rng(6)
    n = 3000
    score = np.tile(generator.uniform(0.1, 0.9, n), 2)
    groups = Groups(is_other=np.arange(2 * n) >= n, patient=np.arange(2 * n))
    bend = np.where(groups.is_other, 0.15 * np.cos(2 * np.pi * (score - 0.1) / 0.8), 0)
    label = (generator.random(2 * n) < score + bend * 0.6).astype(int)
    found = residuals(label, score, groups)
    assert isinstance(found, Residuals)
    assert found.p_value < 1e-3
    assert terms(site_terms(label, score, groups)).p_value > 0.01
    first = found.bins[0].difference
    assert isinstance(first, Estimate)
    assert first.value > 0


def test_tests_keep_their_level_with_several_rows_a_patient() -> None:
    p_values = []
    for seed in range(150):
        label, score, groups = world(100 + seed, n=150, rows=2)
        bent = residuals(label, score, groups, bins=5)
        assert isinstance(bent, Residuals)
        p_values.append((terms(site_terms(label, score, groups)).p_value, bent.p_value))
    assert (np.array(p_values) < 0.05).mean(axis=0).max() < 0.05 + 3.3 * (0.05 * 0.95 / 150) ** 0.5


def test_model_based_auroc_is_that_of_all_pairs() -> None:
    p = np.round(np.random.default_rng(7).random(40), 1).clip(0.05, 0.95)
    top = bottom = 0.0
    for i in range(40):
        for j in range(40):
            if i != j:
                pair = p[i] * (1 - p[j])
                bottom += pair
                top += pair * ((p[i] > p[j]) + 0.5 * (p[i] == p[j]))
    assert model_based_auroc(p) == pytest.approx(top / bottom)


def test_model_based_auroc_of_scores_without_a_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="no pair"):
        model_based_auroc(np.zeros(5))


@pytest.mark.parametrize(
    ("changed", "part"), [({"spread": 0.5}, "case_mix"), ({"slope": 0.5}, "calibration")]
)
def test_change_is_laid_to_what_was_changed(changed: dict[str, float], part: str) -> None:
    found = parts(decomposed(*world(8, n=1500, **changed), n_resamples=200, seed=1))  # type: ignore[arg-type]
    whole = found.case_mix.value + found.calibration.value + found.ranking.value
    assert whole == pytest.approx(found.change.value)
    assert getattr(found, part).high < -0.03
    for other in {"case_mix", "calibration", "ranking"} - {part}:
        assert abs(getattr(found, other).value) < 0.04


def test_same_seed_gives_the_same_parts() -> None:
    one, other = (decomposed(*world(9, n=200), n_resamples=50, seed=4) for _ in range(2))
    assert one == other
