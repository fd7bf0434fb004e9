"""Small cohorts of phantoms."""

from __future__ import annotations

from typing import Any

from samd_validate.core.arrays import Column
from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.simulated_cxr import SimulatedCxrParams, simulated_cxr
from samd_validate.readers.simulated_histology import (
    SimulatedHistologyParams,
    simulated_histology,
)

SITES = ("north", "south")


def request(seed: int = 3) -> ReadRequest:
    return ReadRequest(dataset="d", place=None, seed=seed, window_hours=0)


def chests(site: str, seed: int = 3, **options: Any) -> Cohort:
    params = SimulatedCxrParams(site=site, **{"images": 60, "size": 128, **options})  # type: ignore[arg-type]
    cohort: Cohort = simulated_cxr.run(request(seed), params)
    return cohort


def tiles(site: str, seed: int = 3, **options: Any) -> Cohort:
    params = SimulatedHistologyParams(site=site, **{"tiles": 20, "size": 128, **options})  # type: ignore[arg-type]
    cohort: Cohort = simulated_histology.run(request(seed), params)
    return cohort


def pixels(cohort: Cohort) -> list[Column]:
    assert cohort.images is not None
    return [cohort.images.image(row).pixels for row in range(cohort.size)]


def masks(cohort: Cohort) -> list[Column]:
    assert cohort.images is not None
    found = [cohort.images.reference(row) for row in range(cohort.size)]
    return [one for one in found if one is not None]


def truth(cohort: Cohort) -> dict[str, Any]:
    told = cohort.attachments["simulation_truth_d"]
    assert isinstance(told, dict)
    return told
