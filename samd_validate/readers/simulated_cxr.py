"""Simulated chest radiographs of two scanners with a known truth: the embedded default."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.image_folder import ImageColumns, ImageFolderParams, image_folder
from samd_validate.readers.images.held import HeldFolder
from samd_validate.readers.phantoms.chest_folder import TABLE, ChestSimulation, chest_folder
from samd_validate.readers.phantoms.cohort import halves, of_site

MARKED = ("absent", "present")


class SimulatedCxrParams(BaseModel):
    """Which scanner, how many images, what the masks mark, and whether anything is planted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Literal["north", "south"]
    target: Literal["lesions", "lungs"] = "lesions"
    images: int = Field(default=240, ge=20, le=100_000)
    size: int = Field(default=256, ge=64, le=4096, multiple_of=32, description="pixels a side")
    prevalence: float = Field(default=0.5, gt=0, lt=1, description="of images with a lesion")
    planted: bool = Field(
        default=True, description="false: the twin, whose two scanners differ in nothing"
    )
    seed: int | None = Field(default=None, ge=0, description="null: from the protocol's seed")


@reader("simulated_cxr", version=1, params=SimulatedCxrParams, gives=("images", "masks"))
def simulated_cxr(request: ReadRequest, params: SimulatedCxrParams) -> Cohort:
    """Draw chest radiographs with nodules and infiltrates at one of two scanners.

    What is drawn is written in the layout of ChestX-ray14, with masks, and read as any folder of
    images; the label is whether there is a lesion. The scanners differ in noise, contrast and
    sharpness; in the north letters in a corner go with the label. What was planted, and what came
    of it in this draw, is the attachment ``simulation_truth_<data set>``. See
    docs/methods/simulated_cxr.md.
    """
    wanted = ChestSimulation(
        site=params.site,
        images=params.images,
        size=params.size,
        prevalence=params.prevalence,
        seed=request.seed if params.seed is None else params.seed,
        is_planted=params.planted,
    )
    folder = HeldFolder()
    first, second = halves(request)
    drawn = chest_folder(folder.path, wanted, first)
    here = replace(request, place=str(folder.path), progress=second)
    cohort = of_site(image_folder.run(here, _as_folder(params.target)), params.site, folder)
    marked = np.array([MARKED[one.has_marker] for one in drawn])
    return replace(
        cohort,
        label=np.array([one.label for one in drawn]),
        groups={**cohort.groups, "marker": marked},
    )


def _as_folder(target: str) -> ImageFolderParams:
    return ImageFolderParams(
        table=TABLE,
        masks=f"masks/{target}",
        columns=ImageColumns(
            image="Image Index",
            patient="Patient ID",
            spacing_mm="OriginalImagePixelSpacing[x",
            groups={"sex": "Patient Gender", "view": "View Position", "finding": "Finding Labels"},
            numbers={"age_years": "Patient Age"},
        ),
    )
