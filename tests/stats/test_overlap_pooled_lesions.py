"""Lesions of all cases pooled."""

from __future__ import annotations

import pytest
from overlap_tables import PLAN, case, with_values

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.segmentation.case_estimates import (
    estimate_lesions,
)


def test_pooled_lesions_count_each_lesion_once() -> None:
    table = [
        case(1, "a"),
        case(2, "b", empty="prediction"),
        case(3, "c", empty="reference"),
        case(4, "d"),
        case(5, "e", empty="both"),
    ]
    found = {
        name: estimate_lesions(table, name, PLAN)
        for name in ("lesion_sensitivity", "lesion_precision", "lesion_f1", "lesion_fp")
    }
    values = {name: one.value for name, one in found.items() if isinstance(one, Estimate)}
    assert values == pytest.approx(
        {
            "lesion_sensitivity": 2 / 3,
            "lesion_precision": 2 / 3,
            "lesion_f1": 4 / 6,
            "lesion_fp": 1 / 5,
        }
    )
    sensitivity = found["lesion_sensitivity"]
    assert isinstance(sensitivity, Estimate)
    assert (sensitivity.n, sensitivity.n_events, sensitivity.n_clusters) == (3, 3, 3)
    assert sensitivity.note.startswith("of 5 cases, 2 without a lesion to count; fewer than 30")


def test_pooled_lesions_without_a_lesion_are_not_estimable() -> None:
    table = [case(1, "a", empty="both"), case(2, "b", empty="both")]
    found = estimate_lesions(table, "lesion_sensitivity", PLAN)
    assert isinstance(found, NotEstimable)
    assert (found.code, found.reason) == ("no_case", "none of 2 cases has a lesion to count")
    of_none = estimate_lesions(table, "lesion_fp", PLAN)
    assert isinstance(of_none, NotEstimable)
    assert of_none.code == "no_spread"


def test_pooled_lesions_without_matching_are_refused() -> None:
    with pytest.raises(ValueError, match="give lesions"):
        estimate_lesions(with_values([0.5, 0.6], "ab"), "lesion_fp", PLAN)
