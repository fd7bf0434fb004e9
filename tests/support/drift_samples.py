"""Two groups drawn with a known shift: normal features, patients with one row or several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from samd_validate.stats.drift.chi_square import chi_square
from samd_validate.stats.drift.classifier_two_sample import classifier_two_sample
from samd_validate.stats.drift.groups import Groups, Shift
from samd_validate.stats.drift.kolmogorov_smirnov import kolmogorov_smirnov
from samd_validate.stats.drift.mean_discrepancy import mean_discrepancy
from samd_validate.stats.drift.share_difference import share_difference
from samd_validate.stats.drift.stability_index import stability_index
from samd_validate.stats.drift.wasserstein import wasserstein

FEATURES = 5
CUTS = (-1.0, 0.0, 1.0)
MISSING_FROM = 0.8
PERMUTATIONS = 199
MOST_ROWS = 4
TESTS = {
    "Kolmogorov-Smirnov D": "ks",
    "Cramér's V": "chi_square",
    "stability index": "psi",
    "Wasserstein": "wasserstein",
    "share (missing)": "share",
    "MMD": "mmd",
    "classifier": "c2st",
}


@dataclass(frozen=True)
class Cell:
    """Patients in each group, correlation of rows of a patient (0: one row), shift in SD."""

    patients: int
    icc: float = 0.0
    shift: float = 0.0


def draw(cell: Cell, generator: np.random.Generator) -> tuple[np.ndarray, Groups]:
    """Draw features ``(n, 5)`` of both groups; the other is shifted in all of them."""
    n = 2 * cell.patients
    sizes = np.ones(n, dtype=int)
    if cell.icc:
        sizes = generator.integers(1, MOST_ROWS + 1, n)
    patient = np.repeat(np.arange(n), sizes)
    shared = generator.standard_normal((n, FEATURES))[patient]
    own = generator.standard_normal((patient.size, FEATURES))
    rows = np.sqrt(cell.icc) * shared + np.sqrt(1 - cell.icc) * own
    is_other = patient >= cell.patients
    rows[is_other] += cell.shift
    return rows, Groups(is_other=is_other, patient=patient)


def every_test(rows: np.ndarray, groups: Groups, seed: int) -> dict[str, Shift]:
    """Return what each test finds: of one feature, or of all."""
    labels = groups.labels(PERMUTATIONS, seed)
    categories = np.digitize(rows[:, 1], CUTS).astype(str)
    found = {
        "ks": kolmogorov_smirnov(rows[:, 0], groups),
        "chi_square": chi_square(categories, groups),
        "psi": stability_index(rows[:, 0], groups),
        "wasserstein": wasserstein(rows[:, 0], groups, labels),
        "share": share_difference(rows[:, 2] > MISSING_FROM, groups),
        "mmd": mean_discrepancy(rows, groups, labels),
        "c2st": classifier_two_sample(rows, groups, seed),
    }
    assert all(isinstance(one, Shift) for one in found.values())
    return found  # type: ignore[return-value]


def truth(shift: float) -> dict[str, float]:
    """Return the true effects of a shift in SD, without those that depend on the sample."""
    other = norm.cdf((*CUTS, np.inf), shift) - norm.cdf((-np.inf, *CUTS), shift)
    here = norm.cdf((*CUTS, np.inf)) - norm.cdf((-np.inf, *CUTS))
    edges = norm.ppf(np.arange(11) / 10)
    binned = np.diff(norm.cdf(edges - shift))
    bandwidth = 2 * chi2.median(FEATURES)
    overlap = (bandwidth / (bandwidth + 2)) ** (FEATURES / 2)
    apart = FEATURES * shift**2
    return {
        "ks": 2 * norm.cdf(shift / 2) - 1,
        "chi_square": float(np.sqrt(((other - here) ** 2 / (other + here)).sum() / 2)),
        "psi": float(((binned - 0.1) * np.log(binned / 0.1)).sum()),
        "wasserstein": shift,
        "share": norm.sf(MISSING_FROM - shift) - norm.sf(MISSING_FROM),
        "mmd": 2 * overlap * (1 - np.exp(-apart / (2 * (bandwidth + 2)))),
    }
