"""The stress test: nested losses, whole draws, and a device that bears them or does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from leaky import MeanModel, hospital, study

from samd_validate.checks.missing.thinning import draws, interrupted, rows_of, thinned
from samd_validate.checks.missingness_stress import StressParams, missingness_stress
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs
from samd_validate.report.figures import draw

pytestmark = pytest.mark.requirement("REQ-ROBUSTNESS")
HOME, AWAY = hospital("riverside", 1), hospital("hillcrest", 2, stays=1500)
PARAMS = StressParams(laboratory=("lactate", "ph"), monitor=("heart_rate",), stays=1500)


def stressed(inputs: Inputs, params: StressParams = PARAMS) -> CheckOutput:
    return missingness_stress.run("s", inputs, params)


@pytest.mark.parametrize(
    "wrong", [{"kept": (1.0,)}, {"kept": (-0.1,)}, {"down_hours": (0,)}, {"stays": 10}, {"x": 1}]
)
def test_doses_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        StressParams.model_validate(wrong)


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        (StressParams(), "no_variables", "names no variable"),
        (StressParams(laboratory=("lactat",)), "unknown_variable", "did you mean 'lactate'"),
    ],
)
def test_variables_that_are_not_named_or_not_there_leave_no_number(
    params: StressParams, code: str, words: str
) -> None:
    for one in stressed(study(HOME, AWAY), params).findings:
        assert isinstance(one.measurement, NotEstimable)
        assert one.measurement.code == code
        assert words in one.measurement.reason


def test_cohort_without_series_leaves_no_number() -> None:
    whole = study(HOME, AWAY)
    bare = replace(whole.populations[0], cohort=replace(AWAY, series=None))
    (first, *_) = stressed(replace(whole, populations=(bare,))).findings
    assert isinstance(first.measurement, NotEstimable)


def test_draws_are_kept_or_lost_as_a_whole_and_smaller_shares_are_parts_of_larger() -> None:
    series = AWAY.series
    assert series is not None
    chosen = rows_of(AWAY, ("ph", "pao2", "paco2"))
    number = draws(series, chosen)
    chance = np.random.default_rng(1).random(number.max() + 1)
    before: set[tuple[int, float]] | None = None
    for kept in (1.0, 0.5, 0.2, 0.0):
        left = thinned(series, chosen, kept, chance)
        gone = series.value.size - left.value.size
        share = 1 - gone / chosen.sum()
        assert share == pytest.approx(kept, abs=0.045)  # some 1,150 draws: 3 sd
        rows = rows_of(replace(AWAY, series=left), ("ph", "pao2", "paco2"))
        pairs = {*zip(left.unit_index[rows], left.time_hours[rows], strict=True)}
        assert before is None or pairs <= before
        before = pairs
        assert np.array_equal(left.value[~rows], series.value[~chosen])


def test_gap_of_a_monitor_has_its_length_and_touches_nothing_else() -> None:
    series = AWAY.series
    assert series is not None
    chosen = rows_of(AWAY, ("heart_rate",))
    chance = np.random.default_rng(1).random(AWAY.size)
    left = interrupted(series, chosen, 6, chance)
    rows = rows_of(replace(AWAY, series=left), ("heart_rate",))
    assert rows.sum() / chosen.sum() == pytest.approx(0.75, abs=0.02)  # 6 of 24 hours
    assert np.array_equal(left.value[~rows], series.value[~chosen])
    longest = interrupted(series, chosen, 99, chance)
    assert not rows_of(replace(AWAY, series=longest), ("heart_rate",)).any()


def test_device_that_reads_lactate_loses_with_it_and_not_with_the_heart_rate() -> None:
    found = {
        (one.measure, one.subset): one.measurement for one in stressed(study(HOME, AWAY)).findings
    }
    whole = found[("auroc", "laboratory draws kept=100%")]
    none = found[("auroc", "laboratory draws kept=0%")]
    lost = found[("auroc_difference", "laboratory draws kept=0%")]
    half = found[("auroc_difference", "laboratory draws kept=50%")]
    steady = found[("auroc_difference", "monitor down=24 h")]
    for one in (whole, none, lost, half, steady):
        assert isinstance(one, Estimate)
    assert none.value == 0.5  # type: ignore[union-attr]
    assert lost.value == pytest.approx(whole.value - 0.5)  # type: ignore[union-attr]
    assert lost.low > 0.05  # type: ignore[union-attr]
    assert half.value < lost.value  # type: ignore[union-attr]
    assert steady.value == 0  # type: ignore[union-attr]
    assert ("auroc_difference", "laboratory draws kept=100%") not in found


@dataclass(frozen=True, kw_only=True)
class Constant(MeanModel):
    """A device that looks at nothing."""

    def predict(self, cohort: Cohort) -> FloatArray:
        return np.full(cohort.size, 0.1)


def test_device_that_looks_at_nothing_loses_nothing() -> None:
    for one in stressed(study(HOME, AWAY, Constant())).findings:
        if one.measure.endswith("_difference"):
            assert isinstance(one.measurement, Estimate)
            assert one.measurement.value == one.measurement.low == one.measurement.high == 0


def test_second_run_loses_the_same_and_its_curves_are_drawn() -> None:
    inputs = study(HOME, AWAY)
    first = stressed(inputs)
    assert first == stressed(inputs)
    assert [figure.kind for figure in first.figures] == ["dose_response"] * 2
    for figure in first.figures:
        assert draw(figure).startswith("<svg")


def test_dose_without_a_number_is_marked_in_the_figure() -> None:
    point = {"x": 1.0, "value": None, "low": None, "high": None, "reason": "nobody has the event"}
    (figure, _) = stressed(study(HOME, AWAY)).figures
    content = {"x_label": "dose", "panels": [{"measure": "m", "reference": 1, "points": [point]}]}
    assert draw(replace(figure, content=content)) != draw(figure)
