"""Every shape in which a folder of simulated patients can be written, of stays or of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.model import Progress
from samd_validate.readers.phantoms.chest_folder import ChestSimulation, chest_folder
from samd_validate.readers.phantoms.tissue_folder import TissueSimulation, tissue_folder
from samd_validate.readers.simulation.folders import (
    Form,
    Shape,
    Simulation,
    SiteName,
    new_folder,
    simulated_folder,
)

OfImages = Literal["nih_cxr14", "histology"]
Anywhere = Literal["riverside", "hillcrest", "north", "south"]
SITES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(get_args(Shape), ("riverside", "hillcrest")),
    **dict.fromkeys(get_args(OfImages), ("north", "south")),
}
STEP = 32


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for; ``stays``, window and form are for stays, ``images`` and size for images.

    ``site`` None is the first one of the shape.
    """

    shape: Shape | OfImages
    site: Anywhere | None
    seed: int
    is_planted: bool
    stays: int
    window_hours: float
    form: Form
    images: int
    size: int
    prevalence: float = 0.5


def write_simulated(place: Path, asked: Asked, progress: Progress) -> str:
    """Write the folder, and return how many of what are in it.

    Raises
    ------
    CannotRun
        For a site that the shape does not have, a side of an image that is no multiple of 32, or
        a place where something lies.
    """
    site = _site(asked)
    if asked.shape in get_args(OfImages):
        _write_images(place, asked, site, progress)
        return f"{asked.images} simulated images"
    wanted = Simulation(
        shape=cast("Shape", asked.shape),
        site=cast("SiteName", site),
        stays=asked.stays,
        seed=asked.seed,
        is_planted=asked.is_planted,
        window_hours=asked.window_hours,
    )
    simulated_folder(place, wanted, asked.form, progress=progress)
    return f"{asked.stays} simulated stays"


def _site(asked: Asked) -> str:
    known = SITES[asked.shape]
    if asked.site is None or asked.site in known:
        return asked.site or known[0]
    raise CannotRun(
        Problem(
            where="--site",
            found=f"{asked.site} with the shape {asked.shape}",
            expected=" or ".join(known),
            todo="name a site of that shape, or leave the option out",
        )
    )


def _write_images(place: Path, asked: Asked, site: str, progress: Progress) -> None:
    if asked.size % STEP:
        raise CannotRun(
            Problem(
                where="--size",
                found=str(asked.size),
                expected=f"a multiple of {STEP}",
                todo="choose another number of pixels",
            )
        )
    named = cast("Literal['north', 'south']", site)
    with new_folder(place) as whole:
        if asked.shape == "nih_cxr14":
            chest = ChestSimulation(
                site=named,
                images=asked.images,
                size=asked.size,
                prevalence=asked.prevalence,
                seed=asked.seed,
                is_planted=asked.is_planted,
            )
            chest_folder(whole, chest, progress)
        else:
            tissue = TissueSimulation(
                site=named,
                tiles=asked.images,
                size=asked.size,
                prevalence=asked.prevalence,
                seed=asked.seed,
                is_planted=asked.is_planted,
            )
            tissue_folder(whole, tissue, progress)
