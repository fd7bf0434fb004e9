"""How often pooled intervals hold the truth: `python tests/support/coverage_of_pooling.py` prints a table.

Sites' true values are normal around 0 with variance tau2; their standard errors are unequal (between 0.5 and
1.5, as with sizes 1 to 9). A prediction interval should hold the true value of one further site.
"""

from __future__ import annotations

import sys

import numpy as np

from samd_validate.core.estimate import Estimate
from samd_validate.stats.comparison.heterogeneity import INTERVALS, Pooled, Pooling, pool

SITES = (3, 5, 10, 20)
TAU2 = (0.0, 0.25, 1.0)
WAYS = {
    "Wald, DL": Pooling(interval="wald", between="dersimonian-laird"),
    "Wald, REML": Pooling(interval="wald"),
    "HK, REML": Pooling(interval="hartung-knapp"),
    "truncated HK, REML": Pooling(),
    "truncated HK, REML, k-1": Pooling(prediction="k-1"),
}
assert {way.interval for way in WAYS.values()} == set(INTERVALS)


def covered(way: Pooling, k: int, tau2: float, repeats: int, seed: int = 1) -> tuple[float, float]:
    """Return the coverage of the mean, and that of a further site's true value."""
    generator = np.random.default_rng([seed, k, int(100 * tau2)])
    errors = np.linspace(0.5, 1.5, k)
    of_mean, of_site = [], []
    for _ in range(repeats):
        truth = generator.normal(0, np.sqrt(tau2), k)
        further = generator.normal(0, np.sqrt(tau2))
        found = pool(generator.normal(truth, errors).tolist(), errors.tolist(), way)
        assert isinstance(found, Pooled)
        assert isinstance(found.mean, Estimate)
        assert isinstance(found.prediction, Estimate)
        of_mean.append(found.mean.low <= 0 <= found.mean.high)
        of_site.append(found.prediction.low <= further <= found.prediction.high)
    return float(np.mean(of_mean)), float(np.mean(of_site))


def table(repeats: int) -> str:
    """Return the table of the page on heterogeneity: mean / further site."""
    lines = ["| sites | tau2 | " + " | ".join(WAYS) + " |", "|---" * (2 + len(WAYS)) + "|"]
    for k in SITES:
        for tau2 in TAU2:
            found = [covered(way, k, tau2, repeats) for way in WAYS.values()]
            words = [f"{100 * mean:.1f} / {100 * site:.1f}" for mean, site in found]
            lines.append(f"| {k} | {tau2:g} | " + " | ".join(words) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
