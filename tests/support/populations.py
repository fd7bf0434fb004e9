"""Populations with known truth: scores and outcomes drawn from them, alone or several a patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from plain_measures import REFERENCE, sorted_sample
from scipy.special import expit, logit
from scipy.stats import beta, norm

from samd_validate.stats.sample import Sample

SHIFT = 1.2
CONCENTRATION = 4.0
ROWS_PER_PATIENT = (1, 2, 3, 4)
GRID = 40_001


@dataclass(frozen=True)
class Cell:
    """One setting: rows, prevalence, kind of scores (``binormal`` or ``beta``), ICC of patients."""

    n: int
    prevalence: float
    kind: str = "binormal"
    icc: float = 0.0

    @property
    def threshold(self) -> float:
        """The operating point: the prevalence, so that an alarm is a risk above the average."""
        return self.prevalence


def _risk(cell: Cell, x: np.ndarray) -> np.ndarray:
    """Return the true risk, which is the score, of a standard normal (or uniform) latent place."""
    if cell.kind == "beta":
        a = cell.prevalence * CONCENTRATION
        return beta.ppf(norm.cdf(x), a, CONCENTRATION - a)
    return expit(logit(cell.prevalence) + SHIFT * x - SHIFT**2 / 2)


def draw(cell: Cell, generator: np.random.Generator) -> Sample:
    """Draw a sample; with an ICC, patients have one to four rows that resemble each other."""
    sizes = np.ones(cell.n, dtype=int)
    if cell.icc:
        sizes = generator.choice(ROWS_PER_PATIENT, cell.n)
        sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), cell.n)) + 1]
    patient = np.repeat(np.arange(sizes.size), sizes)[: cell.n]

    def alike() -> np.ndarray:
        shared = generator.standard_normal(sizes.size)[patient]
        own = generator.standard_normal(cell.n)
        return np.sqrt(cell.icc) * shared + np.sqrt(1 - cell.icc) * own

    x, chance = alike(), norm.cdf(alike())
    if cell.kind == "beta":
        score = _risk(cell, x)
        label = chance < score
    else:
        label = chance < cell.prevalence
        score = _risk(cell, x + SHIFT * label)
    score = np.clip(score, 1e-9, 1 - 1e-9)
    return Sample(label=label.astype(int), score=score, cluster=patient, threshold=cell.threshold)


def truth(cell: Cell) -> dict[str, float]:
    """Return the value of each measure in the whole population, by quadrature over scores."""
    x = norm.ppf((np.arange(GRID) + 0.5) / GRID)
    if cell.kind == "beta":
        score = _risk(cell, x)
        label = np.repeat((1, 0), GRID)
        score, weight = np.tile(score, 2), np.concatenate([score, 1 - score]) / GRID
    else:
        label = np.repeat((1, 0), GRID)
        score = np.concatenate([_risk(cell, x + SHIFT), _risk(cell, x)])
        weight = np.repeat((cell.prevalence, 1 - cell.prevalence), GRID) / GRID
    score = np.clip(score, 1e-9, 1 - 1e-9)
    rows, order = sorted_sample(label, score, cell.threshold)
    return {name: float(run(rows, weight[order][None])[0]) for name, run in REFERENCE.items()}
