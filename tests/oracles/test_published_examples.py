"""Worked examples that others printed, of shares and of the precision-recall curve."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from samd_validate.stats.intervals.closed_form import limits_of_share
from samd_validate.stats.intervals.proportions import clopper_pearson, wilson
from samd_validate.stats.resampling.layout import layout_of
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import value_of

# Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I
NEWCOMBE = {
    (81, 263): {"wilson": (0.2553, 0.3662), "clopper-pearson": (0.2527, 0.3676)},
    (15, 148): {"wilson": (0.0624, 0.1605), "clopper-pearson": (0.0578, 0.1617)},
    (0, 20): {"wilson": (0.0000, 0.1611), "clopper-pearson": (0.0000, 0.1684)},
    (1, 29): {"wilson": (0.0061, 0.1718), "clopper-pearson": (0.0009, 0.1776)},
}
FOUR_DECIMALS = 5e-5


@pytest.mark.parametrize(("hits", "n"), NEWCOMBE)
def test_limits_of_a_share_are_those_of_newcombe(hits: int, n: int) -> None:
    wanted = NEWCOMBE[hits, n]
    assert wilson(hits, n) == pytest.approx(wanted["wilson"], abs=FOUR_DECIMALS)
    assert clopper_pearson(hits, n) == pytest.approx(wanted["clopper-pearson"], abs=FOUR_DECIMALS)


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
@pytest.mark.parametrize(("hits", "n"), NEWCOMBE)
def test_limits_of_a_sensitivity_are_those_of_newcombe(hits: int, n: int, method: str) -> None:
    missed, others = n - hits, 40
    label = np.repeat([1, 1, 0], [hits, missed, others])
    score = np.repeat([0.9, 0.1, 0.9], [hits, missed, others])
    found = limits_of_share(
        "sensitivity", Sample(label=label, score=score, threshold=0.5), method, 0.95
    )
    assert found is not None
    assert found[0] == pytest.approx(NEWCOMBE[hits, n][method], abs=FOUR_DECIMALS)


def test_limits_of_a_share_of_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="events must lie between 0 and n"):
        wilson(0, 0)
    nobody = Sample(label=np.zeros(3), score=np.zeros(3), threshold=0.5)
    assert limits_of_share("sensitivity", nobody, "wilson", 0.95) is None


@pytest.mark.parametrize(
    ("label", "score", "number", "digit"),
    [
        pytest.param([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.83, 5e-3, id="documentation"),
        pytest.param([1, 0, 0, 0] * 25, [1.0] * 100, 0.25, 1e-15, id="all-tie"),
        pytest.param([0, 1], [1.0, 0.0], 0.5, 1e-15, id="upside-down"),
        pytest.param([1, 0], [1.0, 0.0], 1.0, 1e-15, id="perfect"),
    ],
)
@pytest.mark.requirement("SW-STAT-POINT")
def test_average_precision_is_that_of_scikit_learns_examples(
    label: list[int], score: list[float], number: float, digit: float
) -> None:
    one = Sample(label=np.array(label), score=np.array(score))
    assert value_of("auprc", layout_of(one)) == pytest.approx(number, abs=digit)


# Metrics Reloaded's example: Reinke et al. 2024, doi:10.1038/s41592-023-02150-0, note 2.18
PITFALLS_LABEL = np.array([0, 0, 0, 1, 1, 1])
PITFALLS_SCORE = np.array([0.21, 0.35, 0.63, 0.92, 0.32, 0.79])
# above a score: sensitivity and positive predictive value, as printed (five digits at best)
PITFALLS_CURVE = {
    0.0: (1, 0.5),
    0.21: (1, 0.6),
    0.32: (0.66667, 0.5),
    0.35: (0.66667, 0.66667),
    0.63: (0.66667, 1),
    0.79: (0.33, 1),
}
TWO_DECIMALS = 5e-3


def test_auroc_of_the_pitfalls_example() -> None:
    one = Sample(label=PITFALLS_LABEL, score=PITFALLS_SCORE)
    assert value_of("auroc", layout_of(one)) == pytest.approx(0.78, abs=TWO_DECIMALS)


@pytest.mark.parametrize(
    ("above", "sensitivity", "ppv"), [(a, *b) for a, b in PITFALLS_CURVE.items()]
)
def test_precision_and_recall_of_the_pitfalls_example(
    above: float, sensitivity: float, ppv: float
) -> None:
    just_above = float(np.nextafter(above, 1))
    one = Sample(label=PITFALLS_LABEL, score=PITFALLS_SCORE, threshold=just_above)
    assert value_of("sensitivity", layout_of(one)) == pytest.approx(sensitivity, abs=TWO_DECIMALS)
    assert value_of("ppv", layout_of(one)) == pytest.approx(ppv, abs=5e-6)


def test_average_precision_of_the_pitfalls_example_steps_down_its_printed_curve() -> None:
    # steps, not the trapezoids that Metrics Reloaded's own test joins the corners by
    corners = [*PITFALLS_CURVE.values(), (0, 1)]
    stepped = sum((recall - less) * ppv for (recall, ppv), (less, _) in pairwise(corners))
    one = Sample(label=PITFALLS_LABEL, score=PITFALLS_SCORE)
    assert value_of("auprc", layout_of(one)) == pytest.approx(stepped, abs=TWO_DECIMALS)
