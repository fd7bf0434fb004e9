"""Sites side by side and pooled; every site left out in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hospitals import several_sites

from samd_validate.checks._common import sample_of
from samd_validate.checks.internal_external import InternalExternalParams, internal_external
from samd_validate.checks.site_heterogeneity import SiteHeterogeneityParams, site_heterogeneity
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.stats.comparison.heterogeneity import Pooled, Pooling, pool_estimates
from samd_validate.stats.engine import estimate

SITES = {"north": 1.0, "south": 1.0, "west": 1.0, "east": 0.2, "coast": 1.0}
AUROC = SiteHeterogeneityParams(measures=("auroc",))


def by_key(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def test_one_site_is_not_pooled_and_says_so() -> None:
    inputs = several_sites(1, {"north": 1.0})
    found = by_key(site_heterogeneity.run("s", inputs, AUROC))
    one = found[("auroc_site_mean", "all")]
    assert isinstance(one, NotEstimable)
    assert one.code == "few_sites"
    assert isinstance(found[("auroc", "site=north")], Estimate)


def test_small_site_is_a_row_and_named_in_the_mean() -> None:
    inputs = several_sites(2, SITES)
    (population,) = inputs.populations
    kept = (population.cohort.site != "coast") | (np.arange(population.cohort.size) % 20 == 0)
    fewer = replace(population, cohort=population.cohort.take(kept), score=population.score[kept])
    found = by_key(site_heterogeneity.run("s", replace(inputs, populations=(fewer,)), AUROC))
    assert isinstance(found[("auroc", "site=coast")], NotEstimable)
    mean = found[("auroc_site_mean", "all")]
    assert isinstance(mean, Estimate)
    assert "left out coast" in mean.note


def test_pooled_sites_are_those_of_the_statistics() -> None:
    inputs = several_sites(3, SITES)
    (population,) = inputs.populations
    sample = sample_of(population)
    sites = {
        name: estimate(("auroc",), sample.take(population.cohort.site == name), inputs.intervals)[
            "auroc"
        ]
        for name in sorted(SITES)
    }
    pooled = pool_estimates(sites, Pooling(scale="log-odds"))
    assert isinstance(pooled, Pooled)
    found = by_key(site_heterogeneity.run("s", inputs, AUROC))
    assert found[("auroc_site_mean", "all")] == pooled.mean
    assert found[("auroc_further_site", "all")] == pooled.prediction


@pytest.mark.requirement("REQ-GENERALISATION")
def test_site_that_differs_widens_the_range_of_a_further_site() -> None:
    odd = by_key(site_heterogeneity.run("s", several_sites(4, SITES), AUROC))
    alike = dict.fromkeys(SITES, 1.0)
    even = by_key(site_heterogeneity.run("s", several_sites(4, alike), AUROC))
    widths, shares = [], []
    for found in (odd, even):
        further, share = found[("auroc_further_site", "all")], found[("auroc_site_i2", "all")]
        assert isinstance(further, Estimate)
        assert isinstance(share, Estimate)
        widths.append(further.high - further.low)
        shares.append(share.value)
    assert widths[0] > 2 * widths[1]
    assert shares[0] > 0.5


def test_every_site_is_scored_by_a_device_that_has_not_learned_from_it() -> None:
    inputs = several_sites(5, SITES)
    params = InternalExternalParams(measures=("auroc",))
    found = by_key(internal_external.run("i", inputs, params))
    sites = {subset for measure, subset in found if measure == "auroc"}
    assert sites == {f"site={name}" for name in SITES}
    north = found[("auroc", "site=north")]
    assert isinstance(north, Estimate)
    assert north.n == 600 + 200 + 400


def test_device_that_cannot_be_fitted_again_has_a_reason() -> None:
    inputs = replace(several_sites(6, SITES), refit=None)
    (one,) = internal_external.run(
        "i", inputs, InternalExternalParams(measures=("auroc",))
    ).findings
    assert isinstance(one.measurement, NotEstimable)
    assert "cannot be fitted again" in one.measurement.reason


def test_fit_that_fails_is_a_reason_at_each_site() -> None:
    params = InternalExternalParams(measures=("auroc",), changed={"wrong": 1})
    found = by_key(internal_external.run("i", several_sites(7, SITES), params))
    one = found[("auroc", "site=east")]
    assert isinstance(one, NotEstimable)
    assert one.reason == "fitting without the site failed: wrong: no such hyper-parameter"


def test_smaller_sites_beyond_the_limit_are_counted_in_a_note() -> None:
    params = InternalExternalParams(measures=("auroc",), most_sites=2)
    output = internal_external.run("i", several_sites(8, SITES), params)
    assert output.notes == ("3 smaller sites were not left out (most_sites).",)
