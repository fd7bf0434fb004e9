"""Disturbances of images in five severities, and images as they are under one of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import Column, IntArray
from samd_validate.core.images import Image, ImageSource

Pixels: TypeAlias = npt.NDArray[np.float32]
Disturb: TypeAlias = Callable[[Pixels, float, np.random.Generator], Any]
Move: TypeAlias = Callable[[Column, float], Column]
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """A disturbance: its words, the dose of each severity, and what it does to image and mask."""

    title: str
    dose_words: str
    doses: tuple[float, float, float, float, float]
    disturb: Disturb
    move: Move | None = None


def _noise(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    return pixels + dose * generator.standard_normal(pixels.shape)


NOISE = Corruption(
    title="Noise",
    dose_words="standard deviation of normal noise; the range of pixels is 1",
    doses=(0.02, 0.05, 0.1, 0.15, 0.25),
    disturb=_noise,
)


def _blur(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    from scipy.ndimage import gaussian_filter

    del generator
    sd = dose * max(pixels.shape[:2])
    return gaussian_filter(pixels, (sd, sd, 0)[: pixels.ndim], mode="nearest")


BLUR = Corruption(
    title="Blur",
    dose_words="standard deviation of a Gaussian, as a share of the longest side",
    doses=(0.002, 0.005, 0.01, 0.015, 0.025),
    disturb=_blur,
)


def _contrast(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    del generator
    return pixels.mean() + dose * (pixels - pixels.mean())


CONTRAST = Corruption(
    title="Contrast",
    dose_words="factor by which pixels are drawn to their mean",
    doses=(0.75, 0.5, 0.35, 0.2, 0.1),
    disturb=_contrast,
)


def _resolution(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    del generator
    return _by_channel(pixels, lambda plane: _small_and_large(plane, dose))


def _small_and_large(plane: Pixels, share: float) -> Any:
    from PIL import Image as Pillow

    size = plane.shape[1], plane.shape[0]
    smaller = tuple(max(1, round(side * share)) for side in size)
    small = Pillow.fromarray(plane).resize(smaller, Pillow.Resampling.BOX)
    return np.asarray(small.resize(size, Pillow.Resampling.BILINEAR))


RESOLUTION = Corruption(
    title="Resolution",
    dose_words="share of the side to which the image is made smaller, and large again",
    doses=(0.5, 0.25, 0.125, 0.09, 0.06),
    disturb=_resolution,
)


def _jpeg(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    from PIL import Image as Pillow

    del generator
    sink = io.BytesIO()
    drawn = Pillow.fromarray(np.rint(pixels * 255).astype(np.uint8))
    drawn.save(sink, format="JPEG", quality=int(dose))
    return np.asarray(Pillow.open(sink), dtype=np.float32) / 255


JPEG = Corruption(
    title="JPEG compression",
    dose_words="quality by the scale of libjpeg",
    doses=(50, 30, 15, 8, 4),
    disturb=_jpeg,
)


def _rotated(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    from scipy.ndimage import rotate

    del generator
    return rotate(pixels, dose, axes=(0, 1), reshape=False, order=1)


def _rotated_mask(reference: Column, dose: float) -> Column:
    from scipy.ndimage import rotate

    return np.asarray(rotate(reference, dose, axes=(0, 1), reshape=False, order=0))


ROTATION = Corruption(
    title="Rotation",
    dose_words="degrees, reference turned alike; black enters",
    doses=(3, 6, 10, 15, 30),
    disturb=_rotated,
    move=_rotated_mask,
)


def _clipped(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    del generator
    return _clipped_mask(pixels, dose)


def _clipped_mask(reference: Column, dose: float) -> Column:
    found = np.zeros_like(reference)
    rows, columns = (round(dose * side) for side in reference.shape[:2])
    inside = (slice(rows, reference.shape[0] - rows), slice(columns, reference.shape[1] - columns))
    found[inside] = reference[inside]
    return found


CLIPPED_FIELD = Corruption(
    title="Clipped field",
    dose_words="share of each side lost at both ends; what is lost is not in the reference",
    doses=(0.02, 0.05, 0.1, 0.15, 0.2),
    disturb=_clipped,
    move=_clipped_mask,
)


def _inverted(pixels: Pixels, dose: float, generator: np.random.Generator) -> Any:
    return 1 - pixels if generator.random() < dose else pixels


INVERTED = Corruption(
    title="Inverted polarity",
    dose_words="share of images in which bright and dark are swapped",
    doses=(0.2, 0.4, 0.6, 0.8, 1.0),
    disturb=_inverted,
)


def _by_channel(pixels: Pixels, change: Callable[[Pixels], Any]) -> Any:
    if pixels.ndim == 2:  # noqa: PLR2004
        return change(pixels)
    planes = [change(np.ascontiguousarray(pixels[..., n])) for n in range(pixels.shape[2])]
    return np.stack(planes, axis=2)


CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {
        "noise": NOISE,
        "blur": BLUR,
        "contrast": CONTRAST,
        "resolution": RESOLUTION,
        "jpeg": JPEG,
        "rotation": ROTATION,
        "clipped_field": CLIPPED_FIELD,
        "inverted": INVERTED,
    }
)
"""The kinds by name; those of a higher severity hold the draws of a lower one."""


@dataclass(frozen=True, kw_only=True)
class Corrupted:
    """The images of a source under a corruption; severity 0 leaves them as they are.

    ``rows`` are the numbers by which an image's own chance is seeded, the same at each severity.
    """

    source: ImageSource
    kind: str
    severity: int
    seed: int
    rows: tuple[int, ...]

    @property
    def channels(self) -> int:
        """Return 1 for grey images, 3 for colour."""
        return self.source.channels

    def image(self, row: int) -> Image:
        """Read one image and disturb it."""
        image = self.source.image(row)
        if self.severity == 0:
            return image
        one = CORRUPTIONS[self.kind]
        generator = np.random.default_rng([self.seed, self.rows[row]])
        found = one.disturb(np.asarray(image.pixels), one.doses[self.severity - 1], generator)
        return replace(image, pixels=np.clip(found, 0, 1))

    def reference(self, row: int) -> Column | None:
        """Read one reference, moved as its image is."""
        reference, one = self.source.reference(row), CORRUPTIONS[self.kind]
        if reference is None or one.move is None or self.severity == 0:
            return reference
        return one.move(reference, one.doses[self.severity - 1])

    def take(self, rows: IntArray) -> Corrupted:
        """Return the images of some rows, in their order."""
        chosen = tuple(self.rows[row] for row in rows.tolist())
        return replace(self, source=self.source.take(rows), rows=chosen)
