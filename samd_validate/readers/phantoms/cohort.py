"""A folder of phantoms that was read, under the names of its site and held while it is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.core.model import Progress
from samd_validate.readers.images.held import HeldFolder
from samd_validate.readers.images.source import ImageFiles

DRAWN = 0.8  # of the progress


def halves(request: ReadRequest) -> tuple[Progress, Progress]:
    """Return the progress of the drawing and that of the reading after it."""
    what = f"reading {request.dataset}"
    return (
        lambda _, share: request.progress(what, DRAWN * share),
        lambda what, share: request.progress(what, DRAWN + (1 - DRAWN) * share),
    )


def of_site(cohort: Cohort, site: str, folder: HeldFolder) -> Cohort:
    """Return the cohort with ids of its own site, its images holding the folder they lie in."""
    files = cohort.images
    assert isinstance(files, ImageFiles)  # noqa: S101 (a folder of images was read)
    return replace(
        cohort,
        unit_id=np.array([f"{site}-{name.removesuffix('.png')}" for name in cohort.unit_id]),
        patient_id=np.array([f"{site}-{name}" for name in cohort.patient_id]),
        site=np.full(cohort.size, site),
        images=replace(files, held=folder),
    )
