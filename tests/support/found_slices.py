"""How often slices are confirmed: `python tests/support/found_slices.py` prints a table.

The device is the risk that the measurements of simulated patients tell; what is planted is the
site's. In the twin nothing is: every confirmed slice is false.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from samd_validate.checks.subgroup_discovery import SubgroupDiscoveryParams, subgroup_discovery
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.readers.simulation.people import SITES, draw_people

STAYS = 3000
PLANTED = "ethnicity=Black"
PARAMS = SubgroupDiscoveryParams(
    groups=("sex", "ethnicity", "admission_type"), numbers=("age_years",), depth=2
)


def patients(seed: int, odds: float) -> Population:
    """Draw a hospital at which the odds of death of Black patients are so much higher than told."""
    site = replace(SITES["hillcrest"], odds_factor=odds)
    people = draw_people(site, STAYS, np.random.default_rng(seed))
    cohort = Cohort(
        name="hospital",
        unit_id=np.array([f"u{i}" for i in range(STAYS)]),
        patient_id=people.patient.astype(str),
        site=np.full(STAYS, "hospital"),
        label=people.label,
        groups=people.groups,
        numbers={"age_years": people.age_years},
        provenance=Provenance(
            source="drawn", title="drawn", licence="none", citation="none", fingerprint="0"
        ),
    )
    return Population(name="hospital", cohort=cohort, score=people.told_risk)


def confirmed(seed: int, odds: float) -> list[str]:
    """Return the slices that the check confirms."""
    inputs = Inputs(populations=(patients(seed, odds),), intervals=IntervalPlan(seed=seed))
    output = subgroup_discovery.run("d", inputs, PARAMS)
    count = output.findings[0].measurement
    assert isinstance(count, Estimate)
    (table,) = output.tables
    names = [one.subset for one in output.findings[1:]]
    found = [name for name, row in zip(names, table.rows, strict=True) if row[-1]]
    assert len(found) == count.value
    return found


def table(seeds: int) -> str:
    """Return how often anything, and how often the planted group, is confirmed."""
    lines = [
        "| odds of the planted group | seeds | a slice of the planted group confirmed "
        "| any other confirmed |",
        "|---|---|---|---|",
    ]
    for odds in (1.0, 1.5, 2.0, 3.0):
        found = [confirmed(1000 * round(10 * odds) + seed, odds) for seed in range(seeds)]
        planted = sum(any(PLANTED in name for name in one) for one in found)
        others = sum(any(PLANTED not in name for name in one) for one in found)
        lines.append(f"| x {odds:g} | {seeds} | {planted} | {others} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(seeds=int(sys.argv[1]) if len(sys.argv) > 1 else 400))
