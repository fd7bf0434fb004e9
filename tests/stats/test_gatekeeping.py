"""Families behind gates: what is tested, what is not, and that false claims stay rare."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samd_validate.stats.comparison.gatekeeping import Family, serial_gatekeeping
from samd_validate.stats.comparison.multiplicity import adjusted, fixed_sequence

shares = st.floats(0, 1)


@pytest.fixture(scope="module", autouse=True)
def few_objects_to_collect() -> Iterator[None]:
    """Freeze what lives already: statsmodels collects garbage at each adjustment."""
    gc.freeze()
    yield
    gc.unfreeze()


def outcomes(families: list[Family], alpha: float = 0.05) -> list[str]:
    return [row.outcome for row in serial_gatekeeping(families, alpha)]


@pytest.mark.parametrize(
    ("p_values", "method", "words"),
    [
        ({"a": 0.1}, "benjamini-hochberg", "method: 'benjamini-hochberg' is not one of bonf"),
        ({}, "holm", "holds no hypothesis"),
        ({"a": 1.2}, "holm", r"\[0, 1\]"),
        ({"a": float("nan")}, "holm", r"\[0, 1\]"),
    ],
)
def test_family_that_cannot_be_is_refused(
    p_values: dict[str, float], method: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Family(name="primary", p_values=p_values, method=method)


def test_no_family_two_of_one_name_and_an_impossible_alpha_are_refused() -> None:
    one = Family(name="one", p_values={"a": 0.1})
    with pytest.raises(ValueError, match="families"):
        serial_gatekeeping([])
    with pytest.raises(ValueError, match="a name of its own"):
        serial_gatekeeping([one, one])
    with pytest.raises(ValueError, match="alpha"):
        serial_gatekeeping([one], alpha=1.0)


def test_a_closed_gate_stays_closed_for_all_families_behind_it() -> None:
    rows = serial_gatekeeping(
        [
            Family(name="primary", p_values={"auroc": 0.01, "calibration": 0.04}),
            Family(name="secondary", p_values={"sensitivity": 0.001, "specificity": 0.9}),
            Family(name="tertiary", p_values={"ppv": 1e-9}),
        ],
        alpha=0.03,
    )
    assert [row.outcome for row in rows] == [
        "rejected",
        "not rejected",
        "not tested",
        "not tested",
        "not tested",
    ]
    assert rows[-1].closed_by == ("primary: calibration",)
    assert rows[-1].describe() == "tertiary: ppv: not tested, gate closed by primary: calibration"
    assert [row.adjusted for row in rows] == pytest.approx([0.02, 0.04, 0.04, 0.9, 0.9])
    assert rows[2].within_family == pytest.approx(0.002)


def test_each_family_shares_the_level_in_its_own_way() -> None:
    p_values = {"a": 0.02, "b": 0.04}
    for method, expected in (
        ("bonferroni", ["rejected", "not rejected"]),
        ("holm", ["rejected", "rejected"]),
        ("hochberg", ["rejected", "rejected"]),
    ):
        family = Family(name="one", p_values=p_values, method=method)
        assert outcomes([family]) == expected
    both = {"a": 0.04, "b": 0.045}
    assert outcomes([Family(name="one", p_values=both, method="hochberg")]) == ["rejected"] * 2
    assert outcomes([Family(name="one", p_values=both, method="holm")]) == ["not rejected"] * 2


@given(st.lists(shares, min_size=1, max_size=6))
def test_families_of_one_are_a_fixed_sequence(p_values: list[float]) -> None:
    families = [Family(name=str(i), p_values={"h": p}) for i, p in enumerate(p_values)]
    found = [outcome == "rejected" for outcome in outcomes(families)]
    assert found == fixed_sequence(p_values, 0.05)


@given(st.lists(st.lists(shares, min_size=1, max_size=4), min_size=1, max_size=4))
def test_adjusted_p_values_decide_and_never_fall_from_gate_to_gate(
    p_values: list[list[float]],
) -> None:
    families = [
        Family(name=str(i), p_values={str(j): p for j, p in enumerate(family)})
        for i, family in enumerate(p_values)
    ]
    rows = serial_gatekeeping(families, alpha=0.2)
    for row in rows:
        assert (row.outcome == "rejected") == (row.adjusted <= 0.2)
        assert row.adjusted >= row.within_family >= row.p_value
    for before, after in pairwise(families):
        highest = max(row.adjusted for row in rows if row.family == before.name)
        assert all(row.adjusted >= highest for row in rows if row.family == after.name)
    first = [row.adjusted for row in rows if row.family == "0"]
    assert first == pytest.approx(adjusted(p_values[0], "holm"))


@pytest.mark.parametrize("method", ["bonferroni", "holm", "hochberg"])
def test_any_false_claim_behind_open_gates_is_as_rare_as_promised(method: str) -> None:
    generator = np.random.default_rng(5)
    repeats, false_claims = 1500, 0
    shown = Family(name="primary", p_values={"a": 1e-6, "b": 1e-6}, method=method)
    for null in generator.random((repeats, 4)):
        # the first family is truly shown, so that the gate to the true nulls stands open
        families = [shown, Family(name="0", p_values={"c": null[0], "d": null[1]}, method=method)]
        families += [Family(name=str(i), p_values={"e": null[i]}) for i in (2, 3)]
        rows = serial_gatekeeping(families)[2:]
        false_claims += any(row.outcome == "rejected" for row in rows)
    # three standard errors around 5 %; with open gates it would be 14 %
    assert 0.033 < false_claims / repeats < 0.067
