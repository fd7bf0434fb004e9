"""What of an image tells how it was taken: brightness, contrast, noise, sharpness, size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.ndimage import convolve, laplace

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.images import Image

Plane = npt.NDArray[np.float32]
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
COLOURS = ("red", "green", "blue")
SMALLEST_SIDE = 3
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
KERNEL_LENGTH = 6.0
"""The root of the sum of squares of the kernel: what it makes of noise of standard deviation 1."""

MAD_OF_NORMAL = 0.6744897501960817
FLOOR = 1e-12
HISTOGRAM_BINS = 16
RINGS = 8


def statistics_of(image: Image) -> dict[str, float]:
    """Return the acquisition statistics of one image, NaN where one cannot be had.

    Grey values are in [0, 1], of colour the mean of the channels. Noise is the standard deviation
    of a pixel, from the median absolute value of Immerkaer's high-pass (1996,
    doi:10.1006/cviu.1996.0060), which edges hardly move; sharpness is the logarithm to base 10
    of the variance of the Laplacian; contrast the standard deviation of the grey values.
    """
    pixels = np.asarray(image.pixels, dtype=np.float32)
    grey: Plane = pixels if pixels.ndim == 2 else pixels.mean(axis=2)  # noqa: PLR2004
    levels = np.percentile(grey, PERCENTILES)
    found = {
        f"grey_p{one:02d}": float(level) for one, level in zip(PERCENTILES, levels, strict=True)
    }
    found |= {
        "contrast": float(grey.std()),
        "noise": noise_of(grey),
        "sharpness": sharpness_of(grey),
    }
    if pixels.ndim > 2:  # noqa: PLR2004
        means = pixels.mean(axis=(0, 1)) - grey.mean()
        found |= {
            f"{colour}_beyond_grey": float(mean)
            for colour, mean in zip(COLOURS, means, strict=True)
        }
    spacing = image.spacing_mm or (np.nan, np.nan)
    found |= {"rows": float(grey.shape[0]), "columns": float(grey.shape[1])}
    return found | {"spacing_rows_mm": spacing[0], "spacing_columns_mm": spacing[1]}


def noise_of(grey: Plane) -> float:
    """Return the standard deviation of the noise of a pixel; NaN for images below 3 x 3."""
    if min(grey.shape) < SMALLEST_SIDE:
        return float("nan")
    high = convolve(grey, NOISE_KERNEL, mode="nearest")[1:-1, 1:-1]
    return float(np.median(np.abs(high)) / (MAD_OF_NORMAL * KERNEL_LENGTH))


def sharpness_of(grey: Plane) -> float:
    """Return log10 of the variance of the Laplacian; NaN for images below 3 x 3."""
    if min(grey.shape) < SMALLEST_SIDE:
        return float("nan")
    return float(np.log10(max(float(laplace(grey)[1:-1, 1:-1].var()), FLOOR)))


def spectrum_of(grey: Plane) -> FloatArray:
    """Return log10 of the power in eight rings of spatial frequency, from coarse to fine."""
    power = np.abs(np.fft.rfft2(grey - grey.mean())) ** 2 / grey.size
    rows, columns = np.fft.fftfreq(grey.shape[0]), np.fft.rfftfreq(grey.shape[1])
    ring = np.minimum(np.hypot(rows[:, None], columns) * 2 * RINGS, RINGS - 1).astype(np.int64)
    total = np.bincount(ring.ravel(), weights=power.ravel(), minlength=RINGS)
    count = np.bincount(ring.ravel(), minlength=RINGS)
    return np.asarray(np.log10(total / np.maximum(count, 1) + FLOOR))


def hand_made(image: Image) -> FloatArray:
    """Return a fixed description of an image: histogram of grey values and spectrum."""
    pixels = np.asarray(image.pixels, dtype=np.float32)
    grey: Plane = pixels if pixels.ndim == 2 else pixels.mean(axis=2)  # noqa: PLR2004
    counts = np.histogram(grey, bins=HISTOGRAM_BINS, range=(0, 1))[0] / grey.size
    means = np.atleast_1d(pixels.mean(axis=(0, 1)))
    return np.concatenate([counts, spectrum_of(grey), means])


def described(cohort: Cohort) -> tuple[Mapping[str, FloatArray], FloatArray]:
    """Return statistics by name, each ``(n,)``, and hand-made features ``(n, d)``.

    Images are read one at a time, once.
    """
    if cohort.images is None:
        raise ValueError("acquisition statistics are of images")
    statistics, features = [], []
    for row in range(cohort.size):
        image = cohort.images.image(row)
        statistics.append(statistics_of(image))
        features.append(hand_made(image))
    names = list(dict.fromkeys(name for one in statistics for name in one))
    columns = {name: np.array([one.get(name, np.nan) for one in statistics]) for name in names}
    return columns, np.stack(features)
