"""How often intervals of the largest gap hold it: `python tests/support/coverage_of_gaps.py` prints a table.

Groups of unequal size have sensitivities (binomial shares) around 0.7; a bootstrap of patients within
groups draws binomial shares at the observed ones. Gaps are in mean standard errors of a pair's difference.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from samd_validate.core.estimate import Estimate
from samd_validate.stats.comparison.maximum_gap import maximum_gap

SHARE = 0.7
RESAMPLES = 400
GAPS = (0.0, 0.5, 1.0, 3.0)
COUNTS = (2, 4, 12)
COLUMNS = ("interval", "naive interval", "value", "naive value", "bootstrap-corrected value")


@dataclass(frozen=True)
class Cell:
    """One setting: how many groups, how far apart, and whether one stands out or all are spaced evenly."""

    groups: int
    gap: float
    is_even: bool = False

    @property
    def sizes(self) -> np.ndarray:
        return np.geomspace(50, 500, self.groups).astype(int)

    @property
    def error(self) -> float:
        """Return the mean standard error of a pair's difference."""
        variance = SHARE * (1 - SHARE) / self.sizes
        return float(np.mean([np.sqrt(a + b) for a, b in combinations(variance, 2)]))

    def truth(self, generator: np.random.Generator) -> np.ndarray:
        width = self.gap * self.error
        offsets = np.linspace(0, width, self.groups) if self.is_even else np.zeros(self.groups)
        offsets[-1] = width
        return SHARE + generator.permutation(offsets) - width / 2


def one(cell: Cell, generator: np.random.Generator) -> dict[str, float]:
    """Return, for one simulated study, whether the gap was covered and how far the values were off."""
    truth, sizes = cell.truth(generator), cell.sizes
    shares = generator.binomial(sizes, truth) / sizes
    draws = generator.binomial(sizes, shares, size=(RESAMPLES, sizes.size)) / sizes
    groups = {
        str(number): Estimate(value=share, low=0, high=1, level=0.95, method="none", n=int(n))
        for number, (share, n) in enumerate(zip(shares, sizes, strict=True))
    }
    found = maximum_gap(groups, draws)
    assert isinstance(found, Estimate)
    gap, naive, naive_draws = np.ptp(truth), np.ptp(shares), np.ptp(draws, axis=1)
    low, high = np.quantile(naive_draws, (0.025, 0.975))
    corrected = max(0.0, 2 * naive - naive_draws.mean())
    return {
        "interval": found.low <= gap + 1e-12 and gap <= found.high,
        "naive interval": low <= gap <= high,
        "value": (found.value - gap) / cell.error,
        "naive value": (naive - gap) / cell.error,
        "bootstrap-corrected value": (corrected - gap) / cell.error,
    }


def repeated(cell: Cell, repeats: int, seed: int = 1) -> dict[str, float]:
    """Return the share of studies covered and the mean error of the values."""
    generator = np.random.default_rng([seed, cell.groups, int(10 * cell.gap), int(cell.is_even)])
    rows = [one(cell, generator) for _ in range(repeats)]
    return {name: float(np.mean([row[name] for row in rows])) for name in COLUMNS}


def table(repeats: int) -> str:
    """Return the table of the page on the largest gap."""
    lines = ["| groups | true gap | groups apart | " + " | ".join(COLUMNS) + " |", "|---" * 8 + "|"]
    for groups in COUNTS:
        for gap in GAPS:
            for is_even in (False, True):
                if is_even and (gap == 0 or groups == 2):
                    continue
                found = repeated(Cell(groups, gap, is_even), repeats)
                shares = [f"{100 * found[name]:.1f}" for name in COLUMNS[:2]]
                errors = [f"{found[name]:+.2f}" for name in COLUMNS[2:]]
                shape = "-" if gap == 0 else ("evenly" if is_even else "one")
                lines.append(
                    f"| {groups} | {gap:g} | {shape} | " + " | ".join(shares + errors) + " |"
                )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
