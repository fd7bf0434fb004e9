"""Simulated tissue holds what its truth says; folders of images as the command writes them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from phantom_cohorts import SITES, chests, masks, pixels, request, tiles, truth

from samd_validate.core.arrays import FloatArray
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.model import no_progress
from samd_validate.readers._simulated import Asked, write_simulated
from samd_validate.readers.image_folder import ImageColumns, ImageFolderParams, image_folder
from samd_validate.readers.phantoms.stains import STAINS, vectors_of


@pytest.fixture(scope="module")
def planted() -> dict[str, Cohort]:
    return {site: chests(site) for site in SITES}


@pytest.fixture(scope="module")
def twins() -> dict[str, Cohort]:
    return {site: chests(site, planted=False) for site in SITES}


@pytest.fixture(scope="module")
def stained() -> dict[str, Cohort]:
    return {site: tiles(site) for site in SITES}


def stains_of(cohort: Cohort) -> FloatArray:
    """Return haematoxylin and eosin ``(2, 3)`` after Macenko, doi:10.1109/ISBI.2009.5193250."""
    seen = np.concatenate([one.reshape(-1, 3)[::7] for one in pixels(cohort)])
    density = -np.log10(np.maximum(seen, 0.01) / np.array(truth(cohort)["site"]["light"]))
    density = density[(density > 0.12).any(axis=1)]
    plane = np.linalg.eigh(np.cov(density.T))[1][:, 1:]
    plane = plane * np.sign(plane.sum(axis=0))
    along = density @ plane
    angles = np.arctan2(along[:, 0], along[:, 1])
    ends = [plane @ [np.sin(a), np.cos(a)] for a in np.percentile(angles, (1, 99))]
    return np.array(sorted((one * np.sign(one.sum()) for one in ends), key=lambda one: -one[0]))


def degrees(left: FloatArray, right: FloatArray) -> float:
    cosine = float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


@pytest.mark.parametrize("site", SITES)
def test_stain_vectors_are_those_of_the_laboratory(stained: dict[str, Cohort], site: str) -> None:
    measured, told = stains_of(stained[site]), vectors_of(STAINS[site])
    assert degrees(measured[1], told[1]) < 8
    assert degrees(measured[0], told[0]) < 12


def test_stain_vectors_differ_between_laboratories_and_not_between_twins(
    stained: dict[str, Cohort],
) -> None:
    moved = degrees(*(stains_of(stained[site])[1] for site in SITES))
    twins = [tiles(site, planted=False) for site in SITES]
    still = degrees(*(stains_of(one)[1] for one in twins))
    assert moved > 10
    assert still == pytest.approx(0, abs=1e-4)
    assert truth(twins[1])["differs_from_north"] == {}


def test_nuclei_are_numbered_and_darker_than_the_tissue_round_them(
    stained: dict[str, Cohort],
) -> None:
    for site in SITES:
        cohort = stained[site]
        counts = [int(mask.max()) for mask in masks(cohort)]
        assert all(np.unique(mask).size == mask.max() + 1 for mask in masks(cohort))
        assert counts == cohort.numbers["n_nuclei"].astype(int).tolist()
        for image, mask in zip(pixels(cohort), masks(cohort), strict=True):
            assert image.shape == (128, 128, 3)
            assert image[mask > 0, 0].mean() < image[mask == 0, 0].mean()


def test_nuclei_of_high_grade_are_larger(stained: dict[str, Cohort]) -> None:
    cohort = stained["north"]
    area = np.array([(mask > 0).sum() / mask.max() for mask in masks(cohort)])
    is_high = cohort.groups["grade"] == "high"
    assert area[is_high].mean() > 1.3 * area[~is_high].mean()


def test_label_is_whether_there_are_nuclei_or_the_grade() -> None:
    cohort = tiles("north", label="grade", size=64)
    assert (cohort.label == (cohort.groups["grade"] == "high")).all()
    assert 0 < cohort.n_events < cohort.size
    with_nuclei = tiles("north", size=64)
    assert with_nuclei.label.tolist() == [int(mask.any()) for mask in masks(with_nuclei)]


@pytest.mark.parametrize("draw", [chests, tiles])
def test_truth_is_plain_json_without_a_name_of_a_patient(draw: Any) -> None:
    cohort = draw("south", size=64)
    text = canonical_bytes(truth(cohort)).decode()
    assert json.loads(text)["parameters"]["planted"] is True
    assert not any(name in text for name in cohort.patient_id.tolist())


def asked(**changed: Any) -> Asked:
    usual = Asked(
        shape="histology",
        site="south",
        seed=3,
        is_planted=True,
        stays=50,
        window_hours=48,
        form="csv.gz",
        images=20,
        size=64,
    )
    return replace(usual, **changed)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"site": "riverside"}, "north or south"),
        ({"site": "north", "shape": "mimic_iv"}, "riverside or hillcrest"),
        ({"size": 65}, "multiple of 32"),
    ],
)
def test_folder_that_no_shape_has_is_refused(
    tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotRun) as stopped:
        write_simulated(tmp_path / "new", asked(**changed), no_progress)
    assert words in stopped.value.problems[0].expected
    assert not list(tmp_path.iterdir())


def test_folder_where_something_lies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CannotRun):
        write_simulated(tmp_path, asked(), no_progress)


def test_folder_of_the_command_holds_the_images_of_the_reader(tmp_path: Path) -> None:
    assert write_simulated(tmp_path / "new", asked(), no_progress) == "20 simulated images"
    params = ImageFolderParams(
        masks="labels", colour="rgb", columns=ImageColumns(image="tile", patient="patient")
    )
    cohort = image_folder.run(replace(request(), place=str(tmp_path / "new")), params)
    same = tiles("south", size=64)
    assert cohort.provenance.fingerprint == same.provenance.fingerprint
    assert cohort.provenance.is_simulated
    assert truth(cohort) == truth(same)


def test_folder_of_radiographs_has_the_parts_of_the_release(tmp_path: Path) -> None:
    place = tmp_path / "new"
    write_simulated(place, asked(shape="nih_cxr14"), no_progress)
    names = {str(one.relative_to(place)) for one in place.rglob("*") if one.parent == place}
    assert names == {"Data_Entry_2017.csv", "SIMULATED.json", "images", "masks"}
    assert len(list((place / "images").iterdir())) == 20
