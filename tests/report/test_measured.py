"""Numbers and methods in the report: no interval where there is none, no method said twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import Finding, Table
from samd_validate.report.build import Numbers, plain_table
from samd_validate.report.measured import measurement_words, method_words, shared_clauses
from samd_validate.report.results import step_section
from samd_validate.report.tree import Grid

STEP = StepRecord(
    id="c", check="deferral", version=1, status="ran", why="", params={}, doc="", requirements=()
)
WILSON = Estimate(value=0.8, low=0.7, high=0.9, level=0.95, method="Wilson, by patient", n=50)


def alone(value: float, method: str) -> Estimate:
    return replace(WILSON, value=value, low=value, high=value, method=method)


def findings_table(bundle: Bundle, *measurements: Any) -> Grid:
    findings = tuple(
        Finding(check="c", measure="sensitivity", population="test", subset=f"site={k}",
                measurement=one)
        for k, one in enumerate(measurements)
    )  # fmt: skip
    held = replace(bundle, findings=findings, tables=(), figures=())
    (table,) = step_section(STEP, held, Numbers()).blocks
    assert isinstance(table, Grid)
    return table


@pytest.mark.parametrize(
    ("value", "method", "words"),
    [
        (0.0031, "p-value of residuals in 5 bins at once", "0.003"),
        (0.00002, "p-value: Wald, sine and cosine", "< 0.001"),
        (1.0, "count of slices confirmed in the second half, Holm", "1"),
        (3.2e-7, "largest deviation, no sampling uncertainty", "3.2e-07"),
        (0.354, "best less worst time of the period, no interval", "0.35"),
        (0.5, "Wilson, by patient", "0.50 (95% CI 0.50 to 0.50)"),
    ],
)
def test_number_without_an_interval_stands_alone(value: float, method: str, words: str) -> None:
    assert measurement_words(alone(value, method)) == words


def test_count_that_has_an_interval_shows_it() -> None:
    counted = replace(alone(3, "count of all marks"), low=1, high=5)
    assert measurement_words(counted) == "3.0 (95% CI 1.0 to 5.0)"


def test_method_of_all_rows_is_said_once(bundle: Bundle) -> None:
    gone = NotEstimable(code="too_small", reason="9 units", n=9)
    table = findings_table(bundle, WILSON, replace(WILSON, value=0.75), gone)
    assert table.caption == "Method of all rows: Wilson, by patient."
    assert table.columns[-1] == "n"
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_what_differs_by_row_stays_in_its_row(bundle: Bundle) -> None:
    other = replace(WILSON, method="Wilson", p_value=0.0321, n_undefined=3, note="few patients")
    table = findings_table(bundle, WILSON, other)
    assert table.caption == "Method of all rows: Wilson."
    assert table.columns[-1] == "Further"
    words = [row[-1].text for row in table.rows]
    assert words == ["by patient", "3 undefined, p = 0.032; few patients"]


def test_rows_of_different_methods_name_theirs(bundle: Bundle) -> None:
    table = findings_table(bundle, WILSON, replace(WILSON, method="DeLong, by patient"))
    assert table.caption == ""
    assert table.columns[-1] == "Method"
    assert [row[-1].text for row in table.rows] == ["Wilson, by patient", "DeLong, by patient"]


def test_single_estimate_keeps_its_method_in_its_row() -> None:
    assert shared_clauses([WILSON]) == ()
    assert method_words(replace(WILSON, n_resamples=2000)) == (
        "Wilson, by patient, 2\u202f000 resamples"
    )


def test_p_value_below_the_smallest_is_a_number_and_does_not_wrap() -> None:
    rows = (("Heart rate: count", "< 0.001"), ("Age", "0.042"))
    table = Table(id="t", title="t", caption="", columns=("variable", "p"), rows=rows)
    made = plain_table(Numbers(), table)
    assert isinstance(made, Grid)
    assert [row[1].look for row in made.rows] == ["number", "number"]
    assert [row[0].look for row in made.rows] == ["", ""]
