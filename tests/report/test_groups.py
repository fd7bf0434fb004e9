"""Groups in the report: one row a group, the difference to the rest beside its value."""

from __future__ import annotations

from dataclasses import replace

from samd_validate.core.bundle import Bundle
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.report.build import Numbers
from samd_validate.report.groups import group_tables, of_compared_groups
from samd_validate.report.tree import Grid

SMALL = NotEstimable(code="too_small", reason="9 units", n=9, n_events=1)


def estimate(value: float, p_value: float | None = None) -> Estimate:
    return Estimate(
        value=value, low=value - 0.1, high=value + 0.1, level=0.95, method="delong", n=50,
        n_events=9, p_value=p_value,
    )  # fmt: skip


def finding(measure: str, subset: str, measurement: Measurement) -> Finding:
    return Finding(
        check="s", measure=measure, population="test", subset=subset, measurement=measurement
    )


FINDINGS = [
    finding("auroc", "all", estimate(0.8)),
    finding("auroc", "sex=female", estimate(0.7)),
    finding("auroc_difference_to_rest", "sex=female", estimate(-0.2, p_value=0.0004)),
    finding("auroc", "sex=male", SMALL),
    finding("auroc_difference_to_rest", "sex=male", SMALL),
    finding("auroc_largest_gap", "sex", estimate(0.15)),
    finding("brier", "all", estimate(0.2)),
]


def test_values_without_comparisons_are_left_to_the_usual_table() -> None:
    assert of_compared_groups(FINDINGS) == FINDINGS[:-1]


def test_groups_of_a_comparator_are_left_to_the_usual_table() -> None:
    others = [replace(one, model="saps_ii") for one in FINDINGS]
    assert of_compared_groups([*FINDINGS, *others]) == FINDINGS[:-1]


def test_comparisons_without_values_are_left_to_the_usual_table() -> None:
    assert of_compared_groups([FINDINGS[2]]) == []


def test_each_group_is_a_row_and_a_reason_is_told_once(bundle: Bundle) -> None:
    (table,) = group_tables("g", "Subgroups", FINDINGS[:-1], bundle, Numbers())
    assert isinstance(table, Grid)
    words = [[cell.text for cell in row] for row in table.rows]
    assert [row[0] for row in words] == ["All", "sex: female", "sex: male", "sex: largest gap"]
    assert words[1][4:] == ["-0.20 (95% CI -0.30 to -0.10)", "< 0.001"]
    assert words[2][1] == "not estimable: 9 units"
    assert words[2][4] == "–"
    assert words[3][1] == "–"
    assert words[3][4].startswith("0.15")
