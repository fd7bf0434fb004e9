"""Two simulated hospitals with a known truth: the embedded default of the toolkit."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.core.model import Progress
from samd_validate.readers.eicu_crd import EicuCrdParams, eicu_crd
from samd_validate.readers.events.simulated import CITATION, LICENCE, NOTE
from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv
from samd_validate.readers.simulation import eicu_people, mimic_folder
from samd_validate.readers.simulation.folders import Shape, Simulation, simulated_folder
from samd_validate.readers.simulation.people import GROUPS
from samd_validate.readers.simulation.variables import SIMULATED

SHAPES: dict[str, Shape] = {"riverside": "mimic_iv", "hillcrest": "eicu_crd"}
DRAWN = 0.5  # of the progress


class SimulatedIcuParams(BaseModel):
    """Which hospital, how many stays, and whether anything is planted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Literal["riverside", "hillcrest"]
    stays: int = Field(default=4000, ge=50, le=200_000)
    planted: bool = Field(
        default=True, description="false: the twin, whose two hospitals differ in nothing"
    )
    seed: int | None = Field(default=None, ge=0, description="null: from the protocol's seed")


@reader("simulated_icu", version=2, params=SimulatedIcuParams)
def simulated_icu(request: ReadRequest, params: SimulatedIcuParams) -> Cohort:
    """Draw ICU stays with irregular, informatively missing measurements at one of two sites.

    What is drawn is written as a folder in the shape of a release and read as one: Riverside as
    MIMIC-IV, Hillcrest as eICU-CRD, its twin as MIMIC-IV. The second site differs in case mix and
    measuring habits, and in one subgroup more patients die than their measurements tell. What was
    planted, and what came of it in this draw, is the attachment
    ``simulation_truth_<data set>``. See docs/methods/simulated_icu.md.
    """
    wanted = Simulation(
        shape=SHAPES[params.site] if params.planted else "mimic_iv",
        site=params.site,
        stays=params.stays,
        seed=request.seed if params.seed is None else params.seed,
        is_planted=params.planted,
        window_hours=request.window_hours,
    )
    what = f"reading {request.dataset}"
    with tempfile.TemporaryDirectory() as work:
        place = Path(work) / wanted.site
        simulated_folder(
            place,
            wanted,
            "parquet",
            batch_stays=params.stays,
            progress=lambda _, share: request.progress(what, DRAWN * share),
        )
        cohort = _read(wanted.shape, replace(request, place=str(place), progress=_second(request)))
    return _named(cohort, wanted.shape, params.site)


def _second(request: ReadRequest) -> Progress:
    """Return the progress of what follows the drawing."""
    return lambda what, share: request.progress(what, DRAWN + (1 - DRAWN) * share)


def _read(shape: Shape, request: ReadRequest) -> Cohort:
    names = tuple(one.name for one in SIMULATED)
    if shape == "mimic_iv":
        home: Cohort = mimic_iv.run(request, MimicIvParams(stays="all", variables=names))
        return home
    away: Cohort = eicu_crd.run(request, EicuCrdParams(stays="all", variables=names))
    return away


def _named(cohort: Cohort, shape: Shape, site: str) -> Cohort:
    """Return the cohort under the names of the simulated site, with what was drawn of it."""
    groups = dict(cohort.groups)
    if shape == "mimic_iv":
        stay, patient = mimic_folder.drawn_numbers(cohort.unit_id, cohort.patient_id)
    else:
        stay, patient = eicu_people.drawn_numbers(cohort.unit_id, cohort.patient_id)
        groups["admission_type"] = eicu_people.admission_types(groups["admission_source"])
    return replace(
        cohort,
        unit_id=_names(site, "stay", stay),
        patient_id=_names(site, "patient", patient),
        site=np.full(cohort.size, site),
        groups={name: groups[name] for name in GROUPS},
        scores={},
        provenance=_provenance(cohort, site),
    )


def _names(site: str, what: str, numbers: Column) -> Column:
    return np.array([f"{site}-{what}-{number:06d}" for number in numbers.tolist()])


def _provenance(cohort: Cohort, site: str) -> Provenance:
    """Return a provenance whose fingerprint is of the content, as the folder is gone."""
    series = cohort.series
    assert series is not None  # noqa: S101 (a reader of events returns one)
    columns = (
        cohort.label,
        cohort.numbers["age_years"],
        series.unit_index,
        series.time_hours,
        series.value,
    )
    content = [digest([len(c), np.asarray(c, dtype=np.float64).tobytes().hex()]) for c in columns]
    return Provenance(
        source="simulated-icu",
        title=f"simulated hospital {site}",
        licence=LICENCE,
        citation=CITATION,
        fingerprint=digest(content),
        is_simulated=True,
        notes=(NOTE,),
    )
