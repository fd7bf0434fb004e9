"""What a reader sees: the table of all columns, and the figures of the most shifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from samd_validate.checks._forest import forest_row
from samd_validate.checks._numbers import p_words
from samd_validate.checks.drift.compared import Compared
from samd_validate.checks.drift.one_by_one import Tested
from samd_validate.core.arrays import BoolArray
from samd_validate.core.finding import Figure, Table
from samd_validate.stats.drift.groups import Groups, Shift, ShiftFound

DRAWN = 15
RANKED = 12
SMALLEST_P = 0.001
COLUMNS = (
    "variable",
    "reference",
    "here",
    "D or V",
    "adj. p",
    "80% power",
    "PSI (chance)",
    "moved, SD",
    "missing %",
    "adj. p (missing)",
)


def by_size(tests: Sequence[Tested]) -> list[Tested]:
    """Return what was tested, the surest shift first, and the largest of equally sure ones."""
    return sorted(tests, key=lambda one: (one.p_value, -one.size, one.pair.name))


def table(step: str, compared: Compared, tests: Sequence[Tested], most: int, adjust: str) -> Table:
    """Return a row for each of the most shifted columns."""
    groups = compared.groups
    ranked = by_size(tests)
    left = len(ranked) - most
    more = f" {left} less shifted variables are not printed." if left > 0 else ""
    return Table(
        id=f"{step}-variables-{compared.id}",
        title=f"Variables, {compared.title}",
        caption="Numbers as mean (SD), categories as the commonest with its share. D: largest "
        "distance of the distributions of a number (0 alike, 1 apart); V: Cramér's V of a "
        "category, less what chance adds; both with their intervals. 80% power: the smallest D or "
        "V that samples like these find with p < 0.05 before adjustment. PSI: population "
        "stability index, and what chance alone stays below. Moved: mean distance that "
        "values must move, in SD of the reference. "
        f"P-values are adjusted over all tests of this table ({adjust}).{more}",
        columns=COLUMNS,
        rows=tuple(_row(one, groups) for one in ranked[:most]),
    )


def _row(one: Tested, groups: Groups) -> tuple[object, ...]:
    return (
        one.pair.title,
        _described(one, ~groups.is_other),
        _described(one, groups.is_other),
        _interval(one.distance),
        _p_words(one.distance),
        f"{one.distance.detectable:.2f}" if isinstance(one.distance, Shift) else "-",
        _with_chance(one.stability),
        _plain(one.moved),
        _missing(one, groups),
        "-" if one.missing is None else _p_words(one.missing),
    )


def _described(one: Tested, side: BoolArray) -> str:
    known = one.pair.values[side & ~one.pair.is_missing]
    if not known.size:
        return "-"
    if one.pair.kind == "number":
        return f"{known.mean():.3g} ({known.std():.3g})"
    levels, counts = np.unique(one.pair.values[~one.pair.is_missing], return_counts=True)
    commonest = levels[np.argmax(counts)]
    return f"{commonest} {100 * np.mean(known == commonest):.0f}%"


def _interval(found: ShiftFound) -> str:
    if not isinstance(found, Shift):
        return found.reason
    effect = found.effect
    return f"{effect.value:.2f} ({effect.low:.2f} to {effect.high:.2f})"


def _with_chance(found: ShiftFound) -> str:
    if not isinstance(found, Shift):
        return "-"
    chance = found.effect.note.rpartition(" ")[2]
    return f"{found.effect.value:.3f} ({chance})"


def _plain(found: ShiftFound | None) -> str:
    return f"{found.effect.value:.2f}" if isinstance(found, Shift) else "-"


def _missing(one: Tested, groups: Groups) -> str:
    missing = one.pair.is_missing
    reference, here = (100 * missing[side].mean() for side in (~groups.is_other, groups.is_other))
    return f"{reference:.0f} to {here:.0f}"


def _p_words(found: ShiftFound) -> str:
    return p_words(float(found.effect.p_value or 0) if isinstance(found, Shift) else None)


def forest(step: str, compared: Compared, tests: Sequence[Tested]) -> Figure:
    """Return the most shifted columns with the intervals of their distances."""
    rows = [
        forest_row(
            one.pair.title,
            one.distance.effect if isinstance(one.distance, Shift) else one.distance,
        )
        for one in by_size(tests)[:DRAWN]
    ]
    return Figure(
        id=f"{step}-distances-{compared.id}",
        kind="forest",
        title=f"Most shifted variables, {compared.title}",
        caption="D of numbers and V of categories with their intervals, from 0 (alike) to 1 (apart)"
        f"; the {len(rows)} largest of {len(tests)}.",
        alt=f"Forest plot of how far variables moved, {compared.title}.",
        content={
            "measure": "D or V",
            "reference": 0.0,
            "limits": None,
            "rows": rows,
        },
    )


def ranking(step: str, compared: Compared, share: Mapping[str, float], words: str) -> Figure:
    """Return the variables by which a classifier tells the groups apart."""
    rows = [
        {"label": name, "value": 100 * value, "unit": "%"}
        for name, value in list(share.items())[:RANKED]
    ]
    return Figure(
        id=f"{step}-classifier-{compared.id}",
        kind="bars",
        title=f"What tells them apart, {compared.title}",
        caption=f"Share of each variable in the {words} of a classifier of the group, of all "
        "variables. It says something only where the classifier is better than chance.",
        alt=f"Bars of the variables that tell the groups apart, {compared.title}.",
        content={"rows": rows, "x_label": f"share of the {words} (%)"},
    )
