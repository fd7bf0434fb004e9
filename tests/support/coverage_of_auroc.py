"""How often intervals of the AUROC hold the truth: `python tests/support/coverage_of_auroc.py` prints a page.

Scores are binormal with a true AUROC of 0.76 (shift 1) or 0.92 (shift 2). With an intra-patient
correlation, each patient has two rows whose scores share a part.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.closed_form import closed_form
from samd_validate.stats.engine import estimate
from samd_validate.stats.sample import Sample

METHODS = ("delong", "delong-logit", "bootstrap by patient", "bootstrap by row")
SIZES = (100, 200, 500, 2000)
PREVALENCES = (0.05, 0.15, 0.40)
RESAMPLES = 400


@dataclass(frozen=True)
class Cell:
    """One setting of the simulation."""

    n: int
    prevalence: float
    shift: float = 1.0
    correlation: float = 0.0

    @property
    def truth(self) -> float:
        return float(norm.cdf(self.shift / np.sqrt(2)))


def draw(cell: Cell, generator: np.random.Generator) -> Sample:
    """Draw rows; with a correlation the two rows of a patient share outcome and part of the score."""
    per_patient = 2 if cell.correlation else 1
    patients = cell.n // per_patient
    label = np.repeat((generator.random(patients) < cell.prevalence).astype(int), per_patient)
    shared = np.repeat(generator.standard_normal(patients), per_patient)
    own = generator.standard_normal(label.size)
    noise = np.sqrt(cell.correlation) * shared + np.sqrt(1 - cell.correlation) * own
    cluster = np.repeat(np.arange(patients), per_patient)
    return Sample(label=label, score=noise + cell.shift * label, cluster=cluster)


def interval(method: str, sample: Sample, seed: int) -> tuple[float, float] | None:
    """Return an interval, or None where there is none."""
    rows = Sample(label=sample.label, score=sample.score)
    if method.startswith("delong"):
        found = closed_form("auroc", rows, method, 0.95)
    else:
        one = sample if method == "bootstrap by patient" else rows
        plan = IntervalPlan(n_resamples=RESAMPLES, seed=seed)
        measured = estimate(("auroc",), one, plan)["auroc"]
        found = measured if isinstance(measured, Estimate) else None
    return None if found is None else (found.low, found.high)


def covered(cell: Cell, method: str, repeats: int, seed: int = 1) -> tuple[float, int]:
    """Return the share of intervals that hold the truth, and how many intervals there were."""
    generator = np.random.default_rng([seed, cell.n, int(1000 * cell.prevalence)])
    found = [interval(method, draw(cell, generator), number) for number in range(repeats)]
    known = [one for one in found if one is not None]
    hits = sum(low <= cell.truth <= high for low, high in known)
    return hits / max(len(known), 1), len(known)


def page(repeats: int) -> str:
    """Return the page of measured coverage."""
    lines = [
        "# Coverage of intervals of the AUROC, as simulated",
        "",
        "Made by `make simulate`. Nominal level 95 %. Binormal scores; the true AUROC is 0.760 (shift",
        f"1). {repeats} simulated data sets a cell, {RESAMPLES} resamples; the standard error of a",
        f"cell at 95 % is {100 * np.sqrt(0.05 * 0.95 / repeats):.1f} points. In brackets the share of data",
        "sets with an interval at all, where it is below 100 %. With correlation 0.3 every patient has",
        "two rows: formulas and a bootstrap that take rows for patients are then too narrow.",
        "",
        "| n | prevalence | correlation | " + " | ".join(METHODS) + " |",
        "|---|---|---|" + "---|" * len(METHODS),
    ]
    for correlation in (0.0, 0.3):
        for n in SIZES:
            for prevalence in PREVALENCES:
                cell = Cell(n, prevalence, correlation=correlation)
                shares = [_words(*covered(cell, method, repeats), repeats) for method in METHODS]
                head = f"| {n} | {100 * prevalence:.0f} % | {correlation:g} | "
                lines.append(head + " | ".join(shares) + " |")
    return "\n".join(lines) + "\n"


def _words(share: float, known: int, repeats: int) -> str:
    words = f"{100 * share:.1f}"
    return words if known == repeats else f"{words} ({100 * known / repeats:.0f} %)"


if __name__ == "__main__":
    sys.stdout.write(page(int(sys.argv[1]) if len(sys.argv) > 1 else 400))
