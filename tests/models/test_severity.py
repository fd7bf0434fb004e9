"""Severity scores: what cannot be scored, and what a component takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from severity_ward import SCORES, UNITS, at, component, fitted, points, ward

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.models.severity.bands import below, points_of, rest, upto
from samd_validate.models.severity.first_day import first_day
from samd_validate.models.severity.model import total


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("cohort", "found"),
    [
        (ward([[], []], label=[0, 0]), "0 events in 2 units"),
        (ward([[], []], label=[1, 1]), "2 events in 2 units"),
        (ward([[], []], label=[0, 1], window_hours=12), "window of 12 h"),
        (replace(ward([[], []], label=[0, 1]), series=None), "no measurements over time"),
    ],
    ids=["nobody died", "everybody died", "half a day", "no series"],
)
def test_development_part_that_cannot_serve_is_named(
    score: str, cohort: Cohort, found: str
) -> None:
    with pytest.raises(CannotRun, match=found):
        fitted(score, cohort)


def test_external_set_with_too_short_a_window_is_refused() -> None:
    home = ward([at("gcs", 3), at("gcs", 15)] * 5, label=[1, 0] * 5)
    with pytest.raises(CannotRun, match="window of 6 h"):
        fitted("saps_i", home).predict(ward([[]], window_hours=6))


@pytest.mark.parametrize("score", SCORES)
def test_stay_without_any_value_is_scored_as_normal(score: str) -> None:
    cohort = ward([[]], ages=[np.nan])
    assert total(SCORES[score].COMPONENTS, cohort).tolist() == [0]
    for one in SCORES[score].COMPONENTS:
        assert not one.score(first_day(cohort)).known.any()


@pytest.mark.parametrize("score", SCORES)
def test_variable_in_another_unit_is_missing_and_not_misread(score: str) -> None:
    rows = at("urine_output", 50)
    there = component(score, "urine").score(first_day(ward([rows])))
    other = component(score, "urine").score(
        first_day(ward([rows], units={**UNITS, "urine_output": "mL/h"}))
    )
    assert (there.status, there.points[0] > 0) == ("available", True)
    assert (other.status, other.points[0], other.inputs) == ("missing", 0, "")


def test_what_comes_after_a_day_or_was_stored_after_it_is_not_scored() -> None:
    rows = [("heart_rate", 24.0, 150.0), ("heart_rate", 24.5, 30.0)]
    assert points("saps_ii", "heart", rows) == 4
    cohort = ward([[("heart_rate", 3.0, 150.0)]])
    assert cohort.series is not None
    late = replace(cohort, series=replace(cohort.series, stored_hours=np.array([30.0])))
    scored = component("saps_ii", "heart").score(first_day(late))
    assert (scored.points[0], scored.known[0]) == (0, False)


@given(st.floats(-1e3, 1e3, width=32))
def test_bands_put_an_edge_where_the_table_puts_it(value: float) -> None:
    bands = (below(0, 1), upto(39.88, 2), rest(3))
    expected = 1 if value < 0 else 2 if np.float32(value) <= np.float32(39.88) else 3
    assert points_of(np.array([value]), bands).tolist() == [expected]
    assert points_of(np.array([np.float32(39.88), 0.0]), bands).tolist() == [2, 2]
