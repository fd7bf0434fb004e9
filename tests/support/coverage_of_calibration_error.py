"""How often intervals of calibration errors hold the truth, as tables.

`python tests/support/coverage_of_calibration_error.py errors|binned|band REPEATS [SIZE ...]`

Risks are binormal (distance 1.2) or beta (sum of parameters 4) and then calibrated, too extreme
(true slope 0.7 around the prevalence) or too low (true log-odds higher by 0.5). The truth is 0 for
calibrated risks and else that of 400,000 patients. For the band, ``bump`` raises the
true log-odds by up to 0.8 around the prevalence, ``curved`` adds 0.15 times the squared distance from it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.binned_ece import _binned_or_lacking, binned_calibration_error
from samd_validate.stats.calibration.calibration_error import ERRORS, errors_of_counts
from samd_validate.stats.calibration.calibration_error_interval import (
    calibrated_errors,
    calibration_error_interval,
)
from samd_validate.stats.calibration.spline import spline_fit
from samd_validate.stats.sample import Sample

RESAMPLES, SETS, LEVEL, GROUPS, MANY = 300, 399, 0.95, 40, 400_000
KINDS, TRUTHS, PREVALENCES, SIZES = (
    ("binormal", "beta"),
    ("calibrated", "slope 0.7", "shift 0.5"),
    (0.15, 0.40),
    (200, 500, 2000),
)


@dataclass(frozen=True)
class Cell:
    """One setting of the simulation; a cluster of 1 is a patient with one row."""

    n: int
    kind: str
    truth: str
    prevalence: float
    cluster: int = 1


CELLS = tuple(Cell(n, k, t, p) for n in SIZES for k in KINDS for t in TRUTHS for p in PREVALENCES)


def draw(cell: Cell, generator: np.random.Generator, n: int | None = None) -> Sample:
    """Draw scores and outcomes; rows of one patient share both."""
    size, middle = n or cell.n, logit(cell.prevalence)
    if cell.kind == "binormal":
        event = generator.random(size) < cell.prevalence
        true = middle - 0.72 + 1.2 * (generator.standard_normal(size) + 1.2 * event)
    else:
        a, b = 4 * cell.prevalence, 4 * (1 - cell.prevalence)
        true = logit(np.clip(generator.beta(a, b, size), 1e-6, 1 - 1e-6))
    log_odds = {
        "calibrated": true,
        "curved": true,
        "bump": true,
        "slope 0.7": middle + (true - middle) / 0.7,
        "shift 0.5": true - 0.5,
    }[cell.truth]
    label = generator.random(size) < observed(cell, expit(log_odds))
    repeat = np.repeat(np.arange(size), cell.cluster)
    return Sample(label=label[repeat], score=expit(log_odds)[repeat], cluster=repeat)


def observed(cell: Cell, score: np.ndarray) -> np.ndarray:
    """Return the true risk at a score."""
    middle, x = logit(cell.prevalence), logit(score)
    return expit(
        {
            "calibrated": x,
            "curved": x + 0.15 * (x - middle) ** 2 - 0.2,
            "bump": x + 0.8 * np.exp(-((x - middle) ** 2) / 2) - 0.2,
            "slope 0.7": middle + 0.7 * (x - middle),
            "shift 0.5": x + 0.5,
        }[cell.truth]
    )


def resampled(one: Sample, times: np.ndarray) -> np.ndarray:
    """Return the four errors ``(resamples, 4)`` when rows count ``times (resamples, n)``."""
    score, inverse = np.unique(one.score, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[order], np.arange(score.size))
    count = np.add.reduceat(times[:, order], starts, axis=1)
    events = np.add.reduceat((times * one.label)[:, order], starts, axis=1)
    return errors_of_counts(score, count, events)


def replicates(one: Sample, generator: np.random.Generator, n: int = RESAMPLES) -> np.ndarray:
    """Return the four errors ``(n, 4)`` of resampled patients."""
    patients = one.n_clusters
    times = generator.multinomial(patients, np.full(patients, 1 / patients), size=n)
    return resampled(one, times[:, one.codes])


def _seeded(cell: Cell, stream: int) -> np.random.Generator:
    words = int.from_bytes(f"{cell.kind}{cell.truth}".encode(), "big") % 2**32
    return np.random.default_rng([cell.n, int(100 * cell.prevalence), words, stream])


def true_errors(cell: Cell) -> np.ndarray:
    if cell.truth == "calibrated":
        return np.zeros(4)
    one = draw(cell, np.random.default_rng(9), MANY)
    return resampled(one, np.ones((1, one.n)))[0]


def limits(one: Sample, seed: int) -> dict[str, np.ndarray]:
    """Return the limits ``(2, 4)`` of each method, the four errors behind one another."""
    generator = np.random.default_rng(seed)
    value = resampled(one, np.ones((1, one.n)))[0]
    draws = replicates(one, generator)
    plan = IntervalPlan(level=LEVEL, seed=seed)
    calibrated = calibrated_errors(one, plan, SETS)
    found = [
        calibration_error_interval(m, value[k], draws[:, k], one, plan, calibrated)
        for k, m in enumerate(ERRORS)
    ]
    chosen = np.array([(e.low, e.high) for e in found if isinstance(e, Estimate)]).T
    tested = np.array([e.p_value <= 0.025 for e in found if isinstance(e, Estimate)])
    low, high = np.quantile(draws, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
    bias = draws.mean(axis=0) - value
    centred = np.array([np.maximum(low - bias, 0), high - bias])
    return {
        "chosen": chosen,
        "percentile": np.array([low, high]),
        "basic": np.array([np.maximum(2 * value - high, 0), 2 * value - low]),
        "BC": _corrected(value, draws, np.zeros(4)),
        "BCa": _corrected(value, draws, _acceleration(one, generator)),
        "centred percentile": centred,
        "centred, low end tested": np.array([np.where(tested, centred[0], 0), centred[1]]),
    }


def _corrected(value: np.ndarray, draws: np.ndarray, acceleration: np.ndarray) -> np.ndarray:
    below = np.clip((draws < value).mean(axis=0), 0.5 / len(draws), 1 - 0.5 / len(draws))
    shift = ndtri(below)
    out = []
    for z in (ndtri((1 - LEVEL) / 2), ndtri((1 + LEVEL) / 2)):
        share = ndtr(shift + (shift + z) / (1 - acceleration * (shift + z)))
        out.append([np.quantile(draws[:, k], share[k]) for k in range(4)])
    return np.array(out)


def _acceleration(one: Sample, generator: np.random.Generator) -> np.ndarray:
    group = generator.permutation(one.n) % GROUPS
    left = resampled(one, (group != np.arange(GROUPS)[:, None]).astype(float))
    pull = left.mean(axis=0) - left
    return (pull**3).sum(axis=0) / (6 * (pull**2).sum(axis=0) ** 1.5)


def coverage(cell: Cell, repeats: int) -> dict[str, np.ndarray]:
    """Return for each method how often its intervals hold the truth ``(4,)``."""
    generator = _seeded(cell, 1)
    truth, hits = true_errors(cell), {}
    for number in range(repeats):
        for method, (low, high) in limits(draw(cell, generator), number).items():
            hits.setdefault(method, []).append((low <= truth + 1e-12) & (truth <= high))
    return {method: np.mean(held, axis=0) for method, held in hits.items()}


def true_binned(cell: Cell) -> float:
    if cell.truth == "calibrated":
        return 0.0
    large = _binned_or_lacking(draw(cell, np.random.default_rng(5), MANY), 10)
    return float(np.sqrt(large.debiased_square))


def coverage_binned(cell: Cell, repeats: int) -> float:
    """Return how often intervals of the binned error hold the truth."""
    generator = _seeded(cell, 2)
    truth = true_binned(cell)
    found = [
        binned_calibration_error(draw(cell, generator), IntervalPlan(level=LEVEL, seed=number))
        for number in range(repeats)
    ]
    known = [one for one in found if isinstance(one, Estimate)]
    return float(np.mean([one.low <= truth + 1e-12 and truth <= one.high for one in known]))


def coverage_of_band(cell: Cell, repeats: int) -> float:
    """Return how often the band of the curve holds the true risk, the mean over its points."""
    generator = _seeded(cell, 3)
    held = []
    for _ in range(repeats):
        at, _, low, high = spline_fit(draw(cell, generator), LEVEL)
        truth = observed(cell, at)
        held.append(((low <= truth) & (truth <= high)).mean())
    return float(np.mean(held))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _say(*cells: str) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def _head(*names: str) -> None:
    _say(*names)
    _say(*("---" for _ in names))


def _named(cell: Cell) -> tuple[str, ...]:
    return str(cell.n), cell.kind, cell.truth, f"{100 * cell.prevalence:.0f} %"


def say_errors(repeats: int, cells: Sequence[Cell]) -> None:
    """Print the coverage of the chosen interval by cell, and of the others over all cells."""
    every: dict[str, list[np.ndarray]] = {}
    _head("n", "risks", "truth", "prevalence", "ICI", "E50", "E90", "Emax")
    for cell in cells:
        found = coverage(cell, repeats)
        for method, shares in found.items():
            every.setdefault(method, []).append(shares)
        _say(*_named(cell), *map(_percent, found["chosen"]))
    _head("interval", "ICI", "E50", "E90", "Emax")
    for method, shares in every.items():
        mean, least = np.mean(shares, axis=0), np.min(shares, axis=0)
        words = [f"{_percent(m)} ({_percent(s)})" for m, s in zip(mean, least, strict=True)]
        _say(method, *words)


def say_binned(repeats: int, cells: Sequence[Cell]) -> None:
    """Print the coverage of the binned error by cell."""
    _head("n", "risks", "truth", "prevalence", "binned")
    for cell in cells:
        _say(*_named(cell), _percent(coverage_binned(cell, repeats)))


def say_band(repeats: int, cells: Sequence[Cell]) -> None:
    """Print the coverage of the band by cell."""
    _head("n", "risks", "truth", "prevalence", "band")
    bent = (
        Cell(n, k, truth, p)
        for truth in ("bump", "curved")
        for n in dict.fromkeys(cell.n for cell in cells)
        for k in KINDS
        for p in PREVALENCES
    )
    for cell in (*cells, *bent):
        _say(*_named(cell), _percent(coverage_of_band(cell, repeats)))


if __name__ == "__main__":
    what, many, *sizes = sys.argv[1:]
    wanted = [cell for cell in CELLS if not sizes or str(cell.n) in sizes]
    {"errors": say_errors, "binned": say_binned, "band": say_band}[what](int(many), wanted)
