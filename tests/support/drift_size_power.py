"""Size and power of the tests of drift: `python tests/support/drift_size_power.py DOCS [REPEATS]`.

Writes the page `methods/drift_size_power.md` into the folder DOCS. With `detectable` in place of DOCS the
table of detectable shifts alone is printed, to be put into the page by `into_page.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from drift_planted import planted_tables
from drift_samples import TESTS, Cell, draw, every_test, truth
from scipy.optimize import brentq

from samd_validate.checks.drift.jointly import boosting
from samd_validate.stats.drift.classifier_two_sample import classifier_two_sample
from samd_validate.stats.drift.groups import Shift

PATIENTS = 150
ICC = 0.5
SHIFTS = (0.1, 0.2, 0.4)
LARGEST = 2.0


def found(cell: Cell, repeats: int, seed: int) -> list[dict[str, Shift]]:
    """Return what each test found in each of the data sets."""
    generator = np.random.default_rng(
        [seed, cell.patients, int(100 * cell.icc), int(1e4 * cell.shift)]
    )
    return [every_test(*draw(cell, generator), seed=number) for number in range(repeats)]


def rejected(results: list[dict[str, Shift]], name: str) -> float:
    """Return the share of data sets in which p is below 0.05, in percent."""
    return 100 * float(np.mean([float(one[name].effect.p_value or 0) < 0.05 for one in results]))


def covered(results: list[dict[str, Shift]], name: str, shift: float) -> str:
    """Return the share of intervals that hold the true effect, in percent."""
    true = truth(shift).get(name)
    if true is None:
        return ""
    held = [one[name].effect.low <= true <= one[name].effect.high for one in results]
    return f"{100 * float(np.mean(held)):.1f}"


def size_and_power(repeats: int) -> list[str]:
    """Return the table of rejections by shift, one row a patient and several."""
    heads = [f"{shift:g} SD" for shift in (0.0, *SHIFTS)]
    lines = [
        "| test | rows of a patient | " + " | ".join(heads) + " |",
        "|---|---|" + "---|" * len(heads),
    ]
    cells = {
        icc: [found(Cell(PATIENTS, icc, shift), repeats, 1) for shift in (0.0, *SHIFTS)]
        for icc in (0.0, ICC)
    }
    for words, name in TESTS.items():
        for icc, rows in (("one", cells[0.0]), ("1 to 4", cells[ICC])):
            shares = [f"{rejected(results, name):.1f}" for results in rows]
            lines.append(f"| {words} | {icc} | " + " | ".join(shares) + " |")
    lines += ["", "Coverage of the intervals (%):", ""]
    lines += [lines[0], lines[1]]
    for words, name in TESTS.items():
        if name == "c2st":
            continue
        for icc, rows in (("one", cells[0.0]), ("1 to 4", cells[ICC])):
            shares = [
                covered(results, name, shift)
                for results, shift in zip(rows, (0.0, *SHIFTS), strict=True)
            ]
            lines.append(f"| {words} | {icc} | " + " | ".join(shares) + " |")
    return lines


def at_detectable(repeats: int) -> list[str]:
    """Return how often a shift is found that is as large as the one said to be detectable."""
    lines = [
        "| test | detectable effect (mean) | as a shift in SD | found (%) |",
        "|---|---|---|---|",
    ]
    nothing = found(Cell(PATIENTS), 20, 2)
    for words, name in TESTS.items():
        if name == "c2st":
            continue
        wanted = float(np.mean([one[name].detectable for one in nothing]))
        shift = brentq(lambda s, n=name, w=wanted: truth(s)[n] - w, 1e-6, LARGEST)
        share = rejected(found(Cell(PATIENTS, 0.0, shift), repeats, 3), name)
        lines.append(f"| {words} | {wanted:.3f} | {shift:.2f} | {share:.1f} |")
    return lines


def of_boosted_trees(repeats: int) -> list[str]:
    """Return how often the classifier of boosted trees is called better than chance."""
    lines = ["| classifier | shift in SD | p below 0.05 (%) | mean AUROC |", "|---|---|---|---|"]
    for shift in (0.0, 0.2):
        generator = np.random.default_rng([4, int(100 * shift)])
        shifts = [
            classifier_two_sample(*draw(Cell(PATIENTS, 0.0, shift), generator), n, boosting(n))
            for n in range(repeats)
        ]
        effects = [one.effect for one in shifts if isinstance(one, Shift)]
        share = 100 * np.mean([float(one.p_value or 0) < 0.05 for one in effects])
        auroc = np.mean([one.value for one in effects])
        lines.append(
            f"| boosted trees, corrected variance | {shift:g} | {share:.1f} | {auroc:.3f} |"
        )
    return lines


def page(repeats: int) -> str:
    """Return the page."""
    error = 100 * np.sqrt(0.05 * 0.95 / repeats)
    parts = [
        "# Size and power of the tests of drift, as simulated",
        "",
        f"Made by `make simulate`: {repeats} data sets a cell, {PATIENTS} patients in each group; the standard error of a",
        f"share of 5 % is {error:.1f} points. Five normal features are shifted alike; the tests of one variable see one of them",
        "(in four categories for V, cut to missing or not for the share). With several rows, patients have one to four of",
        f"correlation {ICC:g}. P-values of the permutation tests are of 199 permutations.",
        "",
        "## How often p is below 0.05 (%)",
        "",
        "In the column 0 SD nothing is shifted: 5 is right.",
        "",
        *size_and_power(repeats),
        "",
        "## Whether the detectable shift is found in 80 %",
        "",
        "The shift that the tests themselves name, put into the data (one row a patient).",
        "",
        *at_detectable(repeats),
        "",
        "## Boosted trees",
        "",
        f"Of {repeats // 4} data sets. Their p-value comes from a corrected variance and not from permutations.",
        "",
        *of_boosted_trees(repeats // 4),
        "",
        "## Planted shifts, and twins without them",
        "",
        *planted_tables(),
    ]
    return "\n".join(parts) + "\n"


def main(docs: Path, repeats: int) -> None:
    """Simulate and write the page."""
    target = docs / "methods" / "drift_size_power.md"
    target.write_text(page(repeats), encoding="utf-8")


if __name__ == "__main__":
    wanted_repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    if sys.argv[1] == "detectable":
        sys.stdout.write("\n".join(at_detectable(wanted_repeats)) + "\n")
    else:
        main(Path(sys.argv[1]), wanted_repeats)
