"""The check that fits the device again under other imputations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from samd_validate.checks.imputation_sensitivity import (
    MEASURED,
    ImputationParams,
    imputation_sensitivity,
)
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.model import Model, no_progress
from samd_validate.pipeline import planned
from samd_validate.protocol.folders import shipped
from samd_validate.reading import read_cohorts
from samd_validate.report.figures import draw
from samd_validate.stats.engine import paired_difference
from samd_validate.stats.sample import Sample
from samd_validate.study import make_study, split_of

pytestmark = [
    pytest.mark.requirement("REQ-ROBUSTNESS"),
    pytest.mark.requirement("REQ-MISSING-DATA"),
]
N = 400
NOISE = {"mask_and_time": 0.2, "decay": 0.2, "forward_fill": 1.0, "mean": 3.0}


def ward(name: str, seed: int) -> Cohort:
    generator = np.random.default_rng(seed)
    names = np.array([f"{name}{number:03d}" for number in range(N)])
    return Cohort(
        name=name,
        unit_id=names,
        patient_id=names,
        site=np.full(N, name),
        label=(generator.random(N) < 0.3).astype(np.int8),
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint=name),
    )


@dataclass(frozen=True, kw_only=True)
class Noisy:
    """Scores stays by their outcome and a noise that is that of its imputation."""

    imputation: str = "mask_and_time"
    shift: float = 0.0
    name: str = "noisy"

    @property
    def card(self) -> dict[str, object]:
        return {"hyper_parameters": {"imputation": {"use": self.imputation, "params": {}}}}

    def predict(self, cohort: Cohort) -> FloatArray:
        noise = np.random.default_rng(1).normal(size=cohort.size) * NOISE[self.imputation]
        return np.asarray(1 / (1 + np.exp(-(2 * cohort.label - 1.7 + noise + self.shift))))

    def artefact(self) -> bytes:
        return b""


@dataclass
class Refits:
    """Fits as a study does, and keeps what it was asked for."""

    asked: list[dict[str, object]] = field(default_factory=list)

    def __call__(self, changed: Mapping[str, object]) -> Model:
        self.asked.append(dict(changed))
        chosen = changed["imputation"]
        name = str(chosen["use"] if isinstance(chosen, Mapping) else chosen)
        if name == "diverging":
            raise CannotRun(Problem(where="training", found="no loss", expected="e", todo="t"))
        if name not in NOISE:
            raise ValueError(f"no imputation {name!r}: allowed: decay")
        return Noisy(imputation=name, shift=0.1 if "members" in changed else 0.0)


def inputs(refits: Refits | None = None, model: object = None) -> Inputs:
    device = Noisy() if model is None else model
    cohorts = [ward("home", 1), ward("away", 2)]
    return Inputs(
        populations=tuple(
            Population(
                name=one.name,
                cohort=one,
                score=device.predict(one),  # type: ignore[attr-defined]
                is_external=one.name == "away",
            )
            for one in cohorts
        ),
        intervals=IntervalPlan(n_resamples=50, seed=3),
        model=device,  # type: ignore[arg-type]
        refit=refits,
    )


def checked(given: Inputs, **params: object) -> CheckOutput:
    return imputation_sensitivity.run("s", given, ImputationParams.model_validate(params))


@dataclass(frozen=True, kw_only=True)
class WithoutChoice(Noisy):
    """A device whose recipe has no imputation."""

    @property
    def card(self) -> dict[str, object]:
        return {"hyper_parameters": {"inverse_penalty": 0.01}}


@pytest.mark.parametrize(
    "wrong", [{"strategies": []}, {"members": 0}, {"max_epochs": 0}, {"stays": 5}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ImputationParams.model_validate(wrong)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(inputs(Refits(), WithoutChoice()), id="no imputation in the recipe"),
        pytest.param(inputs(None), id="no way to fit again"),
        pytest.param(replace(inputs(Refits()), model=None), id="a file of predictions"),
    ],
)
def test_device_that_cannot_be_fitted_otherwise_leaves_no_number(given: Inputs) -> None:
    output = checked(given)
    assert len(output.findings) == 2 * len(MEASURED)
    assert {one.measurement.code for one in output.findings} == {"no_imputation"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("strategy", "code", "words"),
    [("mena", "no_such_choice", "allowed: decay"), ("diverging", "no_fit", "training: no loss")],
)
def test_strategy_that_cannot_be_fitted_leaves_no_number_and_the_others_stay(
    strategy: str, code: str, words: str
) -> None:
    output = checked(inputs(Refits()), strategies=[strategy, "mean"])
    lacking = [one for one in output.findings if one.subset == f"imputation={strategy}"]
    assert len(lacking) == 2 * len(MEASURED)
    for one in lacking:
        assert isinstance(one.measurement, NotEstimable)
        assert (one.measurement.code, words in one.measurement.reason) == (code, True)
    rest = [one for one in output.findings if one.subset == "imputation=mean"]
    assert all(isinstance(one.measurement, Estimate) for one in rest)
    assert len(rest) == 2 * 2 * len(MEASURED)


def test_whole_refits_are_compared_with_the_device_itself() -> None:
    refits = Refits()
    given = inputs(refits)
    output = checked(given)
    assert [one["imputation"] for one in refits.asked] == ["decay", "forward_fill", "mean"]
    assert "mask_and_time is the device itself" in output.notes[0]
    found = {one.key: one.measurement for one in output.findings}
    home = given.populations[0]
    own = Sample(label=home.cohort.label, score=home.score, cluster=home.cohort.patient_id)
    other = Noisy(imputation="mean").predict(home.cohort)
    expected = paired_difference("auprc", own, other, given.intervals)
    assert found["s/auprc_difference/home/imputation=mean/device"] == expected
    assert isinstance(expected, Estimate)
    assert expected.low > 0  # the own strategy has less noise
    same = found["s/auroc_difference/away/imputation=decay/device"]
    assert isinstance(same, Estimate)
    assert same.value == 0
    assert "s/auroc_difference/home/imputation=mask_and_time/device" not in found


def test_short_refits_are_compared_with_a_short_refit_of_the_own_strategy() -> None:
    refits = Refits()
    output = checked(inputs(refits), strategies=["decay"], members=1, max_epochs=2)
    cut = {"members": 1, "max_epochs": 2}
    own = {"use": "mask_and_time", "params": {}}
    assert refits.asked == [{**cut, "imputation": own}, {**cut, "imputation": "decay"}]
    assert "members 1, max_epochs 2" in output.notes[0]
    found = {one.key: one.measurement for one in output.findings}
    difference = found["s/observed_expected_ratio_difference/home/imputation=decay/device"]
    assert isinstance(difference, Estimate)
    assert difference.value == 0


def test_own_strategy_that_fails_leaves_the_others_without_a_difference() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Gone(Noisy):
        @property
        def card(self) -> dict[str, object]:
            return {"hyper_parameters": {"imputation": {"use": "gone", "params": {}}}}

    output = checked(inputs(Refits(), Gone()), strategies=["mean"], members=1)
    measures = {one.measure for one in output.findings if one.subset == "imputation=mean"}
    assert measures == set(MEASURED)


def test_table_and_figures_have_a_row_for_every_strategy_and_data_set() -> None:
    output = checked(inputs(Refits()), strategies=["mena", "mean"])
    values, differences = output.tables
    assert [row[:2] for row in values.rows] == [
        (place, strategy)
        for place in ("home", "away")
        for strategy in ("mask_and_time (own)", "mena", "mean")
    ]
    assert [row[1] for row in differences.rows] == ["mena", "mean"] * 2
    for table in output.tables:
        assert all(len(row) == len(table.columns) == 5 for row in table.rows)
    assert len(output.figures) == len(MEASURED)
    for figure in output.figures:
        assert len(figure.content["rows"]) == 6  # type: ignore[arg-type]
        assert draw(figure)


def test_study_fits_its_device_again_to_the_same_weights_or_refuses(tmp_path: Path) -> None:
    text = (shipped("protocols") / "icu_mortality.yaml").read_text()
    for old, new in (
        ("stays: 5000", "stays: 500"),
        ("stays: 3000", "stays: 300"),
        ("min_units: 1000, min_events: 100", "min_units: 100, min_events: 10"),
        ("[logistic_icu, saps_ii, oasis]", "[]"),
        ("recipe: lstm_icu", "recipe: lstm_tiny"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "models").mkdir()
    recipe = (shipped("models") / "lstm_icu.yaml").read_text()
    recipe = recipe.replace("name: lstm_icu", "name: lstm_tiny").replace("hidden: 64", "hidden: 4")
    recipe = recipe.replace("members: 3", "members: 1").replace("max_epochs: 16", "max_epochs: 1")
    (tmp_path / "models" / "lstm_tiny.yaml").write_text(recipe)
    (tmp_path / "p.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        plan = planned(tmp_path / "p.yaml")
    cohorts = read_cohorts(plan, {}, no_progress)
    study = make_study(plan, cohorts, split_of(plan, cohorts), no_progress)
    refit = study.inputs.refit
    assert refit is not None
    assert refit({}).artefact() == study.models[0].artefact()
    assert refit({"imputation": "mean"}).artefact() != study.models[0].artefact()
    with pytest.raises(ValueError, match="did you mean 'mean'"):
        refit({"imputation": "meen"})
    with pytest.raises(ValueError, match="Extra inputs"):
        refit({"imputations": "mean"})
