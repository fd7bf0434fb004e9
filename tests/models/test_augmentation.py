"""Augmentations: shapes, ranges, masks that move with their image, and chance from the seed."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from samd_validate.core.kinds import Augmented, AugmentRequest, Plane, augmentation
from samd_validate.core.plugin import discover
from samd_validate.models import augmentation as folder
from samd_validate.models.augmentation._choice import Augmentations, Choice, applied, bound
from samd_validate.models.augmentation._common import AugmentationParams, repainted

pytestmark = pytest.mark.requirement("REQ-ROBUSTNESS")
KNOWN = discover(folder, "augmentation")
STAINS = ("stain_jitter", "stain_normalise")
MOVING = {
    "affine": {"rotation_degrees": 30, "scale": 0.3, "shift": 0.1},
    "elastic": {"magnitude_pixels": 3, "spacing_pixels": 16},
    "flip": {"is_vertical": True, "quarter_turns": True},
}
NO_STRENGTH = {
    "affine": {"rotation_degrees": 0, "scale": 0, "shift": 0},
    "blur": {"sd_pixels": 0},
    "collimation": {"share": 0},
    "contrast": {"range": 0},
    "elastic": {"magnitude_pixels": 0},
    "exposure": {"range": 0},
    "flip": {"is_horizontal": False},
    "gamma": {"log_range": 0},
    "gaussian_noise": {"sd": 0},
    "grid_lines": {"amplitude": 0},
    "poisson_noise": {"sd": 0},
    "resolution": {"coarsest": 1},
    "stain_jitter": {"factor": 0, "shift": 0},
}


class Recipe(BaseModel):
    augmentation: Augmentations = ()


def picture(channels: int = 1, rows: int = 40, columns: int = 48, seed: int = 0) -> Plane:
    return np.random.default_rng(seed).random((channels, rows, columns)).astype(np.float32)


def slide(seed: int = 3) -> Plane:
    """Return purple nuclei on pink, with some glass."""
    generator = np.random.default_rng(seed)
    amount = generator.uniform(0.1, 1.2, size=(2, 40 * 40)) * (generator.random(40 * 40) < 0.8)
    stains = np.array([[0.56, 0.22], [0.72, 0.80], [0.41, 0.56]])
    light = 240 / 255 * np.exp(-stains @ amount)
    return light.reshape(3, 40, 40).astype(np.float32)


def image_for(name: str) -> Plane:
    return slide() if name in STAINS else picture()


def acted(name: str, pixels: Plane, mask: Plane | None, seed: int, **params: object) -> Augmented:
    """Return what an augmentation does when it acts for sure."""
    given = params if KNOWN[name].params.is_preparation else {"probability": 1.0, **params}
    choice = Choice(use=name, params=given)
    steps = [choice.bound()]
    return applied(steps, pixels, mask, np.random.default_rng(seed))


def test_unknown_augmentation_names_those_that_exist() -> None:
    with pytest.raises(ValidationError, match="did you mean 'gamma'"):
        Recipe.model_validate({"augmentation": ["gama"]})


def test_unknown_parameter_is_refused_when_the_recipe_is_read() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Recipe.model_validate({"augmentation": [{"use": "gamma", "params": {"strength": 1}}]})


@pytest.mark.parametrize("probability", [-0.1, 1.1])
def test_probability_outside_0_to_1_is_refused(probability: float) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate(
            {"augmentation": [{"use": "flip", "params": {"probability": probability}}]}
        )


def test_grid_lines_closer_than_the_widest_are_needed() -> None:
    with pytest.raises(ValidationError, match="closest_pixels"):
        Choice(use="grid_lines", params={"closest_pixels": 9, "widest_pixels": 4}).bound()


@pytest.mark.parametrize("name", STAINS)
def test_stains_of_a_grey_image_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="colour"):
        acted(name, picture(), None, 1)


@pytest.mark.parametrize("name", STAINS)
def test_glass_without_tissue_is_left_as_it_is(name: str) -> None:
    glass = np.full((3, 32, 32), 0.97, np.float32)
    np.testing.assert_array_equal(acted(name, glass, None, 1).pixels, glass)


@pytest.mark.parametrize("name", KNOWN)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_shape_range_and_type_stay_and_the_given_image_too(name: str, seed: int) -> None:
    pixels = image_for(name)
    mask = (picture(rows=pixels.shape[1], columns=pixels.shape[2]) > 0.5).astype(np.float32)
    before = pixels.copy(), mask.copy()
    found = acted(name, pixels, mask, seed)
    assert found.mask is not None
    assert (found.pixels.shape, found.mask.shape) == (pixels.shape, mask.shape)
    assert (found.pixels.dtype, found.mask.dtype) == (np.float32, np.float32)
    assert 0 <= found.pixels.min() <= found.pixels.max() <= 1
    assert set(np.unique(found.mask)) <= {0, 1}
    np.testing.assert_array_equal(pixels, before[0])
    np.testing.assert_array_equal(mask, before[1])


@pytest.mark.parametrize("name", KNOWN)
def test_image_with_a_label_and_no_mask_is_changed_as_one_with_a_mask(name: str) -> None:
    pixels = image_for(name)
    mask = np.ones((1, *pixels.shape[1:]), np.float32)
    alone = acted(name, pixels, None, 5)
    assert alone.mask is None
    np.testing.assert_array_equal(alone.pixels, acted(name, pixels, mask, 5).pixels)


@pytest.mark.parametrize("name", KNOWN)
def test_same_seed_gives_the_same_and_another_seed_something_else(name: str) -> None:
    pixels = image_for(name)
    one, again = (acted(name, pixels, None, 7).pixels for _ in range(2))
    np.testing.assert_array_equal(one, again)
    others = [acted(name, pixels, None, seed).pixels for seed in range(8, 14)]
    is_chance = name not in ("inversion", "stain_normalise")
    assert any((one != other).any() for other in others) == is_chance


@pytest.mark.parametrize("name", KNOWN)
def test_it_changes_the_image(name: str) -> None:
    pixels = image_for(name)
    assert any((acted(name, pixels, None, seed).pixels != pixels).any() for seed in range(5))


def test_no_strength_is_tried_for_all_that_have_one() -> None:
    assert set(NO_STRENGTH) == set(KNOWN) - {"inversion", "stain_normalise"}


@pytest.mark.parametrize("name", NO_STRENGTH)
def test_no_strength_changes_nothing(name: str) -> None:
    pixels = image_for(name)
    mask = (picture(1, *pixels.shape[1:]) > 0.4).astype(np.float32)
    found = acted(name, pixels, mask, 11, **NO_STRENGTH[name])
    np.testing.assert_allclose(found.pixels, pixels, atol=1e-6)
    np.testing.assert_array_equal(found.mask, mask)


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "stain_normalise"])
def test_no_chance_changes_nothing(name: str) -> None:
    pixels = image_for(name)
    found = acted(name, pixels, None, 3, probability=0.0)
    np.testing.assert_array_equal(found.pixels, pixels)


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("seed", range(6))
def test_mask_moves_with_its_image(name: str, seed: int) -> None:
    disc = np.hypot(*(np.indices((48, 48)) - np.array([18, 26])[:, None, None])) < 9
    shape = disc[None].astype(np.float32)
    found = acted(name, shape, shape, seed, **MOVING[name])
    assert found.mask is not None
    np.testing.assert_array_equal(found.mask, (found.pixels >= 0.5).astype(np.float32))
    assert found.mask.sum() > 50


def test_rotation_turns_about_the_middle() -> None:
    middle = np.zeros((1, 33, 33), np.float32)
    middle[0, 16, 16] = 1
    found = acted("affine", middle, None, 1, rotation_degrees=90, scale=0, shift=0)
    assert found.pixels[0, 16, 16] == pytest.approx(1, abs=1e-6)


def test_nothing_is_marked_under_the_border_of_the_collimator() -> None:
    bright = np.ones((1, 60, 60), np.float32)
    found = acted("collimation", bright, bright, 2, share=0.3)
    assert found.mask is not None
    np.testing.assert_array_equal(found.mask, found.pixels)
    assert 0 < found.mask.sum() < bright.sum()


def test_inversion_twice_is_nothing() -> None:
    pixels = picture()
    once = acted("inversion", pixels, None, 1).pixels
    np.testing.assert_allclose(acted("inversion", once, None, 1).pixels, pixels, atol=1e-6)


def test_quanta_make_more_noise_where_it_is_bright() -> None:
    halves = np.full((1, 100, 200), 0.1, np.float32)
    halves[:, :, 100:] = 0.7
    found = acted("poisson_noise", halves, None, 4, sd=0.1).pixels
    ratio = found[..., 100:].var() / found[..., :100].var()
    assert ratio == pytest.approx(7, rel=0.15)


def test_stain_normalisation_brings_two_laboratories_together() -> None:
    one = slide()
    other = np.clip(one ** np.array([1.5, 1.3, 1.6])[:, None, None] * 0.98, 0, 1)
    before = np.abs(one - other).mean()
    found = [
        acted("stain_normalise", each.astype(np.float32), None, 1).pixels for each in (one, other)
    ]
    assert np.abs(found[0] - found[1]).mean() < before / 2


def test_stain_jitter_leaves_glass_between_the_cells_clear() -> None:
    tissue = slide()
    glass = (tissue > 0.93).all(axis=0)
    found = acted("stain_jitter", tissue, None, 2, shift=0.0).pixels
    np.testing.assert_allclose(found[:, glass], tissue[:, glass], atol=0.02)


def test_entry_draws_alike_whether_or_not_another_stands_before_it() -> None:
    pixels = picture()
    noise, flip = Choice(use="gaussian_noise", params={"probability": 1.0}), Choice(use="flip")
    steps = bound([flip, noise], is_preparation=False)
    alone = applied(steps[1:], pixels, None, np.random.default_rng(9)).pixels
    flipped = applied(steps[:1], pixels, None, np.random.default_rng(9)).pixels
    both = applied(steps, pixels, None, np.random.default_rng(9)).pixels
    inner = (alone > 0) & (alone < 1) & (both > 0) & (both < 1)
    np.testing.assert_allclose((both - flipped)[inner], (alone - pixels)[inner], atol=1e-6)


def test_two_entries_of_one_name_draw_apart() -> None:
    twice = bound([Choice(use="gamma"), Choice(use="gamma")], is_preparation=False)
    assert twice[0].key != twice[1].key


def test_preparation_is_kept_apart_from_what_is_chance() -> None:
    choices = [Choice(use="stain_normalise"), Choice(use="stain_jitter")]
    assert [one.name for one in bound(choices, is_preparation=True)] == ["stain_normalise"]
    assert [one.name for one in bound(choices, is_preparation=False)] == ["stain_jitter"]


@augmentation("half_as_bright", version=1, params=AugmentationParams)
def half_as_bright(request: AugmentRequest, params: AugmentationParams) -> Augmented:
    """Halve the brightness."""
    del params
    return repainted(request, request.pixels / 2)


def test_augmentation_of_another_package_joins_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    point = EntryPoint(name="n", value="elsewhere:half", group="samd_validate.augmentation")
    monkeypatch.setattr(EntryPoint, "load", lambda self: half_as_bright)
    monkeypatch.setattr(
        "samd_validate.core.plugin.entry_points",
        lambda group: [point] if group == point.group else [],
    )
    step = Choice(use="half_as_bright", params={"probability": 1.0}).bound()
    pixels = picture()
    found = applied([step], pixels, None, np.random.default_rng(1))
    np.testing.assert_allclose(found.pixels, pixels / 2)
