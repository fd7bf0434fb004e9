"""Who was studied: Table 1 by data set, with standardised differences and missingness."""

from __future__ import annotations

import numpy as np

from samd_validate.checks._common import Params, column_of
from samd_validate.core.arrays import Column
from samd_validate.core.cohort import Cohort
from samd_validate.core.finding import CheckOutput, Table
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import check
from samd_validate.stats.engine import standardised_difference


class CohortTableParams(Params):
    """Which columns are described."""

    groups: tuple[str, ...] = ("sex",)
    numbers: tuple[str, ...] = ("age_years",)


@check(
    "cohort_table",
    version=1,
    params=CohortTableParams,
    requirements=("REQ-DATA-QUALITY",),
)
def cohort_table(step: str, inputs: Inputs, params: CohortTableParams) -> CheckOutput:
    """Describe the patients of each data set side by side.

    Purpose: show whom the device was developed and tested on, and how the data sets differ.
    Method: median and quartiles of numbers, counts and shares of categories; for measurements
    over time the share of stays without any value and the median number of values. Differences
    to the first column are standardised (Austin 2009, doi:10.1002/sim.3697).
    How to read it: an absolute standardised difference above 0.1 is worth a look.
    Limits: it describes one column at a time; joint differences do not show.
    """
    cohorts = _cohorts(inputs)
    units = "stays" if next(iter(cohorts.values())).images is None else "images"
    rows = [_size_row(cohorts, units), _event_row(cohorts, units)]
    rows += [_number_row(cohorts, name) for name in params.numbers]
    for name in params.groups:
        rows += _group_rows(cohorts, name)
    names = tuple(cohorts)
    tables = [
        Table(
            id=f"{step}-table-1",
            title="Patients by data set",
            caption=_caption(names),
            columns=("characteristic", *names, *(f"difference {name}" for name in names[1:])),
            rows=tuple(rows),
        )
    ]
    tables += _measurement_tables(step, cohorts)
    return CheckOutput(tables=tuple(tables))


def _caption(names: tuple[str, ...]) -> str:
    words = "Median (quartiles) or count (share)."
    if len(names) == 1:
        return words
    return f"{words} The last columns are standardised differences to {names[0]}."


def _cohorts(inputs: Inputs) -> dict[str, Cohort]:
    cohorts = {} if inputs.development is None else {"development": inputs.development}
    return cohorts | {population.name: population.cohort for population in inputs.populations}


def _differences(columns: list[Column]) -> list[str]:
    return [_signed(standardised_difference(columns[0], column)) for column in columns[1:]]


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def _size_row(cohorts: dict[str, Cohort], units: str) -> tuple[object, ...]:
    cells = [f"{c.size} ({np.unique(c.patient_id).size})" for c in cohorts.values()]
    return (f"{units} (patients)", *cells, *[""] * (len(cohorts) - 1))


def _event_row(cohorts: dict[str, Cohort], units: str) -> tuple[object, ...]:
    cells = [f"{c.n_events} ({100 * c.n_events / c.size:.1f}%)" for c in cohorts.values()]
    labels = [c.label.astype(np.float64) for c in cohorts.values()]
    words = "outcome event" if units == "stays" else "with the outcome"
    return (words, *cells, *_differences(labels))


def _number_row(cohorts: dict[str, Cohort], name: str) -> tuple[object, ...]:
    columns = [c.numbers.get(name, np.full(c.size, np.nan)) for c in cohorts.values()]
    return (name, *[_quartiles(column) for column in columns], *_differences(columns))


def _quartiles(column: Column) -> str:
    known = column[np.isfinite(column)]
    if not known.size:
        return "not recorded"
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    missing = column.size - known.size
    words = f"{middle:.0f} ({low:.0f} to {high:.0f})"
    return f"{words}; {missing} missing" if missing else words


def _group_rows(cohorts: dict[str, Cohort], name: str) -> list[tuple[object, ...]]:
    columns = [column_of(cohort, name) for cohort in cohorts.values()]
    levels = sorted({level for column in columns for level in np.unique(column).tolist()})
    rows: list[tuple[object, ...]] = []
    for level in levels:
        cells = [_count(column == level) for column in columns]
        differences = _differences([(column == level).astype(np.float64) for column in columns])
        rows.append((f"{name}: {level or 'unknown'}", *cells, *differences))
    return rows


def _count(mask: Column) -> str:
    return f"{int(mask.sum())} ({100 * mask.mean():.1f}%)"


def _measurement_tables(step: str, cohorts: dict[str, Cohort]) -> list[Table]:
    first = next(iter(cohorts.values()))
    if first.series is None:
        return []
    counts = {name: _values_per_stay(cohort) for name, cohort in cohorts.items()}
    rows = []
    for index, variable in enumerate(first.series.variables):
        cells = [
            f"{100 * (count[:, index] == 0).mean():.0f}% / {np.median(count[:, index]):.0f}"
            for count in counts.values()
        ]
        unit = f" ({variable.unit_text()})" if variable.unit_text() else ""
        rows.append((f"{variable.title()}{unit}", *cells))
    return [
        Table(
            id=f"{step}-measurements",
            title="How often each variable was measured",
            caption="Share of stays without any value / median number of values per stay.",
            columns=("variable", *cohorts),
            rows=tuple(rows),
        )
    ]


def _values_per_stay(cohort: Cohort) -> Column:
    series = cohort.series
    if series is None:
        return np.zeros((cohort.size, 0), dtype=np.int64)
    n = len(series.variables)
    cell = series.unit_index.astype(np.int64) * n + series.variable_index
    return np.bincount(cell, minlength=cohort.size * n).reshape(cohort.size, n)
