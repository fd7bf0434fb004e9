"""The check that leaves out one augmentation after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from drawn_images import Bright, Scoring, cohort_of

from samd_validate.checks.augmentation_ablation import AblationParams, augmentation_ablation
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import Model
from samd_validate.models.unet import UnetParams, unet
from samd_validate.report.figures import draw

pytestmark = pytest.mark.requirement("REQ-ROBUSTNESS")
PLAN = IntervalPlan(n_resamples=200, seed=3)
FLIP, GAMMA = {"use": "flip", "params": {}}, {"use": "gamma", "params": {}}


@dataclass
class Refits:
    """Learns a level that suits dim images only if gamma is among its augmentation."""

    asked: list[dict[str, object]] = field(default_factory=list)

    def __call__(self, changed: Mapping[str, object]) -> Model:
        self.asked.append(dict(changed))
        entries = changed["augmentation"]
        assert isinstance(entries, list)
        level = 0.3 if any(one["use"] == "gamma" for one in entries) else 0.6
        return Bright(level=level, augmentation=tuple(entries))


def inputs_of(model: Model, refit: object, *, masks: bool = True) -> Inputs:
    home = cohort_of("home", 12, masks=masks)
    away = cohort_of("away", 16, bright=(0.8, 0.45), masks=masks, per_patient=2)
    populations = tuple(
        Population(
            name=cohort.name,
            cohort=cohort,
            score=model.predict(cohort),
            segmentations={"device": model.segmented(cohort)} if isinstance(model, Bright) else {},
            is_external=cohort.name == "away",
        )
        for cohort in (home, away)
    )
    return Inputs(populations=populations, intervals=PLAN, model=model, refit=refit)  # type: ignore[arg-type]


def seen(inputs: Inputs, **params: object) -> CheckOutput:
    return augmentation_ablation.run("ablation", inputs, AblationParams.model_validate(params))


def measured(output: CheckOutput) -> dict[tuple[str, str, str], Measurement]:
    return {(one.population, one.subset, one.measure): one.measurement for one in output.findings}


DEVICE = Bright(level=0.3, augmentation=(FLIP, GAMMA))


def test_device_without_augmentation_gives_no_number() -> None:
    found = measured(seen(inputs_of(Bright(), Refits())))
    codes = {one.code for one in found.values() if isinstance(one, NotEstimable)}
    assert codes == {"no_augmentation"}
    assert {measure for *_, measure in found} == {"dice"}


def test_device_that_cannot_be_fitted_again_gives_no_number() -> None:
    found = measured(seen(inputs_of(DEVICE, None)))
    assert all(isinstance(one, NotEstimable) for one in found.values())


def test_entry_that_the_recipe_lacks_is_named_beside_those_it_has() -> None:
    found = measured(seen(inputs_of(DEVICE, Refits()), entries=["blur"], everything=False))
    lacking = found["away", "without=blur", "dice"]
    assert isinstance(lacking, NotEstimable)
    assert "flip, gamma" in lacking.reason


def test_fit_that_fails_is_told_and_the_others_are_measured() -> None:
    def refit(changed: Mapping[str, object]) -> Model:
        if changed["augmentation"] == [FLIP]:
            raise CannotRun(Problem(where="training", found="a loss", expected="e", todo="t"))
        return Refits()(changed)

    found = measured(seen(inputs_of(DEVICE, refit)))
    failed = found["away", "without=gamma", "dice"]
    assert isinstance(failed, NotEstimable)
    assert failed.code == "no_fit"
    assert isinstance(found["away", "without=flip", "dice"], Estimate)


def test_planted_entry_is_found_to_help_elsewhere_and_the_idle_one_not() -> None:
    found = measured(seen(inputs_of(DEVICE, Refits())))
    helper = found["away", "without=gamma", "dice_difference"]
    idle = found["away", "without=flip", "dice_difference"]
    at_home = found["home", "without=gamma", "dice_difference"]
    assert isinstance(helper, Estimate)
    assert isinstance(at_home, Estimate)
    assert helper.low > 0.2
    assert helper.n_clusters == 8
    assert abs(at_home.value) < 0.01
    assert isinstance(idle, Estimate)
    assert (idle.low, idle.high) == (0, 0)
    whole = found["away", "without=nothing", "dice"]
    assert isinstance(whole, Estimate)
    assert ("away", "without=nothing", "dice_difference") not in found


def test_own_scores_are_taken_where_nothing_is_cut_short() -> None:
    refits = Refits()
    seen(inputs_of(DEVICE, refits))
    assert [one["augmentation"] for one in refits.asked] == [[GAMMA], [FLIP], []]


def test_cut_short_the_device_is_refitted_in_the_same_way() -> None:
    refits = Refits()
    output = seen(inputs_of(DEVICE, refits), max_epochs=3, entries=["flip"], everything=False)
    assert refits.asked == [
        {"max_epochs": 3, "augmentation": [FLIP, GAMMA]},
        {"max_epochs": 3, "augmentation": [GAMMA]},
    ]
    assert "max_epochs 3" in output.notes[0]


def test_entry_that_stands_twice_is_told_apart() -> None:
    twice = Bright(level=0.3, augmentation=(GAMMA, GAMMA))
    found = measured(seen(inputs_of(twice, Refits()), everything=False))
    assert ("away", "without=gamma 2", "dice") in found


def test_device_that_scores_is_measured_by_auroc() -> None:
    scoring = Scoring(card={"hyper_parameters": {"augmentation": [FLIP]}})
    inputs = inputs_of(scoring, lambda changed: Scoring(), masks=False)
    found = measured(seen(inputs))
    assert {measure for *_, measure in found} == {"auroc", "auroc_difference"}


def test_differences_can_be_drawn() -> None:
    output = seen(inputs_of(DEVICE, Refits()))
    assert len([draw(figure) for figure in output.figures]) == 2
    assert np.array(output.tables[0].rows).shape == (8, 4)


def test_network_is_fitted_again_by_the_entries_of_its_own_record() -> None:
    recipe = {
        "size": 32,
        "channels": (4, 8),
        "residual_units": 1,
        "patch": 32,
        "max_epochs": 2,
        "augmentation": ["flip", {"use": "gamma", "params": {"log_range": 0.2}}],
    }
    request = FitRequest(
        name="m", development=cohort_of("dev", 6), tuning=cohort_of("tune", 2), variables=(), seed=1
    )

    def refit(changed: Mapping[str, object]) -> Model:
        return unet.run(request, UnetParams.model_validate({**recipe, **changed}))

    model = refit({})
    home = cohort_of("home", 4)
    population = Population(
        name="test",
        cohort=home,
        score=np.zeros(4),
        segmentations={"device": model.segmented(home)},  # type: ignore[attr-defined]
    )
    inputs = Inputs(populations=(population,), intervals=PLAN, model=model, refit=refit)
    found = measured(seen(inputs, max_epochs=1, entries=["gamma"], everything=False))
    assert {subset for _, subset, _ in found} == {"without=nothing", "without=gamma"}
    assert ("test", "without=gamma", "dice_difference") in found
