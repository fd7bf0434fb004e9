"""How often FROC intervals hold the truth: `python tests/support/coverage_of_froc.py` prints a table.

Patients have one to three images; some are harder than others in all of their lesions.
"""

from __future__ import annotations

import sys

import numpy as np

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.froc import Detections, estimate_froc, sensitivities

RATES = (0.25, 1.0)
PATIENTS = (10, 20, 50, 200)


def population(n: int, generator: np.random.Generator) -> list[Detections]:
    """Return the images of ``n`` patients."""
    cases = []
    for number in range(n):
        hard = generator.normal(0, 0.7)
        for _ in range(int(generator.integers(1, 4))):
            false = 1 / (1 + np.exp(-generator.normal(-0.5, 1, generator.poisson(1.5))))
            found = 1 / (1 + np.exp(-generator.normal(0.8 - hard, 1, generator.poisson(1.5) + 1)))
            cases.append(Detections(patient_id=str(number), false=false, found=found))
    return cases


def truth(generator: np.random.Generator) -> tuple[float, ...]:
    """Return the sensitivities at the rates in a large population."""
    return sensitivities(population(12_000, generator), RATES)


def held(
    n: int, repeats: int, generator: np.random.Generator, true: tuple[float, ...]
) -> list[float]:
    """Return how often the intervals of ``n`` patients hold the truth, by rate."""
    plan, hits = IntervalPlan(n_resamples=400, seed=1), np.zeros(len(RATES))
    for _ in range(repeats):
        each, _ = estimate_froc(population(n, generator), RATES, plan)
        for k, one in enumerate(each):
            hits[k] += isinstance(one, Estimate) and one.low <= true[k] <= one.high
    return list(hits / repeats)


if __name__ == "__main__":
    source = np.random.default_rng(12)
    whole = truth(source)
    head = "| patients | " + " | ".join(f"at {rate:g} false marks" for rate in RATES) + " |"
    lines = [head, "|---|---|---|"]
    for size in PATIENTS:
        shares = " | ".join(f"{100 * one:.1f}" for one in held(size, 400, source, whole))
        lines.append(f"| {size} | {shares} |")
    sys.stdout.write("\n".join(lines) + "\n")
