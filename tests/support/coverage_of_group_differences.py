"""How often intervals of differences between groups of cases hold the truth, and false alarms.

`python tests/support/coverage_of_group_differences.py | python tests/support/into_page.py PAGE`.
Cases are those of `coverage_of_overlap`. Two sites have patients of their own; two groups within a
site are drawn case by case, so that patients with several cases are in both.
"""

from __future__ import annotations

import sys

import numpy as np
from coverage_of_overlap import KINDS, Kind, draw, patients_of
from overlap_tables import with_values

from samd_validate.core.arrays import FloatArray, IntArray
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.group_differences import difference_groups

PLAN = IntervalPlan()
REPEATS = 600
SITES = ((10, 10), (20, 20), (50, 50), (20, 200))
WITHIN = ((20, 0.5), (50, 0.5), (50, 0.2))


def drawn(
    kind: Kind, here: int, there: int, several: bool, generator: np.random.Generator
) -> tuple[list[CaseOverlap], list[CaseOverlap]]:
    """Return the cases of two sites of one truth."""
    tables = []
    for n, site in ((here, "a"), (there, "b")):
        patient = patients_of(n, several, generator)
        names = [f"{site}{number}" for number in patient.tolist()]
        tables.append(with_values(draw(kind, patient, generator).tolist(), names))
    return tables[0], tables[1]


def within(
    kind: Kind, n: int, share: float, generator: np.random.Generator
) -> tuple[list[CaseOverlap], list[CaseOverlap]]:
    """Return the cases of two groups of one site, drawn case by case."""
    patient: IntArray = patients_of(n, True, generator)
    values: FloatArray = draw(kind, patient, generator)
    cases = with_values(values.tolist(), patient.tolist())
    chosen = generator.random(values.size) < share
    first = [case for case, one in zip(cases, chosen, strict=True) if one]
    return first, [case for case, one in zip(cases, chosen, strict=True) if not one]


def counted(
    tables: list[tuple[list[CaseOverlap], list[CaseOverlap]]],
) -> tuple[float, float]:
    """Return the shares of intervals that hold 0 and of p-values below 0.05."""
    found = [difference_groups(one, other, "dice", PLAN) for one, other in tables]
    known = [one for one in found if isinstance(one, Estimate)]
    held = np.mean([one.low <= 0 <= one.high for one in known])
    return float(held), float(np.mean([float(one.p_value or 0) < 0.05 for one in known]))


def rows(repeats: int = REPEATS) -> list[str]:
    """Return the rows of the table."""
    generator = np.random.default_rng(11)
    made = []
    for kind in KINDS[:2]:
        for here, there in SITES:
            cells = []
            for several in (False, True):
                tables = [drawn(kind, here, there, several, generator) for _ in range(repeats)]
                cells.append(counted(tables))
            made.append((f"{kind.words}: two sites of {here} and {there} patients", cells))
        for n, share in WITHIN:
            tables = [within(kind, n, share, generator) for _ in range(repeats)]
            made.append(
                (f"{kind.words}: {share:.0%} of the cases of {n} patients", [None, counted(tables)])
            )
    return [f"| {words} | {' / '.join(_cell(one) for one in cells)} |" for words, cells in made]


def _cell(one: tuple[float, float] | None) -> str:
    return "–" if one is None else f"{100 * one[0]:.1f} ({100 * one[1]:.1f})"


if __name__ == "__main__":
    head = "| difference of means, held the truth (p below 0.05) in ... of 100 | one case / one to six |"
    sys.stdout.write("\n".join([head, "|---|---|", *rows()]) + "\n")
