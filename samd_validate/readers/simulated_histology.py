"""Simulated stained tissue of two laboratories with a known truth: the embedded default."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.image_folder import ImageColumns, ImageFolderParams, image_folder
from samd_validate.readers.images.held import HeldFolder
from samd_validate.readers.phantoms.cohort import halves, of_site
from samd_validate.readers.phantoms.tissue_folder import TABLE, TissueSimulation, tissue_folder


class SimulatedHistologyParams(BaseModel):
    """Which laboratory, how many tiles, and whether anything is planted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Literal["north", "south"]
    tiles: int = Field(default=120, ge=20, le=100_000)
    size: int = Field(default=256, ge=64, le=4096, description="pixels a side")
    label: Literal["nuclei", "grade"] = Field(
        default="nuclei", description="nuclei: whether there are any; grade: whether it is high"
    )
    prevalence: float = Field(default=0.5, gt=0, lt=1, description="of patients of high grade")
    planted: bool = Field(
        default=True, description="false: the twin, whose two laboratories differ in nothing"
    )
    seed: int | None = Field(default=None, ge=0, description="null: from the protocol's seed")


@reader(
    "simulated_histology", version=1, params=SimulatedHistologyParams, gives=("images", "masks")
)
def simulated_histology(request: ReadRequest, params: SimulatedHistologyParams) -> Cohort:
    """Draw tiles stained with haematoxylin and eosin, their nuclei marked one by one.

    What is drawn is written as a folder of images and read as one. The two laboratories differ in
    the colours and strengths of their stains, sharpness and noise. What was planted, and what
    came of it in this draw, is the attachment ``simulation_truth_<data set>``. See
    docs/methods/simulated_histology.md.
    """
    wanted = TissueSimulation(
        site=params.site,
        tiles=params.tiles,
        size=params.size,
        prevalence=params.prevalence,
        seed=request.seed if params.seed is None else params.seed,
        is_planted=params.planted,
    )
    folder = HeldFolder()
    first, second = halves(request)
    tissue_folder(folder.path, wanted, first)
    here = replace(request, place=str(folder.path), progress=second)
    return of_site(image_folder.run(here, _as_folder(params.label)), params.site, folder)


def _as_folder(label: str) -> ImageFolderParams:
    """Return how the folder is read; without spacing, as a millimetre is no unit for nuclei."""
    return ImageFolderParams(
        table=TABLE,
        masks="labels",
        colour="rgb",
        columns=ImageColumns(
            image="tile",
            patient="patient",
            label="high_grade" if label == "grade" else None,
            groups={"grade": "grade"},
            numbers={"n_nuclei": "n_nuclei"},
        ),
    )
