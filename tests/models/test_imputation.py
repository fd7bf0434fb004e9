"""Imputations: what a network sees where nothing was measured, and that it sees no more."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import (
    FitRequest,
    Imputed,
    ImputeRequest,
    ReadRequest,
    imputation,
)
from samd_validate.core.model import no_progress
from samd_validate.core.plugin import discover
from samd_validate.divide import divide
from samd_validate.models import imputation as folder
from samd_validate.models._hourly import Scale, hourly_channels, learn_scales
from samd_validate.models.gru_d import GruDParams
from samd_validate.models.imputation._choice import Choice
from samd_validate.models.imputation._common import ImputationParams
from samd_validate.models.imputation.decay import decay
from samd_validate.models.lstm import LstmParams, lstm
from samd_validate.models.tft import TftParams, tft
from samd_validate.protocol.schema import Split
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

pytestmark = pytest.mark.requirement("REQ-MISSING-DATA")
STRATEGIES = tuple(discover(folder, "imputation"))
UNMARKED = ("forward_fill", "mean")


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    request = ReadRequest(dataset="d", place=None, seed=5, window_hours=24)
    return simulated_icu.run(request, SimulatedIcuParams(site="riverside", stays=300))


def request_of(rows: list[float | None]) -> ImputeRequest:
    """Return one stay and one variable: a value an hour, None where there was none."""
    observed = np.array([row is not None for row in rows])[None, :, None]
    value = np.array([0.0 if row is None else row for row in rows], np.float32)[None, :, None]
    hours = np.arange(len(rows))[None, :, None]
    last = np.maximum.accumulate(np.where(observed, hours, -1), axis=1)
    taken = np.take_along_axis(value, np.maximum(last, 0), axis=1)
    carried = np.where(last >= 0, taken, np.float32(0))
    return ImputeRequest(value=value, observed=observed, carried=carried, hours_since=hours - last)


def seen(strategy: str, rows: list[float | None], **params: object) -> Imputed:
    return Choice(use=strategy, params=params).bound()(request_of(rows))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("forward_fil", "did you mean 'forward_fill'"),
        ("", "no imputation"),
        ({"use": "decay", "params": {"half_life_hours": 0}}, "greater than 0"),
        ({"use": "decay", "params": {"half_lives": 3}}, "half_lives"),
        ({"use": "mean", "params": {"half_life_hours": 3}}, "half_life_hours"),
        ({"uses": "mean"}, "uses"),
        (7, "imputation"),
    ],
)
@pytest.mark.parametrize("family", [LstmParams, TftParams])
def test_recipe_with_a_wrong_imputation_is_refused(
    family: type[LstmParams], wrong: object, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        family.model_validate({"imputation": wrong})


@pytest.mark.parametrize("strategy", [one for one in STRATEGIES if one != "mask_and_time"])
def test_gru_d_takes_no_imputation_but_its_own(strategy: str) -> None:
    assert GruDParams().imputation.use == "mask_and_time"
    with pytest.raises(ValidationError, match="imputation of its own"):
        GruDParams.model_validate({"imputation": strategy})


def channels_without_a_choice(cohort: Cohort, scales: tuple[Scale, ...]) -> np.ndarray:
    """Return value carried, mask, and hours since last, as they were before there was a choice."""
    series = cohort.series
    assert series is not None
    series = series.only(series.known_at_prediction())
    hours, v = int(np.ceil(series.window_hours)), len(scales)
    grid = np.zeros((cohort.size, hours, 3 * v), dtype=np.float32)
    place = {one.name: number for number, one in enumerate(series.variables)}
    at = np.arange(hours)
    for number, scale in enumerate(scales):
        mine = series.variable_index == place[scale.name]
        hour = np.clip(series.time_hours[mine].astype(np.int64), 0, hours - 1)
        cell = series.unit_index[mine].astype(np.int64) * hours + hour
        size = cohort.size * hours
        count = np.bincount(cell, minlength=size)
        total = np.bincount(cell, weights=series.value[mine], minlength=size)
        mean = np.divide(total, count, out=np.zeros(size), where=count > 0)
        seen = (count > 0).reshape(-1, hours)
        last = np.maximum.accumulate(np.where(seen, at, -1), axis=1)
        scaled = scale.apply(mean.reshape(-1, hours))
        carried = np.take_along_axis(scaled, np.maximum(last, 0), axis=1)
        grid[:, :, number] = np.where(last >= 0, carried, 0)
        grid[:, :, v + number] = seen
        grid[:, :, 2 * v + number] = (at - last) / hours
    return grid


def test_default_is_to_the_bit_what_it_was_before_there_was_a_choice(cohort: Cohort) -> None:
    scales = learn_scales(cohort.series, tuple(one.name for one in cohort.series.variables))
    grid = hourly_channels(cohort, scales)
    assert grid.tobytes() == channels_without_a_choice(cohort, scales).tobytes()
    named = hourly_channels(cohort, scales, LstmParams(imputation="mask_and_time").imputation)
    assert named.tobytes() == grid.tobytes()


@pytest.mark.parametrize(
    ("strategy", "value", "mask", "since"),
    [
        ("mask_and_time", [0, 2, 2, 2, -1], [0, 1, 0, 0, 1], [0.2, 0, 0.2, 0.4, 0]),
        ("forward_fill", [0, 2, 2, 2, -1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]),
        ("mean", [0, 2, 0, 0, -1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]),
        ("decay", [0, 2, 1, 0.5, -1], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0]),
    ],
)
def test_five_hours_by_hand(
    strategy: str, value: list[float], mask: list[int], since: list[float]
) -> None:
    """A value of 2 in the second hour and of -1 in the fifth; half-life of the decay one hour."""
    params = {"half_life_hours": 1} if strategy == "decay" else {}
    found = seen(strategy, [None, 2, None, None, -1], **params)
    assert found.value[0, :, 0].tolist() == value
    assert found.mask[0, :, 0].astype(int).tolist() == mask
    np.testing.assert_allclose(found.since[0, :, 0], since)


@given(st.floats(0.1, 1000), st.floats(-5, 5))
def test_decay_has_half_of_the_value_left_after_a_half_life(half_life: float, first: float) -> None:
    found = seen("decay", [first, *[None] * 9], half_life_hours=half_life)
    expected = np.float32(first) * 2 ** (-np.arange(10) / half_life)
    np.testing.assert_allclose(found.value[0, :, 0], expected, rtol=1e-5, atol=1e-30)


def test_decay_goes_from_carrying_forward_to_the_mean_as_the_half_life_shrinks() -> None:
    rows = [None, 2, None, None, -1, None]
    slow = seen("decay", rows, half_life_hours=1e9).value
    fast = seen("decay", rows, half_life_hours=1e-3).value
    np.testing.assert_allclose(slow, seen("forward_fill", rows).value, rtol=1e-6)
    np.testing.assert_allclose(fast, seen("mean", rows).value, atol=1e-30)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_imputation_looks_at_no_other_stay_and_at_no_later_hour(strategy: str) -> None:
    generator = np.random.default_rng(4)
    rows = [[x if keep else None for x, keep in zip(generator.normal(size=12), k, strict=True)]
            for k in generator.random((3, 12)) < 0.4]  # fmt: skip
    parts = [request_of(one) for one in rows]
    whole = ImputeRequest(
        **{
            name: np.concatenate([getattr(one, name) for one in parts])
            for name in ("value", "observed", "carried", "hours_since")
        }
    )
    together = Choice(use=strategy).bound()(whole)
    for number, one in enumerate(rows):
        alone = Choice(use=strategy).bound()(parts[number])
        early = Choice(use=strategy).bound()(request_of([*one[:6], *[9.0] * 6]))
        for name in ("value", "mask", "since"):
            mine = getattr(together, name)[number]
            assert np.array_equal(mine, getattr(alone, name)[0])
            assert np.array_equal(mine[:6], getattr(early, name)[0, :6])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_only_strategies_with_a_mask_tell_measured_from_filled(
    strategy: str, cohort: Cohort
) -> None:
    scales = learn_scales(cohort.series, ("heart_rate", "lactate"))
    grid = hourly_channels(cohort, scales, Choice(use=strategy))
    assert grid.shape == (300, 24, 6)
    assert np.isfinite(grid).all()
    is_marked = grid[:, :, 2:4].min() == 0
    assert is_marked == (strategy not in UNMARKED)
    assert (grid[:, :, 4:].max() > 0) == (strategy == "mask_and_time")


@pytest.mark.parametrize(("family", "params"), [(lstm, LstmParams), (tft, TftParams)])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_family_fits_predicts_and_explains_under_every_imputation(
    family: object, params: type[LstmParams], strategy: str, cohort: Cohort
) -> None:
    parts = divide(cohort, Split(test=0.3, tuning=0.3), 1)
    asked = FitRequest(
        name="m",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=("heart_rate", "lactate", "map"),
        seed=9,
    )
    small = params(hidden=4, members=1, max_epochs=1, wide=True, imputation=strategy)
    model = family.run(asked, small)  # type: ignore[attr-defined]
    assert model.card["hyper_parameters"]["imputation"]["use"] == strategy
    test = parts.part("test").take(np.arange(6))
    assert np.isfinite(model.predict(test)).all()
    told = model.attribute(test, blocks=1, seed=1, progress=no_progress)
    assert told.additivity_error < 1e-4
    other = replace(model, imputation=Choice(use="mean" if strategy != "mean" else "decay"))
    assert not np.array_equal(other.raw_log_odds(test), model.raw_log_odds(test))


def test_imputation_of_an_installed_package_joins_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = EntryPoint("zero", f"{__name__}:zero", "samd_validate.imputation")
    monkeypatch.setattr(EntryPoint, "load", lambda _: zero)
    monkeypatch.setattr(
        "samd_validate.core.plugin.entry_points",
        lambda group: [place] if group == "samd_validate.imputation" else [],
    )
    assert LstmParams(imputation="zero").imputation.bound()(request_of([1.0])).value.sum() == 0
    assert set(discover(folder, "imputation")) == {*STRATEGIES, "zero"}


def test_two_imputations_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    double = replace(zero, name="decay", run=decay.run)
    monkeypatch.setattr("samd_validate.models.imputation.decay.double", double, raising=False)
    with pytest.raises(CannotRun, match="defined in"):
        discover(folder, "imputation")


@imputation("zero", version=1, params=ImputationParams)
def zero(request: ImputeRequest, params: ImputationParams) -> Imputed:
    """See nothing."""
    del params
    none = np.zeros_like(request.value)
    return Imputed(value=none, mask=none, since=none)
