"""How long the checks take that need no model, on two hospitals of 10,000 patients each.

``python benchmarks/tabular_checks.py [PATIENTS]`` prints a table: seconds of each check, with 2,000
resamples and 12 groups. The device is the risk that measurements of simulated patients tell.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from samd_validate.checks.calibration import calibration
from samd_validate.checks.concept_drift import concept_drift
from samd_validate.checks.covariate_drift import covariate_drift
from samd_validate.checks.deferral import deferral
from samd_validate.checks.discrimination import discrimination
from samd_validate.checks.external_site import external_site
from samd_validate.checks.fairness import fairness
from samd_validate.checks.operating_point import operating_point
from samd_validate.checks.site_heterogeneity import site_heterogeneity
from samd_validate.checks.subgroup_discovery import subgroup_discovery
from samd_validate.checks.subgroups import subgroups
from samd_validate.checks.temporal_drift import temporal_drift
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.readers.simulation.people import HILLCREST, RIVERSIDE, Site, draw_people

PATIENTS = 10_000
GROUPS = ("sex", "ethnicity", "quarter")
THRESHOLD = 0.12
CHECKS: tuple[tuple[Any, dict[str, object]], ...] = (
    (discrimination, {}),
    (calibration, {}),
    (operating_point, {}),
    (
        subgroups,
        {"groups": GROUPS, "measures": ("auroc", "calibration_in_the_large", "sensitivity")},
    ),
    (fairness, {"groups": GROUPS}),
    (subgroup_discovery, {"groups": GROUPS, "numbers": ("age_years",)}),
    (external_site, {"measures": ("auroc", "brier")}),
    (site_heterogeneity, {}),
    (deferral, {"groups": GROUPS}),
    (covariate_drift, {}),
    (concept_drift, {}),
    (temporal_drift, {"order_by": "months", "period": 12}),
)


def cohort(site: Site, n: int, seed: int) -> tuple[Cohort, np.ndarray]:
    """Return the patients of a hospital, and the risks that their measurements tell."""
    rng = np.random.default_rng(seed)
    people = draw_people(site, n, rng)
    months = rng.uniform(0, 36, n)
    provenance = Provenance(
        source="drawn", title="drawn", licence="none", citation="none", fingerprint="0"
    )
    found = Cohort(
        name=site.name,
        unit_id=np.array([f"u{i}" for i in range(n)]),
        patient_id=np.char.add(f"{site.name}-{seed}-", people.patient.astype(str)),
        site=rng.choice([f"{site.name}-{i}" for i in range(6)], n),
        label=people.label,
        groups={**people.groups, "quarter": np.char.mod("q%d", months.astype(int) // 3 % 4)},
        numbers={"age_years": people.age_years, "severity": people.severity, "months": months},
        provenance=provenance,
    )
    return found, people.told_risk


def inputs(n: int) -> Inputs:
    """Return an internal and an external population, with their tuning and development parts."""
    development, _ = cohort(RIVERSIDE, n, 1)
    parts = {
        name: cohort(site, n, seed)
        for seed, (name, site) in enumerate(
            {"tuning": RIVERSIDE, "test": RIVERSIDE, "hillcrest": HILLCREST}.items(), start=2
        )
    }
    scored = {
        name: Population(name=name, cohort=one, score=risk, is_external=name == "hillcrest")
        for name, (one, risk) in parts.items()
    }
    return Inputs(
        populations=(scored["test"], scored["hillcrest"]),
        intervals=IntervalPlan(n_resamples=2000, seed=1),
        development=development,
        tuning=scored["tuning"],
        threshold=THRESHOLD,
    )


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the clock and of processor time."""
    clock, busy = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - busy


def main(n: int) -> None:
    """Print the table."""
    given = inputs(n)
    levels = sum(np.unique(given.populations[0].cohort.groups[one]).size for one in GROUPS)
    print(f"{n} patients at each of two hospitals, {levels} groups, 2,000 resamples\n")
    print("| check | seconds | of processor time |\n|---|---|---|")
    total = np.zeros(2)
    for check, params in CHECKS:
        chosen = check.params(**params)
        run = lambda one=check, p=chosen: one.run(one.name, given, p)  # noqa: E731
        seconds = timed(run)
        total += seconds
        print(f"| {check.name} | {seconds[0]:.1f} | {seconds[1]:.1f} |")
    print(f"| together | {total[0]:.1f} | {total[1]:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS)
