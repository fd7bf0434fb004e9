"""Patients of several hospitals with known truth, and a device that can be fitted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.inputs import Inputs, IntervalPlan, Population

PLAN = IntervalPlan(n_resamples=300, seed=9)


def hospital_patients(
    seed: int, sites: Mapping[str, float], n: int = 600, name: str = "test"
) -> Cohort:
    """Draw ``n`` patients a site; a site's number is its slope of log-odds on the predictor x."""
    rng = np.random.default_rng(seed)
    site = np.repeat(list(sites), n)
    x = rng.standard_normal(site.size)
    slope = np.repeat(list(sites.values()), n)
    label = (rng.random(site.size) < expit(-1.2 + slope * x)).astype(np.int8)
    ids = np.array([f"{name}-{seed}-{i}" for i in range(site.size)])
    return Cohort(
        name=name,
        unit_id=ids,
        patient_id=ids,
        site=site,
        label=label,
        numbers={"x": x},
        provenance=Provenance(
            source="drawn", title="drawn", licence="none", citation="none", fingerprint="0"
        ),
    )


@dataclass(frozen=True)
class Learned:
    """A device whose score depends on x, and which remembers from which sites it learned."""

    sites: tuple[str, ...]
    name: str = "learned"

    @property
    def card(self) -> Mapping[str, object]:
        return {}

    def predict(self, cohort: Cohort) -> np.ndarray:
        if set(cohort.site.tolist()) & set(self.sites):
            raise AssertionError("scores patients of a site that it has learned from")
        return np.asarray(expit(-1.2 + 1.0 * cohort.numbers["x"]))

    def artefact(self) -> bytes:
        return b""


def several_sites(seed: int, sites: Mapping[str, float]) -> Inputs:
    """Return inputs whose refit refuses to score a site that it has learned from."""
    development = hospital_patients(seed, sites, name="development")
    tuning = Population(
        name="tuning",
        cohort=(cohort := hospital_patients(seed + 1, sites, n=200, name="tuning")),
        score=np.full(cohort.size, 0.2),
    )
    test = hospital_patients(seed + 2, sites, n=400)
    population = Population(name="test", cohort=test, score=expit(-1.2 + test.numbers["x"]))

    def refit(
        changed: Mapping[str, object],
        *,
        development: Cohort | None = None,
        tuning: Cohort | None = None,
        repeat: int = 0,
    ) -> Learned:
        del repeat
        if "wrong" in changed:
            raise ValueError("wrong: no such hyper-parameter")
        assert development is not None
        assert tuning is not None
        return Learned(sites=tuple({*development.site.tolist(), *tuning.site.tolist()}))

    return Inputs(
        populations=(population,),
        intervals=PLAN,
        development=development,
        tuning=tuning,
        refit=refit,
    )
