"""Simulated radiographs hold what their truth says, and the twin holds nothing."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from phantom_cohorts import SITES, chests, masks, pixels, tiles, truth
from pydantic import ValidationError
from scipy.ndimage import binary_dilation, binary_erosion, convolve

from samd_validate.core.arrays import Column
from samd_validate.core.cohort import Cohort
from samd_validate.readers.images.source import ImageFiles
from samd_validate.readers.phantoms.scanners import SCANNERS, exposed, marker_of
from samd_validate.readers.simulated_cxr import SimulatedCxrParams
from samd_validate.readers.simulated_histology import (
    SimulatedHistologyParams,
)


@pytest.fixture(scope="module")
def planted() -> dict[str, Cohort]:
    return {site: chests(site) for site in SITES}


@pytest.fixture(scope="module")
def twins() -> dict[str, Cohort]:
    return {site: chests(site, planted=False) for site in SITES}


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
