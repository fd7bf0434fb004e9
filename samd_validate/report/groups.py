"""Groups of patients side by side: a row a group, with its difference to the rest beside it."""

from __future__ import annotations

from collections.abc import Sequence

from samd_validate.core.bundle import Bundle
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import Finding
from samd_validate.report.build import Numbers, grid, number
from samd_validate.report.measured import clauses, measurement_words, p_words
from samd_validate.report.row_keys import row_key
from samd_validate.report.tree import Block, Cell, Paragraph
from samd_validate.report.words import (
    count_words,
    measure_words,
    population_words,
    subset_words,
)

REST, REFERENCE, GAP = "_difference_to_rest", "_difference_to_reference", "_largest_gap"
LEFT_OUT = (
    "Not printed as rows: {groups} crossings of groups ({findings} findings), {bare} of them "
    "without a number somewhere because they are too small. The figures show them, the "
    "limitations name them, and their rows are in the sheet findings of the tables beside this "
    "report (-tables.xlsx)."
)
COLUMNS = ("Group", "Estimate (CI)", "n", "Events", "Difference to the rest (CI)", "p adjusted")
WIDTHS = (22, 22, 8, 8, 26, 14)


def of_compared_groups(findings: Sequence[Finding]) -> list[Finding]:
    """Return the device's findings of measures whose groups are compared, ``all`` among them."""
    findings = [one for one in findings if one.model == "device"]
    names = {one.measure for one in findings}
    compared = {_base(name) for name in names if name.endswith((REST, GAP))}
    measures = compared & names
    return [one for one in findings if _base(one.measure) in measures]


def _base(measure: str) -> str:
    for ending in (REST, REFERENCE, GAP):
        if measure.endswith(ending):
            return measure.removesuffix(ending)
    return measure


def group_tables(
    name: str, title: str, findings: Sequence[Finding], bundle: Bundle, numbers: Numbers
) -> list[Block]:
    """Return a table for each measure and population, largest gaps as its last rows."""
    shown = _printed(findings, bundle) if numbers.is_paper else findings
    keys = dict.fromkeys((_base(one.measure), one.population) for one in shown)
    tables: list[Block] = [
        _table(
            f"{name}-{place}",
            f"{title}: {measure_words(measure)}, {population_words(population, bundle)}",
            [one for one in shown if (_base(one.measure), one.population) == (measure, population)],
            bundle,
            numbers,
        )
        for place, (measure, population) in enumerate(keys)
    ]
    return tables + _left_out(findings, shown)


def _printed(findings: Sequence[Finding], bundle: Bundle) -> Sequence[Finding]:
    """Return what pages show: single groups, largest gaps, and what a criterion reads."""
    read = {criterion.finding for criterion in bundle.all_criteria}
    subsets = {one.subset for one in findings if one.key in read}
    return [
        one
        for one in findings
        if "&" not in one.subset or one.subset in subsets or one.measure.endswith(GAP)
    ]


def _left_out(findings: Sequence[Finding], shown: Sequence[Finding]) -> list[Block]:
    kept = set(map(id, shown))
    left = [one for one in findings if id(one) not in kept]
    if not left:
        return []
    groups = {one.subset for one in left}
    bare = {one.subset for one in left if not isinstance(one.measurement, Estimate)}
    words = LEFT_OUT.format(groups=len(groups), bare=len(bare), findings=len(left))
    return [Paragraph(text=words, look="note")]


def _table(
    name: str, title: str, findings: Sequence[Finding], bundle: Bundle, numbers: Numbers
) -> Block:
    measure = _base(findings[0].measure)
    keys = {(one.subset, one.measure): row_key(one, bundle) for one in findings}
    by_key = {(one.subset, one.measure): one.measurement for one in findings}
    rows, of = [], []
    for (subset, what), measurement in by_key.items():
        if what == measure:
            difference = by_key.get((subset, measure + REST))
            make = _bare_row if numbers.is_paper and _is_bare(measurement) else _row
            rows.append(make(subset, measurement, difference))
            of.append((subset, what))
        elif what.endswith(REFERENCE):
            rows.append(_row(f"{subset}, to the reference", None, measurement))
            of.append((subset, what))
    for (subset, what), gap in by_key.items():
        if what.endswith(GAP):
            rows.append(_row(f"{subset}: largest gap", None, gap))
            of.append((subset, what))
    return grid(
        numbers,
        name,
        title,
        COLUMNS,
        rows,
        caption=_methods(findings),
        file="findings.json",
        look="small",
        widths=WIDTHS,
        keys=[keys[one] for one in of],
    )


def _row(subset: str, own: Measurement | None, difference: Measurement | None) -> list[Cell]:
    counted = difference if own is None else own
    return [
        Cell(text=subset_words(subset)),
        _estimate(own),
        number(count_words(None if counted is None else counted.n)),
        number(count_words(None if own is None else own.n_events)),
        Cell(text="–") if own is not None and own == difference else _estimate(difference),
        number(_p(difference)),
    ]


def _is_bare(measurement: Measurement) -> bool:
    return not isinstance(measurement, Estimate)


def _bare_row(subset: str, own: Measurement, _difference: Measurement | None) -> list[Cell]:
    """Return the row of a group without a number: its reason takes the place of all numbers."""
    name = Cell(text=subset_words(subset))
    return [name, Cell(text=measurement_words(own), look="gap", span=len(COLUMNS) - 1)]


def _estimate(measurement: Measurement | None) -> Cell:
    if measurement is None:
        return Cell(text="–")
    look = "estimate" if isinstance(measurement, Estimate) else "gap"
    return Cell(text=measurement_words(measurement), look=look)


def _p(measurement: Measurement | None) -> str:
    if not isinstance(measurement, Estimate) or measurement.p_value is None:
        return "–"
    return p_words(measurement.p_value).removeprefix("= ")


def _methods(findings: Sequence[Finding]) -> str:
    """Return how the intervals of the rows were made, each way once."""
    kinds = {"Estimates": "", "Differences": REST, "Largest gaps": GAP}
    measure = _base(findings[0].measure)
    words = []
    for kind, ending in kinds.items():
        ways = dict.fromkeys(
            _way(one.measurement)
            for one in findings
            if one.measure == measure + ending and isinstance(one.measurement, Estimate)
        )
        if ways:
            words.append(f"{kind}: {'; '.join(ways)}.")
    return " ".join(words)


def _way(measurement: Measurement) -> str:
    """Return the method without the p-value and the note, which differ by row."""
    if not isinstance(measurement, Estimate):
        return ""
    words = ", ".join(clauses(measurement))
    adjusted = measurement.note.split(", unadjusted")[0]
    return f"{words}, {adjusted}" if adjusted.startswith("p adjusted") else words
