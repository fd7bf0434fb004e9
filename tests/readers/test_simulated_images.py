"""Phantoms hold what their truth says, measured from their pixels, and the twin holds nothing."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.ndimage import binary_dilation, binary_erosion, convolve

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.core.model import no_progress
from samd_validate.readers._simulated import Asked, write_simulated
from samd_validate.readers.image_folder import ImageColumns, ImageFolderParams, image_folder
from samd_validate.readers.images.source import ImageFiles
from samd_validate.readers.phantoms.scanners import SCANNERS, exposed, marker_of
from samd_validate.readers.phantoms.stains import STAINS, vectors_of
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


@pytest.fixture(scope="module")
def planted() -> dict[str, Cohort]:
    return {site: chests(site) for site in SITES}


@pytest.fixture(scope="module")
def twins() -> dict[str, Cohort]:
    return {site: chests(site, planted=False) for site in SITES}


@pytest.fixture(scope="module")
def stained() -> dict[str, Cohort]:
    return {site: tiles(site) for site in SITES}


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


def noise_of(image: Column) -> float:
    """Return the noise after Immerkaer 1996, doi:10.1006/cviu.1996.0060."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
    rough = np.abs(convolve(image.astype(np.float64), kernel))[1:-1, 1:-1]
    return float(np.median(rough) / (6 * 0.6745))


def step_from_lung(image: Column, lungs: Column) -> float:
    """Return how much brighter the rim round the lungs is than the lungs."""
    deep, near = binary_erosion(lungs, iterations=4), binary_dilation(lungs, iterations=6)
    around = near & ~binary_dilation(lungs, iterations=2)
    return float(np.median(image[around]) - np.median(image[deep]))


def marker_seen(cohort: Cohort) -> list[bool]:
    """Return in which images the dots of the letters are all bright."""
    top, bottom, left, right = truth(cohort)["marker"]["rows_and_columns"]
    dots = marker_of(truth(cohort)["site"]["letters"], truth(cohort)["parameters"]["size"])
    return [bool((one[top:bottom, left:right][dots] > 0.95).all()) for one in pixels(cohort)]


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


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"site": "east"},
        {"site": "north", "size": 100},
        {"site": "north", "images": 5},
        {"site": "north", "prevalence": 1},
        {"site": "north", "target": "hearts"},
        {"site": "north", "scanners": 2},
    ],
)
def test_parameters_that_make_no_radiographs(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulatedCxrParams(**options)


@pytest.mark.parametrize("options", [{}, {"site": "east"}, {"site": "north", "tiles": 5}])
def test_parameters_that_make_no_tissue(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulatedHistologyParams(**options)


@pytest.mark.parametrize("draw", [chests, tiles])
def test_same_seed_gives_the_same_bytes_and_another_seed_other_images(draw: Any) -> None:
    prints = [draw("south", seed, size=64).provenance.fingerprint for seed in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]


def test_an_image_does_not_change_when_more_are_drawn() -> None:
    few, many = (pixels(chests("south", size=64, images=n))[:20] for n in (20, 40))
    assert all((a == b).all() for a, b in zip(few, many, strict=True))


@pytest.mark.parametrize("site", SITES)
def test_noise_is_that_of_the_scanner(planted: dict[str, Cohort], site: str) -> None:
    measured = np.median([noise_of(one) for one in pixels(planted[site])])
    assert measured == pytest.approx(SCANNERS[site].noise, rel=0.25)


def test_contrast_of_the_lungs_is_lower_in_the_south(planted: dict[str, Cohort]) -> None:
    here, there = (
        np.mean(
            [
                step_from_lung(image, mask > 0)
                for image, mask in zip(
                    pixels(planted[site])[:10],
                    masks(chests(site, target="lungs"))[:10],
                    strict=True,
                )
            ]
        )
        for site in SITES
    )
    assert there / here == pytest.approx(0.7, abs=0.1)


def test_an_edge_is_less_sharp_in_the_south() -> None:
    edge = np.repeat(np.r_[np.zeros(64), np.full(64, 0.9)][None], 128, axis=0)
    generator = np.random.default_rng(1)
    steepest = [
        np.diff(exposed(edge, replace(SCANNERS[site], noise=0.0), generator)[64]).max()
        / SCANNERS[site].contrast
        for site in SITES
    ]
    assert steepest[1] < 0.75 * steepest[0]


def test_marker_goes_with_the_label_in_the_north_and_not_in_the_south() -> None:
    odds = {}
    for site in SITES:
        cohort = chests(site, images=200, size=64)
        seen = np.array(marker_seen(cohort))
        assert (seen == (cohort.groups["marker"] == "present")).all()
        shares = [float(seen[cohort.label == label].mean()) for label in (1, 0)]
        told = truth(cohort)["marker"]
        assert shares == pytest.approx([told["in_positives"], told["in_negatives"]])
        odds[site] = shares
    assert odds["north"] == pytest.approx([0.9, 0.1], abs=0.08)
    assert odds["south"] == pytest.approx([0.5, 0.5], abs=0.12)


def test_twin_scanners_make_the_same_images_of_the_same_chests(twins: dict[str, Cohort]) -> None:
    here, there = (pixels(twins[site]) for site in SITES)
    assert all((a == b).all() for a, b in zip(here, there, strict=True))
    assert not truth(twins["north"])["differs_from_north"].keys() - {
        "marker_in_positives",
        "marker_in_negatives",
    }


def test_marker_of_the_twin_does_not_go_with_the_label(twins: dict[str, Cohort]) -> None:
    cohort = twins["north"]
    seen = np.array(marker_seen(cohort))
    assert abs(seen[cohort.label == 1].mean() - seen[cohort.label == 0].mean()) < 0.3


@pytest.mark.parametrize("target", ["lesions", "lungs"])
def test_masks_lie_on_their_images_and_mark_what_the_label_says(target: str) -> None:
    cohort = chests("south", target=target)
    lungs = masks(chests("south", target="lungs"))
    for image, mask, lung, label in zip(
        pixels(cohort), masks(cohort), lungs, cohort.label, strict=True
    ):
        assert image.shape == mask.shape == (128, 128)
        assert 0 <= image.min() <= image.max() <= 1
        assert not (mask > 0)[lung == 0].any()
        assert mask.any() == (target == "lungs" or label == 1)


def test_lesions_are_brighter_than_the_same_lung_without_them() -> None:
    cohort = chests("north")
    lungs = masks(chests("north", target="lungs"))
    brighter = [
        image[mask > 0].mean()
        - image[binary_erosion((lung > 0) & (mask == 0), iterations=3)].mean()
        for image, mask, lung in zip(pixels(cohort), masks(cohort), lungs, strict=True)
        if mask.any()
    ]
    assert np.mean(np.array(brighter) > 0) > 0.95


def test_lungs_are_two_fields_right_and_left() -> None:
    for mask in masks(chests("north", target="lungs"))[:20]:
        right, left = (np.argwhere(mask == label)[:, 1].mean() for label in (1, 2))
        assert right < left
        assert 0.08 < (mask > 0).mean() < 0.45


@pytest.mark.parametrize("prevalence", [0.2, 0.7])
def test_prevalence_is_as_asked(prevalence: float) -> None:
    cohort = chests("north", images=300, size=64, prevalence=prevalence)
    assert cohort.n_events / cohort.size == pytest.approx(prevalence, abs=0.08)
    assert truth(cohort)["prevalence"] == cohort.n_events / cohort.size


def test_patients_have_several_images_age_sex_and_view(planted: dict[str, Cohort]) -> None:
    cohort = planted["north"]
    images_each = np.unique(cohort.patient_id, return_counts=True)[1]
    assert set(images_each.tolist()) == {1, 2, 3}
    assert set(cohort.groups["sex"]) == {"F", "M"}
    assert set(cohort.groups["view"]) == {"PA", "AP"}
    assert ((cohort.numbers["age_years"] >= 18) & (cohort.numbers["age_years"] <= 94)).all()
    assert cohort.provenance.is_simulated
    assert not set(cohort.patient_id) & set(planted["south"].patient_id)


def test_spacing_is_that_of_a_field_of_400_mm(planted: dict[str, Cohort]) -> None:
    images = planted["south"].images
    assert images is not None
    assert images.image(0).spacing_mm == (3.125, 3.125)


def test_table_has_the_columns_of_the_release(planted: dict[str, Cohort]) -> None:
    files = planted["north"].images
    assert isinstance(files, ImageFiles)
    table = Path(files.paths[0]).parent.parent / "Data_Entry_2017.csv"
    assert table.read_text().splitlines()[0] == (
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
        "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
    )


def test_files_go_when_nobody_can_read_them_any_more() -> None:
    cohort = chests("north", images=20, size=64)
    part = cohort.take(np.array([3]))
    files = part.images
    assert isinstance(files, ImageFiles)
    path = files.paths[0]
    del cohort
    gc.collect()
    assert files.image(0).pixels.shape == (64, 64)
    del part, files
    gc.collect()
    assert not path.exists()


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
