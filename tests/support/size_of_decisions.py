"""How often a false claim is made at the margin: `python tests/support/size_of_decisions.py` prints a table.

AUROCs are of two binormal scores on the same patients (correlation 0.5); with a true difference at the
border of the null. Shares are paired sensitivities with a given correlation of errors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import ndtri

from samd_validate.stats.comparison.decisions import (
    Claim,
    Decision,
    decide_normal,
    decide_replicates,
)
from samd_validate.stats.comparison.paired_proportions import tango_p
from samd_validate.stats.intervals.delong import covariance, delong

MARGIN = 0.05
REFERENCE = 0.80
RESAMPLES = 799
CLAIMS = (
    Claim(kind="superiority"),
    Claim(kind="non-inferiority", margin=MARGIN),
    Claim(kind="equivalence", margin=MARGIN),
)
Generator = np.random.Generator


def border(claim: Claim) -> float:
    """Return a true difference on the border of the null hypothesis."""
    return claim.margin if claim.kind != "non-inferiority" else -claim.margin


def scores(
    n: int, share: float, difference: float, generator: Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels and two correlated scores whose AUROCs differ by ``difference``."""
    label = np.zeros(n, dtype=int)
    label[: round(n * share)] = 1
    noise = generator.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=n)
    shifts = [np.sqrt(2) * ndtri(auroc) for auroc in (REFERENCE + difference, REFERENCE)]
    new, reference = (noise + np.outer(label, shifts)).T
    return label, new, reference


def by_delong(claim: Claim, n: int, share: float, generator: Generator) -> bool:
    """Return whether a claim about AUROCs is made by DeLong's standard error."""
    label, new, reference = scores(n, share, border(claim), generator)
    a, b = delong(label, new), delong(label, reference)
    error = float(np.sqrt(a.variance + b.variance - 2 * covariance(a, b)))
    return decide_normal(a.auroc - b.auroc, error, claim, n).is_shown


def by_bootstrap(claim: Claim, n: int, share: float, generator: Generator) -> bool:
    """Return whether a claim about AUROCs is made by resampling patients within outcomes."""
    label, new, reference = scores(n, share, border(claim), generator)
    events, others = np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    wins = [
        np.sign(one[events][:, None] - one[others][None, :]) / 2 + 0.5 for one in (new, reference)
    ]
    ahead = wins[0] - wins[1]
    m, k = (
        generator.multinomial(events.size, np.full(events.size, 1 / events.size), RESAMPLES),
        (generator.multinomial(others.size, np.full(others.size, 1 / others.size), RESAMPLES)),
    )
    draws = ((m @ ahead) * k).sum(axis=1) / ahead.size
    found = decide_replicates(float(ahead.mean()), draws, claim, n)
    assert isinstance(found, Decision)
    return found.is_shown


def cells(difference: float) -> np.ndarray:
    """Return the chances that both are right, only the new, only the reference, none."""
    new, reference = REFERENCE + difference, REFERENCE
    both = new * reference + 0.4 * np.sqrt(new * (1 - new) * reference * (1 - reference))
    return np.array([both, new - both, reference - both, 1 - new - reference + both])


def paired(method: str, claim: Claim, n: int, share: float, generator: Generator) -> bool:
    """Return whether a claim about sensitivities is made on ``share * n`` patients with the event."""
    events = round(n * share)
    _, b, c, _ = (int(x) for x in generator.multinomial(events, cells(border(claim))))
    value = (b - c) / events
    if method == "tango":
        parts = [tango_p(b, c, events, claim.bounds[0] if b + c else claim.bounds[0] - 1e-9)]
        if np.isfinite(claim.bounds[1]):
            parts.append(tango_p(c, b, events, -claim.bounds[1]))
        return max(parts) <= claim.one_sided
    error = float(np.sqrt(max((b + c) / events - value**2, 0) / events))
    if method == "wald":
        return error > 0 and decide_normal(value, error, claim, events).is_shown
    draws = generator.multinomial(events, [b / events, c / events, 1 - (b + c) / events], RESAMPLES)
    found = decide_replicates(value, (draws[:, 0] - draws[:, 1]) / events, claim, events)
    assert isinstance(found, Decision)
    return found.is_shown


METHODS: dict[str, Callable[[Claim, int, float, Generator], bool]] = {
    "AUROC, DeLong": by_delong,
    "AUROC, bootstrap": by_bootstrap,
    "sensitivity, Wald": partial(paired, "wald"),
    "sensitivity, bootstrap": partial(paired, "bootstrap"),
    "sensitivity, Tango": partial(paired, "tango"),
}


def size(method: str, claim: Claim, n: int, share: float, repeats: int, seed: int = 1) -> float:
    """Return how often the claim is made though the truth lies on the border of its null."""
    generator = np.random.default_rng([seed, n, int(1000 * share), len(claim.kind)])
    return float(np.mean([METHODS[method](claim, n, share, generator) for _ in range(repeats)]))


def table(repeats: int) -> str:
    """Return the table of the page on comparison."""
    head = [f"{claim.kind} ({100 * claim.one_sided:g} %)" for claim in CLAIMS]
    lines = ["| difference of | patients | events | " + " | ".join(head) + " |", "|---" * 6 + "|"]
    for method in METHODS:
        for n, share in ((200, 0.25), (400, 0.25), (1000, 0.25)):
            found = [f"{100 * size(method, claim, n, share, repeats):.1f}" for claim in CLAIMS]
            lines.append(f"| {method} | {n} | {round(n * share)} | " + " | ".join(found) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
