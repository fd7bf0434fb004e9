"""What was planted in the simulated hospitals is found; where nothing was, no alarm is raised.

The device is the risk that measurements tell, so that what is found is the data's and not a
model's doing; the whole line with a trained model is run by the default protocol.
"""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.checks._common import sample_of
from samd_validate.checks.external_site import ExternalSiteParams, external_site
from samd_validate.checks.subgroups import SubgroupParams, subgroups
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Finding
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu
from samd_validate.readers.simulation.people import RIVERSIDE, SITES, draw_people
from samd_validate.stats.engine import estimate

STAYS = 3000
PLAN = IntervalPlan(n_resamples=300, seed=2)
MEASURES = ("calibration_in_the_large",)
GROUPS = SubgroupParams(groups=("sex", "age_band", "ethnicity"), measures=MEASURES, min_units=100)


def population(name: str, seed: int, *, planted: bool) -> Population:
    """Return a hospital whose device tells exactly the risk that the measurements tell."""
    request = ReadRequest(dataset=name, place=None, seed=seed, window_hours=2)
    params = SimulatedIcuParams(site=name, stays=STAYS, planted=planted)  # type: ignore[arg-type]
    cohort: Cohort = simulated_icu.run(request, params)
    site = SITES[name] if planted else RIVERSIDE
    people = draw_people(site, STAYS, np.random.Generator(np.random.Philox(seed)))
    assert people.label.tolist() == cohort.label.tolist()
    external = name == "hillcrest"
    return Population(name=name, cohort=cohort, score=people.told_risk, is_external=external)


def alarms(findings: tuple[Finding, ...], bound: float) -> list[str]:
    """Return the subsets whose interval lies wholly beyond the bound."""
    return [
        finding.subset
        for finding in findings
        if isinstance(finding.measurement, Estimate)
        and finding.measure in MEASURES
        and (finding.measurement.low > bound or finding.measurement.high < -bound)
    ]


@pytest.mark.requirement("REQ-FAIRNESS-SUBGROUPS")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.requirement("SW-PLANTED-FOUND")
def test_planted_subgroup_is_found_and_it_alone(seed: int) -> None:
    here = population("hillcrest", seed, planted=True)
    found = subgroups.run("s", Inputs(populations=(here,), intervals=PLAN), GROUPS).findings
    assert alarms(found, 0.4) == ["ethnicity=Black"]


@pytest.mark.requirement("REQ-FAIRNESS-SUBGROUPS")
@pytest.mark.requirement("SW-PLANTED-FOUND")
def test_twin_raises_alarms_no_oftener_than_the_level_says() -> None:
    beyond, looked_at = 0, 0
    for seed in range(10):
        here = population("hillcrest", 100 + seed, planted=False)
        found = subgroups.run("s", Inputs(populations=(here,), intervals=PLAN), GROUPS).findings
        assert alarms(found, 0.4) == []
        beyond += len(alarms(found, 0.0))
        looked_at += sum(
            isinstance(finding.measurement, Estimate) and finding.measure in MEASURES
            for finding in found
        )
    assert looked_at > 80
    assert beyond / looked_at < 0.05 + 3 * np.sqrt(0.05 * 0.95 / looked_at) + 0.02


def test_twin_shows_no_loss_elsewhere_beyond_chance() -> None:
    lost = 0
    for seed in range(10):
        here = population("riverside", 200 + seed, planted=False)
        there = population("hillcrest", 300 + seed, planted=False)
        params = ExternalSiteParams(measures=("auroc",))
        inputs = Inputs(populations=(here, there), intervals=PLAN)
        (finding,) = external_site.run("e", inputs, params).findings
        assert isinstance(finding.measurement, Estimate)
        lost += finding.measurement.low > 0 or finding.measurement.high < 0
    assert lost <= 2


def test_case_mix_shift_is_seen_in_the_prevalence() -> None:
    here = population("riverside", 1, planted=True)
    there = population("hillcrest", 2, planted=True)
    found = [estimate(("prevalence",), sample_of(p), PLAN)["prevalence"] for p in (here, there)]
    assert isinstance(found[0], Estimate)
    assert isinstance(found[1], Estimate)
    assert found[1].low > found[0].high
