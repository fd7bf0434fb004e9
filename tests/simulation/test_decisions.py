"""Size of claims at their margin, coverage of the largest gap and of pooled sites: a fast part.

The whole tables are printed by the scripts of the same names in tests/support.
"""

from __future__ import annotations

import pytest
from coverage_of_gaps import Cell, repeated
from coverage_of_pooling import WAYS, covered
from size_of_decisions import CLAIMS, size

from samd_validate.stats.comparison.decisions import Claim

SUPERIORITY, NON_INFERIORITY, EQUIVALENCE = CLAIMS


@pytest.mark.parametrize(
    ("method", "repeats"),
    [("AUROC, DeLong", 800), ("AUROC, bootstrap", 150), ("sensitivity, Tango", 800)],
)
@pytest.mark.parametrize("claim", [SUPERIORITY, NON_INFERIORITY], ids=lambda claim: claim.kind)
def test_a_false_claim_at_the_margin_is_as_rare_as_promised(
    method: str, repeats: int, claim: Claim
) -> None:
    found = size(method, claim, 200, 0.25, repeats)
    error = (0.025 * 0.975 / repeats) ** 0.5
    assert found <= 0.025 + 3 * error
    assert found > 0 or repeats < 200  # a test that never rejects has no size


def test_a_false_equivalence_is_as_rare_as_promised() -> None:
    found = size("AUROC, DeLong", EQUIVALENCE, 1000, 0.25, 800)
    assert 0 < found <= 0.05 + 3 * (0.05 * 0.95 / 800) ** 0.5


@pytest.mark.parametrize("cell", [Cell(2, 0.5), Cell(4, 0), Cell(4, 3), Cell(12, 1)], ids=str)
def test_the_largest_gap_is_covered_with_less_bias_than_unadjusted(cell: Cell) -> None:
    found = repeated(cell, 250)
    assert found["interval"] >= 0.95 - 3 * (0.05 * 0.95 / 250) ** 0.5
    assert abs(found["value"]) < abs(found["naive value"])


def test_the_unadjusted_interval_never_holds_a_gap_of_zero() -> None:
    assert repeated(Cell(4, 0), 100)["naive interval"] == 0


def test_pooled_mean_is_covered_with_few_sites_where_wald_is_too_narrow() -> None:
    wald, _ = covered(WAYS["Wald, DL"], 5, 1.0, 300)
    truncated, _ = covered(WAYS["truncated HK, REML"], 5, 1.0, 300)
    assert wald < 0.93
    assert truncated >= 0.95 - 3 * (0.05 * 0.95 / 300) ** 0.5


def test_a_further_site_is_covered_less_often_than_promised_with_a_moderate_number_of_sites() -> (
    None
):
    _, site = covered(WAYS["truncated HK, REML"], 20, 1.0, 300)
    assert 0.84 < site < 0.95  # known of plug-in prediction intervals; the page says so
