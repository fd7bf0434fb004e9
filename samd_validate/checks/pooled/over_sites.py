"""A measure site by site, its mean over sites, and what a further site may show."""

from __future__ import annotations

from collections.abc import Mapping

from samd_validate.checks._common import findings_of
from samd_validate.checks._forest import forest_row
from samd_validate.core.estimate import Measurement
from samd_validate.core.finding import Figure, Finding
from samd_validate.stats.comparison.heterogeneity import Pooled, Pooling, pool_estimates
from samd_validate.stats.engine import MEASURES

MEAN, FURTHER, SHARE, SPREAD = "site_mean", "further_site", "site_i2", "site_tau2"
ALLOWED = (
    "auroc",
    "auprc",
    "brier",
    "observed_expected_ratio",
    "calibration_slope",
    "calibration_in_the_large",
    "sensitivity",
    "specificity",
    "ppv",
)
NAMES = tuple(f"{name}_{what}" for name in ALLOWED for what in (MEAN, FURTHER, SHARE, SPREAD))


def pooled_findings(
    step: str, population: str, measure: str, sites: Mapping[str, Measurement], level: float
) -> list[Finding]:
    """Return the findings of one measure: of each site, and of all of them pooled."""
    found = []
    for site, one in sites.items():
        found += findings_of(step, population, {measure: one}, subset=f"site={site}")
    return found + findings_of(step, population, _over_all(measure, sites, level))


def _over_all(
    measure: str, sites: Mapping[str, Measurement], level: float
) -> dict[str, Measurement]:
    pooled = pool_estimates(sites, Pooling(scale=MEASURES[measure].scale, level=level))
    names = [f"{measure}_{what}" for what in (MEAN, FURTHER, SHARE, SPREAD)]
    if not isinstance(pooled, Pooled):
        return dict.fromkeys(names, pooled)
    parts = (pooled.mean, pooled.prediction, pooled.i2, pooled.tau2)
    return dict(zip(names, parts, strict=True))


def sites_forest(
    step: str, population: str, measure: str, sites: Mapping[str, Measurement], level: float
) -> Figure:
    """Return a forest plot of the sites, with the mean and a further site as its last rows."""
    title = MEASURES[measure].title
    over_all = _over_all(measure, sites, level)
    rows = [forest_row(site, one) for site, one in sites.items()]
    rows.append(forest_row("mean over sites", over_all[f"{measure}_{MEAN}"]))
    rows.append(forest_row("a further site", over_all[f"{measure}_{FURTHER}"]))
    references = {"zero": 0.0, "one": 1.0}
    return Figure(
        id=f"{step}-{measure}-{population}",
        kind="forest",
        title=f"{title} by site, {population}",
        caption=f"{title} at each site, the mean of sites (random effects), and the range in which "
        "that of a further site of the same kind is expected.",
        alt=f"Forest plot of {title} at {len(sites)} sites.",
        content={
            "measure": title,
            "reference": references.get(MEASURES[measure].direction),
            "limits": None,
            "rows": rows,
        },
    )
