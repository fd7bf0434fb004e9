"""How much performance differs between the sites of a population, beyond chance."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, sample_of
from samd_validate.checks.groups.needed import LargeEnough, estimates_by_group
from samd_validate.checks.pooled.over_sites import (
    ALLOWED,
    NAMES,
    pooled_findings,
    sites_forest,
)
from samd_validate.core.estimate import Measurement
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check


class SiteHeterogeneityParams(Params):
    """Which measures, and how large a site must be to be looked at by itself."""

    measures: tuple[str, ...] = ("auroc", "observed_expected_ratio")
    min_units: int = Field(default=50, ge=2)
    min_events: int = Field(default=10, ge=1)


@check(
    "site_heterogeneity",
    version=1,
    params=SiteHeterogeneityParams,
    measures=(*ALLOWED, *NAMES),
    requirements=("REQ-GENERALISATION",),
)
def site_heterogeneity(step: str, inputs: Inputs, params: SiteHeterogeneityParams) -> CheckOutput:
    """Measure performance at each site of a population, and pool the sites.

    Purpose: tell what a hospital that is not among these may expect.
    Method: each measure at each site, with its interval; sites are pooled by a random-effects model
    (REML, truncated Hartung-Knapp interval) on the scale on which the measure is nearly normal. The
    prediction interval is the range in which the true value of a further site is expected.
    How to read it: the prediction interval is what matters to a new hospital, and it is wide where
    there are few sites. I2 is the share of the differences between sites that is not chance.
    Limits: a further site is taken to be of the same kind as these. With fewer than five sites
    the spread between them is hardly known. Sites too small to be estimated are rows without a
    number and are not pooled: they may differ from the large ones.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    level = inputs.intervals.level
    for population in inputs.populations:
        measured = _by_site(inputs, population, params)
        for measure in params.measures:
            sites = {site: one[measure] for site, one in measured.items()}
            findings += pooled_findings(step, population.name, measure, sites, level)
            figures.append(sites_forest(step, population.name, measure, sites, level))
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _by_site(
    inputs: Inputs, population: Population, params: SiteHeterogeneityParams
) -> dict[str, dict[str, Measurement]]:
    cohort = population.cohort
    masks = {str(site): cohort.site == site for site in np.unique(cohort.site).tolist()}
    sample = sample_of(population, inputs.threshold)
    asked = LargeEnough(units=params.min_units, events=params.min_events)
    return estimates_by_group(sample, masks, params.measures, asked, inputs.intervals)
