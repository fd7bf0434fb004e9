"""Folders of DICOM files read as a protocol would have them read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dicom_files import Array

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.dicom.params import DicomFolderParams
from samd_validate.readers.dicom.pixels import Grey, pixels_of
from samd_validate.readers.dicom.read import whole
from samd_validate.readers.dicom_folder import dicom_folder

MASKED = {"images": "images", "masks": {"folder": "masks"}}


def read(place: Path, dataset: str = "d", **params: Any) -> Cohort:
    request = ReadRequest(dataset=dataset, place=str(place), seed=0, window_hours=0)
    wanted = DicomFolderParams.model_validate(MASKED | params)
    cohort: Cohort = dicom_folder.run(request, wanted)
    return cohort


def faults(place: Path, **params: Any) -> dict[str, str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return {problem.where: problem.found for problem in stopped.value.problems}


def counts(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow}


def grey(path: Path, rule: Grey = "window") -> Array:
    return pixels_of(whole(path.read_bytes()), rule)


def reference(cohort: Cohort, row: int = 0) -> Array:
    assert cohort.images is not None
    found = cohort.images.reference(row)
    assert found is not None
    return found


def real(name: str) -> Path:
    """Return a file of pydicom-data, or one that comes with pydicom."""
    import data_store
    from pydicom.data.data_manager import DATA_ROOT

    mine = Path(str(data_store.__file__)).parent / "data" / name
    return mine if mine.is_file() else Path(DATA_ROOT) / "test_files" / name
