"""Internal-external validation: every site in turn is the one the device has not learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks.groups.needed import LargeEnough, too_small
from samd_validate.checks.pooled.over_sites import (
    ALLOWED,
    MEAN,
    NAMES,
    pooled_findings,
    sites_forest,
)
from samd_validate.core.arrays import Column
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import check
from samd_validate.core.model import Refit
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

FEWEST_SITES = 2
POPULATION = "development"


class InternalExternalParams(Params):
    """Which measures, how large a site must be to be left out, and how training is cut short.

    ``changed`` are hyper-parameters of the device's recipe for these fits, as ``max_epochs``.
    """

    measures: tuple[str, ...] = ("auroc", "observed_expected_ratio")
    min_units: int = Field(default=100, ge=2)
    min_events: int = Field(default=20, ge=1)
    most_sites: int = Field(default=10, ge=2)
    changed: dict[str, object] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site with the parts of the development data set that lie in it."""

    name: str
    parts: tuple[Cohort, ...]

    @property
    def label(self) -> Column:
        """Return the labels ``(n,)`` of all parts."""
        return np.concatenate([part.label for part in self.parts])

    @property
    def patient(self) -> Column:
        """Return the patients ``(n,)`` of all parts."""
        return np.concatenate([part.patient_id for part in self.parts])


@check(
    "internal_external",
    version=1,
    params=InternalExternalParams,
    measures=(*ALLOWED, *NAMES),
    needs=("refit", "development"),
    requirements=("REQ-GENERALISATION",),
)
def internal_external(step: str, inputs: Inputs, params: InternalExternalParams) -> CheckOutput:
    """Leave each site of the development data out in turn, and validate on it.

    Purpose: tell how the way of making the device transports, with every site as the external one.
    Method: for each site that is large enough the device's recipe is fitted again, from the same
    seed, on the development and tuning patients of the other sites, and scores the patients of the
    site left out (development, tuning and test parts: none was learned from). Sites are pooled by a
    random-effects model (Steyerberg & Harrell 2016, doi:10.1016/j.jclinepi.2015.04.005).
    How to read it: the prediction interval is the range for a further hospital of the same kind.
    Limits: it judges the recipe, not the device as it stands, which has learned from all sites. A
    protocol may cut these fits short (changed). A patient treated at two sites stands in both.
    """
    if inputs.refit is None or inputs.development is None:
        return _nothing(step, params, "the device cannot be fitted again", inputs)
    parts = _parts(inputs)
    sites = _sites(parts)
    if len(sites) < FEWEST_SITES:
        words = f"the development data have {len(sites)} site; leaving one out needs two"
        return _nothing(step, params, words, inputs)
    measured = {
        site.name: _left_out(inputs, inputs.refit, site, params)
        for site in sites[: params.most_sites]
    }
    findings, figures = [], []
    level = inputs.intervals.level
    for measure in params.measures:
        by_site = {name: one[measure] for name, one in measured.items()}
        findings += pooled_findings(step, POPULATION, measure, by_site, level)
        figures.append(sites_forest(step, POPULATION, measure, by_site, level))
    return CheckOutput(
        findings=tuple(findings), figures=tuple(figures), notes=_notes(sites, params)
    )


def _parts(inputs: Inputs) -> tuple[Cohort, ...]:
    """Return development, tuning and test parts of the development data set."""
    tuning = () if inputs.tuning is None else (inputs.tuning.cohort,)
    tests = tuple(population.cohort for population in inputs.internal)
    return tuple(part for part in (inputs.development, *tuning, *tests) if part is not None)


def _sites(parts: tuple[Cohort, ...]) -> list[Site]:
    """Return the sites, the largest first."""
    names, counts = np.unique(np.concatenate([part.site for part in parts]), return_counts=True)
    order = np.lexsort((names, -counts))
    return [
        Site(name=str(name), parts=tuple(part.take(part.site == name) for part in parts))
        for name in names[order]
    ]


def _left_out(
    inputs: Inputs, refit: Refit, site: Site, params: InternalExternalParams
) -> dict[str, Measurement]:
    reason = _reason(inputs, site, params)
    if reason is not None:
        return dict.fromkeys(params.measures, reason)
    try:
        model = refit(
            params.changed,
            development=_elsewhere(inputs.development, site),
            tuning=_elsewhere(None if inputs.tuning is None else inputs.tuning.cohort, site),
        )
    except (ValueError, CannotRun) as error:
        words = f"fitting without the site failed: {_words(error)}"
        reason = NotEstimable(code="not_fitted", reason=words, n=site.label.size)
        return dict.fromkeys(params.measures, reason)
    score = np.concatenate([model.predict(part) for part in site.parts if part.size])
    sample = Sample(label=site.label, score=score, cluster=site.patient, threshold=inputs.threshold)
    return estimate(params.measures, sample, inputs.intervals)


def _reason(inputs: Inputs, site: Site, params: InternalExternalParams) -> NotEstimable | None:
    """Return why a site is not left out: too few patients in it, or elsewhere."""
    sample = Sample(label=site.label, score=np.zeros(site.label.size), cluster=site.patient)
    asked = LargeEnough(units=params.min_units, events=params.min_events)
    reason = too_small(sample, np.ones(sample.n, dtype=np.bool_), asked)
    if reason is not None:
        return reason
    parts = (inputs.development, None if inputs.tuning is None else inputs.tuning.cohort)
    rest = [one for one in (_elsewhere(part, site) for part in parts) if one is not None]
    if all(0 < one.n_events < one.size for one in rest):
        return None
    words = "the other sites have patients of one outcome only to learn from"
    return NotEstimable(code="too_small", reason=words, n=sample.n, n_events=sample.n_events)


def _elsewhere(cohort: Cohort | None, site: Site) -> Cohort | None:
    return None if cohort is None else cohort.take(cohort.site != site.name)


def _words(error: ValueError | CannotRun) -> str:
    if isinstance(error, CannotRun):
        return "; ".join(f"{one.where}: {one.found}" for one in error.problems)
    return str(error)


def _nothing(step: str, params: InternalExternalParams, words: str, inputs: Inputs) -> CheckOutput:
    n = 0 if inputs.development is None else inputs.development.size
    reason = NotEstimable(code="no_sites", reason=words, n=n)
    names = [f"{measure}_{MEAN}" for measure in params.measures]
    lacking = findings_of(step, POPULATION, dict.fromkeys(names, reason))
    return CheckOutput(findings=tuple(lacking))


def _notes(sites: list[Site], params: InternalExternalParams) -> tuple[str, ...]:
    notes = []
    if len(sites) > params.most_sites:
        notes.append(
            f"{len(sites) - params.most_sites} smaller sites were not left out (most_sites)."
        )
    if params.changed:
        changes: Mapping[str, object] = params.changed
        words = ", ".join(f"{name} = {value}" for name, value in changes.items())
        notes.append(f"These fits were changed: {words}.")
    return tuple(notes)
