"""Planted effects in images: found with them, not in the twin; whole protocols are run by a script.

The device here marks what absorbs red light, as haematoxylin does, above a fixed amount: it needs
no training, and stains of another strength mislead it.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawn_images import Maps
from phantom_cohorts import chests, tiles
from planted_images import EFFECTS, Effect, cut, recipe

from samd_validate.checks.external_site import ExternalSiteParams, external_site
from samd_validate.checks.shortcut import ShortcutParams, shortcut
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol

PLAN = IntervalPlan(n_resamples=200, seed=2)
RED_BELOW = 0.55


def marked(cohort: Cohort, name: str, *, external: bool) -> Population:
    assert cohort.images is not None
    images = [cohort.images.image(row).pixels for row in range(cohort.size)]
    maps = tuple((one[..., 0] < RED_BELOW).astype(np.float64) for one in images)
    return Population(
        name=name,
        cohort=cohort,
        score=np.ones(cohort.size),
        segmentations={"device": Maps(maps=maps)},
        is_external=external,
    )


def loss(*, planted: bool, seed: int) -> Estimate:
    here = marked(tiles("north", seed, planted=planted), "test", external=False)
    there = marked(tiles("south", seed + 50, planted=planted), "south", external=True)
    inputs = Inputs(populations=(here, there), intervals=PLAN)
    params = ExternalSiteParams(measures=("dice",))
    (finding,) = external_site.run("e", inputs, params).findings
    assert isinstance(finding.measurement, Estimate)
    return finding.measurement


@pytest.mark.requirement("REQ-GENERALISATION")
def test_planted_stains_lose_dice_and_the_twin_does_not() -> None:
    for seed in (3, 4):
        assert loss(planted=True, seed=seed).low > 0.03
        assert loss(planted=False, seed=seed).low < 0.03


def test_scripted_protocol_has_its_one_criterion_and_is_a_protocol() -> None:
    import yaml

    for effect in EFFECTS:
        for is_planted in (True, False):
            one = cut(effect, 7, is_planted=is_planted)
            kept = [criterion["id"] for criterion in one["criteria"]]
            assert kept == [effect.criterion]
            assert {data["params"]["planted"] for data in one["datasets"]} == {is_planted}
            assert one["seed"] == 7
            whole = shipped("protocols") / f"{effect.protocol}.yaml"
            assert one["checks"] == [
                check
                for check in yaml.safe_load(whole.read_text())["checks"]
                if check["use"] == one["criteria"][0]["finding"]["check"]
            ]
            assert load_protocol(whole).protocol.id == one["id"]


def test_recipe_is_cut_only_where_the_effect_says_so() -> None:
    short, whole = Effect("a", "b", "c", 3), Effect("a", "b", "c")
    assert recipe(short, "unet_lesions")["params"]["max_epochs"] == 3
    assert recipe(whole, "unet_lesions")["params"]["max_epochs"] > 3


class Corner:
    """A device that reads the letters in the corner, and a little of the lungs."""

    name, card = "corner", {}  # a stand-in for a model

    def predict(self, cohort: Cohort) -> np.ndarray:
        assert cohort.images is not None
        images = [cohort.images.image(row).pixels for row in range(cohort.size)]
        letters = np.array([(one[:17, :32] > 0.9).mean() for one in images])
        lungs = np.array([one[40:90, 30:100].mean() for one in images])
        return np.clip(0.2 + 8 * letters + 0.2 * lungs, 0, 1)

    def artefact(self) -> bytes:
        return b""


@pytest.mark.requirement("REQ-ROBUSTNESS")
def test_lungs_can_be_hidden_where_the_masks_are_of_lungs() -> None:
    """A device that reads letters still works without lungs, where the letters tell the label."""
    cohort = chests("north", 6, images=120, target="lungs")
    score = Corner().predict(cohort)
    inputs = Inputs(
        populations=(Population(name="test", cohort=cohort, score=score),),
        intervals=PLAN,
        model=Corner(),
    )
    params = ShortcutParams(structure=(1, 2), hide="box", shown=False)
    output = shortcut.run("s", inputs, params)
    found = {(one.subset, one.measure): one.measurement for one in output.findings}
    without_lungs = found[("hidden=structure", "auroc")]
    without_corner = found[("hidden=upper left corner", "auroc")]
    assert isinstance(without_lungs, Estimate) and isinstance(without_corner, Estimate)
    assert without_lungs.n == 120
    assert without_lungs.low > 0.7
    assert without_corner.high < 0.7
