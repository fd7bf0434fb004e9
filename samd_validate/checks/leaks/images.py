"""Leakage through a device that reads images alone: what can be tried, and what cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samd_validate.checks._numbers import counted, not_run
from samd_validate.checks.leaks.inputs import SINGLE
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.model import Preprocessed
from samd_validate.core.seeds import step_generator

TOLERANCE = 1e-4
"""Convolutions in single precision over batches of other sizes agree to this."""
WITHOUT_COLUMNS = (
    "the device reads the image and no column; whether something in the image beside the finding "
    "tells the outcome is asked by the check shortcut"
)
WITHOUT_TIME = "an image is taken at one time: nothing after the prediction can be cut away"
WITHOUT_LEARNING = (
    "each image is prepared by its own pixels or by fixed numbers: nothing is learned from others"
)
NOT_SHOWN = "the device does not show what its preprocessing learned"


def reads_images_alone(inputs: Inputs, population: Population) -> bool:
    """Return whether the device's card names no column and the cohort has images and no series."""
    if inputs.model is None or population.cohort.images is None:
        return False
    named = ("variables", "static_inputs")
    return population.cohort.series is None and not any(inputs.model.card.get(k) for k in named)


def image_leaks(inputs: Inputs, population: Population, images: int) -> dict[str, Measurement]:
    """Return every measure of leakage for a device that reads images alone."""
    n = population.cohort.size
    columns = not_run("no_columns", WITHOUT_COLUMNS, n)
    return {
        **dict.fromkeys(SINGLE, columns),
        "predictions_moved_by_truncation": not_run("no_series", WITHOUT_TIME, n),
        "preprocessing_beyond_development": _preparation(inputs, n),
        "predictions_moved_alone": moved_alone(inputs, population, images),
    }


def _preparation(inputs: Inputs, n: int) -> Measurement:
    model = inputs.model
    if isinstance(model, Preprocessed) and not model.learned():
        return not_run("nothing_learned", WITHOUT_LEARNING, n)
    return not_run("not_shown", NOT_SHOWN, n)


def moved_alone(inputs: Inputs, population: Population, images: int) -> Measurement:
    """Return for how many images the score moves when the device is given that image alone.

    Label, groups, numbers, site, names and all other images of the cohort are taken away.
    """
    cohort = population.cohort
    if inputs.model is None:
        return not_run("no_model", "the device cannot be run", cohort.size)
    generator = step_generator(inputs.intervals.seed, f"alone/{population.name}")
    rows = np.sort(generator.permutation(cohort.size)[:images])
    alone = [float(inputs.model.predict(_bare(cohort, row))[0]) for row in rows.tolist()]
    moved = np.abs(np.array(alone) - np.asarray(population.score)[rows])
    note = f"largest move {moved.max():.2g}"
    return counted(int((moved > TOLERANCE).sum()), int(rows.size), note)


def _bare(cohort: Cohort, row: int) -> Cohort:
    """Return a cohort of one image of which nothing else is told."""
    return replace(
        cohort.take(np.array([row])),
        unit_id=np.array(["image"]),
        patient_id=np.array(["image"]),
        site=np.array([""]),
        label=np.array([0]),
        groups={},
        numbers={},
        scores={},
    )
