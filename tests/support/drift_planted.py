"""Planted site shifts against twins without: how often the checks of drift find them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from phantom_cohorts import chests, tiles

from samd_validate.checks.covariate_drift import CovariateDriftParams, covariate_drift
from samd_validate.checks.image_drift import ImageDriftParams, image_drift
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

STAYS = 800
IMAGES = 40
SEEDS = 20
ALPHA = 0.05
Drawn = tuple[Cohort, Cohort]
HEADS = ("n_shifted", "mmd", "c2st_auroc")


def hospitals(seed: int, *, planted: bool, stays: int = STAYS) -> Drawn:
    """Draw both simulated hospitals."""
    found = []
    for number, site in enumerate(("riverside", "hillcrest")):
        request = ReadRequest(dataset=site, place=None, seed=2 * seed + number, window_hours=24)
        params = SimulatedIcuParams(site=site, stays=stays, planted=planted)  # type: ignore[arg-type]
        found.append(simulated_icu.run(request, params))
    return found[0], found[1]


def scanners(seed: int, *, planted: bool) -> Drawn:
    """Draw radiographs of both simulated scanners."""
    north, south = (
        chests(site, 2 * seed + n, images=IMAGES, planted=planted)
        for n, site in enumerate(("north", "south"))
    )
    return north, south


def laboratories(seed: int, *, planted: bool) -> Drawn:
    """Draw tiles of both simulated laboratories."""
    north, south = (
        tiles(site, 2 * seed + n, tiles=IMAGES, planted=planted)
        for n, site in enumerate(("north", "south"))
    )
    return north, south


def seen(drawn: Drawn) -> CheckOutput:
    """Return what the check of drift sees when the first cohort is that of development."""
    home, elsewhere = drawn
    there = Population(
        name="there", cohort=elsewhere, score=np.full(elsewhere.size, 0.1), is_external=True
    )
    plan = IntervalPlan(n_resamples=200, seed=7)
    inputs = Inputs(populations=(there,), intervals=plan, development=home)
    if home.images is not None:
        params = ImageDriftParams(permutations=199, leave_out=("age_years", "n_nuclei"))
        return image_drift.run("image_drift", inputs, params)
    return covariate_drift.run("covariate_drift", inputs, CovariateDriftParams(permutations=199))


def alarms(output: CheckOutput) -> dict[str, bool]:
    """Return by measure whether it says that the groups differ."""
    raised = {}
    for one in output.findings:
        found = one.measurement
        if one.measure in HEADS and one.subset == "all":
            assert isinstance(found, Estimate)
            is_count = one.measure == "n_shifted"
            raised[one.measure] = found.value > 0 if is_count else (found.p_value or 0) < ALPHA
    return raised


PLANTED: dict[str, tuple[str, Callable[..., Drawn]]] = {
    "simulated hospitals (case mix, habits of measuring)": ("covariate_drift", hospitals),
    "simulated scanners (noise, contrast, sharpness)": ("image_drift", scanners),
    "simulated laboratories (stain, light, sharpness)": ("image_drift", laboratories),
}


def planted_tables() -> list[str]:
    """Return the table of planted shifts and twins."""
    lines = [
        f"Seeds with an alarm, of {SEEDS}: {STAYS} stays, or {IMAGES} images, at each site. Any variable shifted (Holm),",
        "discrepancy (p below 0.05), classifier better than chance (p below 0.05).",
        "",
        "| what | check | planted | " + " | ".join(f"`{name}`" for name in HEADS) + " |",
        "|---|---|---|" + "---|" * len(HEADS),
    ]
    for words, (name, drawn) in PLANTED.items():
        for planted in (True, False):
            raised = [alarms(seen(drawn(seed, planted=planted))) for seed in range(SEEDS)]
            counts = [f"{sum(one[head] for one in raised)} of {SEEDS}" for head in HEADS]
            kind = "yes" if planted else "no, the twin"
            lines.append(f"| {words} | `{name}` | {kind} | " + " | ".join(counts) + " |")
    return lines
