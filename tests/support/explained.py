"""In how many hospitals a plant is found: `python tests/support/explained.py` prints a table.

Simulated stays whose outcome is drawn anew from four variables that stand for themselves, and
twins whose outcome is in a random order. A small network learns from half of the stays.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from samd_validate.checks.attribution_sanity import attribution_sanity
from samd_validate.checks.plausibility import PlausibilityParams, plausibility
from samd_validate.checks.sanity.attributions import AttributionSanityParams
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import FitRequest, ReadRequest
from samd_validate.core.model import Attribution, Progress
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.models.lstm import LstmParams, lstm
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

STAYS, HOURS = 1500, 24
PLANTED = {"sodium": 1.2, "potassium": 1.2, "chloride": -1.2, "temperature": -1.2}
RIGHT = {name: "raises" if slope > 0 else "lowers" for name, slope in PLANTED.items()}
TURNED = {name: "lowers" if slope > 0 else "raises" for name, slope in PLANTED.items()}
SMALL = {"hidden": 16, "members": 1, "max_epochs": 12, "batch": 32, "learning_rate": 0.005}
LEAST_RECOVERY, MOST_ALIKE = 0.8, 0.5
HEAD = "| check | sees it as found where | planted | twin |\n|---|---|---|---|\n"
ROWS = {
    "recovery": ("attribution_sanity", "`planted_recovery` has its lower limit at 0.8 or above"),
    "right": ("plausibility", "all four directions are as expected"),
    "turned": ("plausibility", "expectations turned around: all four are contradicted"),
    "weights": ("attribution_sanity", "`weights=random` has its upper limit below 0.5"),
    "faithful": ("attribution_sanity", "`deletion_gain` and `insertion_gain` lie above 0"),
}


@dataclass(frozen=True, kw_only=True)
class Muddled(EnsembleModel):
    """A network whose explanation has the right sizes at the wrong inputs."""

    def attribute(
        self, cohort: Cohort, *, blocks: int, seed: int, progress: Progress
    ) -> Attribution:
        """Return the contributions of each stay in a random order of inputs."""
        found = super().attribute(cohort, blocks=blocks, seed=seed, progress=progress)
        order = np.random.default_rng(seed).permuted(
            np.tile(np.arange(len(found.inputs)), (cohort.size, 1)), axis=1
        )
        return replace(found, values=np.take_along_axis(found.values, order[:, :, None], axis=1))


def hospital(seed: int, *, planted: bool) -> Cohort:
    """Return stays whose outcome comes of the planted variables, or of nothing."""
    place = ReadRequest(dataset="d", place=None, seed=seed, window_hours=HOURS)
    cohort: Cohort = simulated_icu.run(place, SimulatedIcuParams(site="riverside", stays=STAYS))
    generator = np.random.default_rng(seed)
    log_odds = -1.0 + sum(slope * _mean(cohort, name) for name, slope in PLANTED.items())
    label = (generator.logistic(size=cohort.size) < log_odds).astype(np.int8)
    if not planted:
        label = generator.permutation(label)
    told = {"simulation_truth_d": {"drivers": PLANTED}}
    return replace(cohort, label=label, attachments=told)


def _mean(cohort: Cohort, name: str) -> np.ndarray:
    """Return the standardised mean of a stay's values, 0 where there are none."""
    series = cohort.series
    assert series is not None
    chosen = series.variable_index == [one.name for one in series.variables].index(name)
    unit, value = series.unit_index[chosen], series.value[chosen]
    count = np.bincount(unit, minlength=cohort.size)
    mean = np.bincount(unit, weights=value, minlength=cohort.size) / np.maximum(count, 1)
    known = count > 0
    return np.where(known, (mean - mean[known].mean()) / mean[known].std(), 0.0)


def device(seed: int, *, planted: bool) -> Inputs:
    """Return the network and the stays that it has not seen."""
    cohort = hospital(seed, planted=planted)
    names = np.unique(cohort.patient_id)
    order = dict(
        zip(names.tolist(), np.random.default_rng(seed).permutation(names.size), strict=True)
    )
    place = np.array([order[name] for name in cohort.patient_id.tolist()]) / names.size
    parts = [cohort.take((place >= low) & (place < high)) for low, high in ((0, 0.6), (0.6, 0.75))]
    request = FitRequest(
        name="m",
        development=parts[0],
        tuning=parts[1],
        variables=tuple(one.name for one in cohort.series.variables),  # type: ignore[union-attr]
        seed=seed,
    )
    model = lstm.run(request, LstmParams.model_validate(SMALL))
    test = cohort.take(place >= 0.75)
    population = Population(name="test", cohort=test, score=model.predict(test))
    plan = IntervalPlan(n_resamples=500, seed=seed)
    return Inputs(populations=(population,), intervals=plan, model=model)


def found(seed: int, *, planted: bool) -> dict[str, bool]:
    """Return which rows of the table a hospital counts for."""
    inputs = device(seed, planted=planted)
    sanity = _numbers(attribution_sanity.run("s", inputs, AttributionSanityParams()))
    verdicts = {
        name: [
            str(row[-1]) for row in plausibility.run("p", inputs, _expecting(said)).tables[0].rows
        ]
        for name, said in (("right", RIGHT), ("turned", TURNED))
    }
    return {
        "recovery": _low(sanity, "planted_recovery") >= LEAST_RECOVERY,
        "right": set(verdicts["right"]) == {"as expected"},
        "turned": set(verdicts["turned"]) == {"contradicts the expectation"},
        "faithful": _is_faithful(sanity),
        "muddled": planted and _is_faithful(_muddled(inputs)),
        "weights": planted
        and sanity["attribution_correlation", "weights=random"].high < MOST_ALIKE,
    }


def _is_faithful(sanity: Mapping[tuple[str, str], Estimate]) -> bool:
    return min(_low(sanity, f"{kind}_gain") for kind in ("deletion", "insertion")) > 0


def _low(sanity: Mapping[tuple[str, str], Estimate], measure: str) -> float:
    """Return the lower limit; of a number that there is not, nothing that could be found."""
    return sanity[measure, "all"].low if (measure, "all") in sanity else -np.inf


def _muddled(inputs: Inputs) -> dict[tuple[str, str], Estimate]:
    """Return the tests of the same network with the right sizes at the wrong inputs."""
    muddled = replace(inputs, model=Muddled(**vars(inputs.model)))
    return _numbers(attribution_sanity.run("s", muddled, AttributionSanityParams()))


def _expecting(said: Mapping[str, str]) -> PlausibilityParams:
    return PlausibilityParams.model_validate({"expected": said})


def _numbers(output: CheckOutput) -> dict[tuple[str, str], Estimate]:
    return {
        (one.measure, one.subset): one.measurement
        for one in output.findings
        if isinstance(one.measurement, Estimate)
    }


def table(seeds: int) -> str:
    """Return in how many hospitals each row is seen."""
    counts = {
        planted: [found(1000 + seed, planted=planted) for seed in range(seeds)]
        for planted in (True, False)
    }
    lines = []
    for name, (check, where) in ROWS.items():
        seen = {planted: sum(one[name] for one in each) for planted, each in counts.items()}
        seen[False] = (
            sum(one["muddled"] for one in counts[True]) if name == "faithful" else seen[False]
        )
        twin = "–" if name == "weights" else f"{seen[False]} of {seeds}"
        lines.append(f"| `{check}` | {where} | {seen[True]} of {seeds} | {twin} |\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(seeds=int(sys.argv[1]) if len(sys.argv) > 1 else 10))
