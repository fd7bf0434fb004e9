"""The split: by patient, the same every time, refused where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.cohort import Split as Parts
from samd_validate.core.errors import CannotRun
from samd_validate.divide import divide
from samd_validate.protocol.schema import Split

PROVENANCE = Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f")


def cohort(n: int = 400, stays: int = 2, seed: int = 1) -> Cohort:
    generator = np.random.default_rng(seed)
    return Cohort(
        name="c",
        unit_id=np.arange(n).astype(str),
        patient_id=(np.arange(n) // stays).astype(str),
        site=np.where(np.arange(n) % 4 == 0, "b", "a"),
        label=(generator.random(n) < 0.2).astype(np.int8),
        numbers={"year": np.arange(n) // 40, "age_years": generator.random(n)},
        provenance=PROVENANCE,
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**40), st.floats(0.1, 0.4), st.floats(0.1, 0.4))
@pytest.mark.requirement("SW-SPLIT-PATIENT")
def test_no_patient_is_on_two_sides_and_every_stay_is_on_one(
    seed: int, test: float, tuning: float
) -> None:
    parts = divide(cohort(), Split(test=test, tuning=tuning), seed)
    rows = np.concatenate([parts.development, parts.tuning, parts.test])
    assert sorted(rows.tolist()) == list(range(400))
    assert abs(parts.test.size / 400 - test) < 0.02
    assert abs(parts.tuning.size / 400 - tuning) < 0.02


def test_same_seed_same_split() -> None:
    left, right = (divide(cohort(), Split(), 5) for _ in range(2))
    assert left.test.tolist() == right.test.tolist()
    assert left.test.tolist() != divide(cohort(), Split(), 6).test.tolist()


def test_no_internal_test_part_if_the_protocol_wants_none() -> None:
    assert divide(cohort(), Split(test=None), 5).test.size == 0


def test_held_out_site_takes_the_patients_other_stays_with_it() -> None:
    parts = divide(cohort(), Split(method="site", test_sites=("b",)), 5)
    held_out = set(parts.cohort.patient_id[parts.cohort.site == "b"].tolist())
    assert set(parts.part("test").patient_id.tolist()) == held_out


def test_temporal_split_tests_on_the_latest_patients() -> None:
    parts = divide(cohort(), Split(method="temporal", order_by="year", test=0.3), 5)
    years = parts.cohort.numbers["year"]
    assert years[parts.test].min() >= years[parts.development].max()


def in_periods(*levels: str) -> Cohort:
    """Return the cohort with 100 stays, of 50 patients, in each of the periods."""
    return replace(cohort(), groups={"period": np.repeat(np.array(levels), 100)})


def test_temporal_split_by_period_holds_out_whole_periods_the_latest_first() -> None:
    whole = in_periods("2017 - 2019", "2008 - 2010", "2014 - 2016", "2011 - 2013")
    parts = divide(whole, Split(method="temporal", order_by="period", test=0.3), 5)
    held_out = set(whole.groups["period"][parts.test].tolist())
    assert held_out == {"2017 - 2019", "2014 - 2016"}
    assert parts.test.size == 200


def test_patient_of_two_periods_belongs_to_the_first() -> None:
    whole = in_periods("2008 - 2010", "2011 - 2013", "2014 - 2016", "2017 - 2019")
    period = whole.groups["period"].copy()
    period[0] = "2017 - 2019"
    whole = replace(whole, groups={"period": period})
    parts = divide(whole, Split(method="temporal", order_by="period", test=0.2), 5)
    assert 0 not in parts.test
    assert parts.test.size == 100


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (("a", "a", "a", "a"), "a first period that holds more than"),
        (("a", "a", "a", "b"), "a first period that holds more than"),
        (("a", "b", "", "d"), "100 stays without 'period'"),
    ],
)
def test_periods_that_cannot_be_held_out_are_refused(levels: tuple[str, ...], words: str) -> None:
    with pytest.raises(CannotRun, match=words):
        divide(in_periods(*levels), Split(method="temporal", order_by="period", test=0.4), 5)


def test_unknown_site_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CannotRun, match="allowed: a, b"):
        divide(cohort(), Split(method="site", test_sites=("c",)), 5)


def test_unknown_order_is_refused_with_the_known_columns() -> None:
    with pytest.raises(CannotRun, match="did you mean 'year'"):
        divide(cohort(), Split(method="temporal", order_by="yaer"), 5)


def test_part_without_an_event_is_refused() -> None:
    few = cohort(n=8, stays=1)
    with pytest.raises(CannotRun, match="units with and without the event"):
        divide(few.take(few.label == 0), Split(), 5)


@pytest.mark.requirement("SW-SPLIT-PATIENT")
def test_split_with_a_patient_on_two_sides_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="1 patients are both in development and in test"):
        Parts(
            cohort=cohort(),
            development=np.array([0]),
            tuning=np.array([2]),
            test=np.array([1]),
        )
