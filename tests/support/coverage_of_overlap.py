"""How often intervals over cases hold the truth: `python tests/support/coverage_of_overlap.py` prints a page.

A patient has one case, or one to six; cases of a patient share half of the variance. A Dice is
Beta(8, 1.5), a distance is log-normal; a share of cases is missed and counts as 0, or as the
diagonal of 250 mm. Lesions are found with a chance that differs between patients.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr
from scipy.stats import beta, norm

from samd_validate.core.arrays import FloatArray, IntArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.from_draws import Limits, percentile
from samd_validate.stats.segmentation.patient_sums import (
    PatientSums,
    Range,
    bca_limits,
    median_replicates,
    patient_multiplicities,
    ratio_replicates,
    student_limits,
    sums_by_patient,
    woodruff_limits,
)

RESAMPLES = 999
PATIENTS = (10, 20, 50, 200)
DIAGONAL = 250.0
LEVEL = 0.95
SPREAD = 1.2  # of the log-odds that a lesion is found, between patients


@dataclass(frozen=True)
class Kind:
    """What is measured: its words, its range, and the share of cases that is missed."""

    words: str
    where: Range
    missed: float = 0.0

    @property
    def mean(self) -> float:
        found = {"share": 8 / 9.5, "positive": float(np.exp(1.2 + 0.8**2 / 2))}[self.where]
        return (1 - self.missed) * found + self.missed * (DIAGONAL if self.where != "share" else 0)

    @property
    def median(self) -> float:
        if self.where == "share":
            return float(beta.ppf((0.5 - self.missed) / (1 - self.missed), 8, 1.5))
        return float(np.exp(1.2 + 0.8 * norm.ppf(0.5 / (1 - self.missed))))


KINDS = (
    Kind("Dice", "share"),
    Kind("Dice, 5 % missed", "share", 0.05),
    Kind("Dice, 15 % missed", "share", 0.15),
    Kind("HD95, 5 % missed", "positive", 0.05),
)


def patients_of(n: int, several: bool, generator: np.random.Generator) -> IntArray:
    """Return the patient of each case."""
    return np.repeat(np.arange(n), generator.integers(1, 7, n) if several else 1)


def shared_normal(patient: IntArray, generator: np.random.Generator) -> FloatArray:
    """Return a standard normal number per case; cases of a patient are correlated by one half."""
    between = generator.standard_normal(patient.max() + 1)[patient]
    return np.sqrt(0.5) * (between + generator.standard_normal(patient.size))


def draw(kind: Kind, patient: IntArray, generator: np.random.Generator) -> FloatArray:
    """Return a value per case."""
    quality = shared_normal(patient, generator)
    found = beta.ppf(ndtr(quality), 8, 1.5)
    worst = 0.0
    if kind.where == "positive":
        found, worst = np.exp(1.2 + 0.8 * quality), DIAGONAL
    is_missed = ndtr(shared_normal(patient, generator)) < kind.missed
    return np.where(is_missed, worst, found)


def draw_lesions(patient: IntArray, generator: np.random.Generator) -> tuple[FloatArray, ...]:
    """Return the lesions found and present per case, and the patient, of cases with a lesion."""
    chance = expit(1.4 + SPREAD * generator.standard_normal(patient.max() + 1))[patient]
    present = generator.poisson(2, patient.size)
    found = generator.binomial(present, chance)
    has = present > 0
    return found[has].astype(float), present[has].astype(float), patient[has]


def true_sensitivity() -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    return float((weights * expit(1.4 + SPREAD * nodes)).sum() / weights.sum())


def bootstrap_t(sums: PatientSums, plan: IntervalPlan) -> Limits:
    """Return limits by the studentised bootstrap: considered, and not offered."""
    (weight,) = patient_multiplicities(sums.n_patients, plan)
    top, bottom, m = sums.numerator, sums.denominator, sums.n_patients
    value = (weight @ top) / (weight @ bottom)
    squares = (
        weight @ top**2 - 2 * value * (weight @ (top * bottom)) + value**2 * (weight @ bottom**2)
    )
    error = np.sqrt(np.maximum(squares, 0) * m / (m - 1)) / (weight @ bottom)
    kept = error > 1e-12
    pivot = (value[kept] - sums.value) / error[kept]
    low, high = percentile(pivot, LEVEL)
    return sums.value - high * sums.standard_error, sums.value - low * sums.standard_error


OF_RATIOS: dict[str, Callable[[PatientSums, IntervalPlan, Range], Limits]] = {
    "Student, on its scale": lambda sums, _, where: student_limits(sums, LEVEL, where),
    "Student, plain": lambda sums, *_: student_limits(sums, LEVEL, "line"),
    "percentile": lambda sums, plan, _: percentile(ratio_replicates(sums, plan), LEVEL),
    "BCa": lambda sums, plan, _: bca_limits(sums, ratio_replicates(sums, plan), LEVEL),
    "bootstrap-t": lambda sums, plan, _: bootstrap_t(sums, plan),
}
OF_MEDIANS = ("Woodruff", "percentile")


def limits_of_mean(
    values: FloatArray, patient: IntArray, kind: Kind, seed: int
) -> dict[str, Limits]:
    sums = sums_by_patient(values, np.ones(values.size), patient)
    return limits_of_ratio(sums, kind.where, seed) | {
        "cases as patients": limits_of_cases(values, kind)
    }


def limits_of_cases(values: FloatArray, kind: Kind) -> Limits:
    sums = sums_by_patient(values, np.ones(values.size), np.arange(values.size))
    return student_limits(sums, LEVEL, kind.where)


def limits_of_ratio(sums: PatientSums, where: Range, seed: int) -> dict[str, Limits]:
    plan = IntervalPlan(n_resamples=RESAMPLES, seed=seed)
    if sums.standard_error == 0:  # no patient differs from another: nothing to compare
        return dict.fromkeys(OF_RATIOS, (sums.value, sums.value))
    return {name: limits(sums, plan, where) for name, limits in OF_RATIOS.items()}


def limits_of_median(values: FloatArray, patient: IntArray, seed: int) -> dict[str, Limits]:
    plan = IntervalPlan(n_resamples=RESAMPLES, seed=seed)
    by_rank = woodruff_limits(values, patient, LEVEL)
    return {
        "Woodruff": by_rank or (float(values[0]), float(values[0])),
        "percentile": percentile(median_replicates(values, patient, plan), LEVEL),
    }


def covered(
    make: Callable[[np.random.Generator, int], dict[str, Limits]], truth: float, repeats: int
) -> dict[str, tuple[float, float]]:
    """Return for each method the share of intervals that hold the truth, and their median width."""
    generator = np.random.default_rng(20)
    found = [make(generator, number) for number in range(repeats)]
    ends = {name: np.array([one[name] for one in found]) for name in found[0]}
    return {
        name: (
            float(((low_high[:, 0] <= truth) & (truth <= low_high[:, 1])).mean()),
            float(np.median(low_high[:, 1] - low_high[:, 0])),
        )
        for name, low_high in ends.items()
    }


def means(kind: Kind, n: int, several: bool, repeats: int) -> dict[str, tuple[float, float]]:
    def make(generator: np.random.Generator, seed: int) -> dict[str, Limits]:
        patient = patients_of(n, several, generator)
        return limits_of_mean(draw(kind, patient, generator), patient, kind, seed)

    return covered(make, kind.mean, repeats)


def medians(kind: Kind, n: int, several: bool, repeats: int) -> dict[str, tuple[float, float]]:
    def make(generator: np.random.Generator, seed: int) -> dict[str, Limits]:
        patient = patients_of(n, several, generator)
        return limits_of_median(draw(kind, patient, generator), patient, seed)

    return covered(make, kind.median, repeats)


def sensitivities(n: int, several: bool, repeats: int) -> dict[str, tuple[float, float]]:
    def make(generator: np.random.Generator, seed: int) -> dict[str, Limits]:
        lesions = draw_lesions(patients_of(n, several, generator), generator)
        return limits_of_ratio(sums_by_patient(*lesions), "share", seed)

    return covered(make, true_sensitivity(), repeats)


def table(
    columns: tuple[str, ...], rows: list[tuple[str, int, bool, dict[str, tuple[float, float]]]]
) -> list[str]:
    lines = [
        "| measure | patients | cases each | " + " | ".join(columns) + " |",
        "|" + "---|" * (len(columns) + 3),
    ]
    for words, n, several, found in rows:
        cells = [f"{100 * found[name][0]:.1f} ({found[name][1]:.3g})" for name in columns]
        lines.append(f"| {words} | {n} | {'1-6' if several else '1'} | " + " | ".join(cells) + " |")
    return lines


def page(repeats: int) -> str:
    """Return the page of measured coverage."""
    cells = [(n, several) for several in (False, True) for n in PATIENTS]
    error = 100 * np.sqrt(LEVEL * (1 - LEVEL) / repeats)
    lines = [
        "# Coverage of intervals over cases, as simulated",
        "",
        f"Made by `make simulate`. Nominal level 95 %; {repeats} simulated data sets a cell, {RESAMPLES}",
        f"resamples; the standard error of a cell at 95 % is {error:.1f} points. In brackets the median width.",
        "A Dice is Beta(8, 1.5), a distance log-normal (median 3.3 mm); missed cases count as 0, or as",
        f"{DIAGONAL:g} mm. Cases of a patient are correlated by 0.5.",
        "",
        "## Mean over cases",
        "",
        *table(
            (*OF_RATIOS, "cases as patients"),
            [(k.words, n, s, means(k, n, s, repeats)) for k in KINDS for n, s in cells],
        ),
        "",
        "## Median over cases",
        "",
        *table(
            OF_MEDIANS,
            [(k.words, n, s, medians(k, n, s, repeats)) for k in KINDS for n, s in cells],
        ),
        "",
        "## Lesion-wise sensitivity, lesions of all cases",
        "",
        f"Two lesions a case on average; the chance of being found differs between patients (true {true_sensitivity():.3f}).",
        "",
        *table(
            tuple(OF_RATIOS),
            [("sensitivity", n, s, sensitivities(n, s, repeats)) for n, s in cells],
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(int(sys.argv[1]) if len(sys.argv) > 1 else 600))
