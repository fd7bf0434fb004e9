"""Two stain protocols: optical density by stain and colour, strength, sharpness and noise.

Colours by the law of Beer and Lambert, as in Ruifrok & Johnston 2001 (Anal Quant Cytol Histol
23:291-299), from which the vectors of the north are taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from samd_validate.readers.phantoms.chest import Plane

Rgb = tuple[float, float, float]
Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Stain:
    """What a laboratory makes of tissue.

    ``haematoxylin`` and ``eosin`` are optical densities of red, green and blue (made to length
    1), the strengths multiply the amount of stain, ``light`` is the empty slide in [0, 1],
    ``blur_px`` and ``noise`` are those of the slide scanner.
    """

    name: str
    haematoxylin: Rgb
    eosin: Rgb
    haematoxylin_strength: float
    eosin_strength: float
    light: Rgb
    blur_px: float
    noise: float


STAINS = {
    "north": Stain(
        name="north",
        haematoxylin=(0.65, 0.70, 0.29),
        eosin=(0.07, 0.99, 0.11),
        haematoxylin_strength=1.0,
        eosin_strength=1.0,
        light=(0.96, 0.95, 0.96),
        blur_px=0.6,
        noise=0.01,
    ),
    "south": Stain(
        name="south",
        haematoxylin=(0.45, 0.78, 0.44),
        eosin=(0.22, 0.86, 0.46),
        haematoxylin_strength=0.65,
        eosin_strength=1.5,
        light=(0.92, 0.88, 0.82),
        blur_px=1.1,
        noise=0.025,
    ),
}


def stain_of(name: str, *, is_planted: bool) -> Stain:
    """Return the protocol of a laboratory, or its twin: both then stain as the north does."""
    return STAINS[name] if is_planted else replace(STAINS["north"], name=name)


def vectors_of(stain: Stain) -> npt.NDArray[np.float64]:
    """Return the unit vectors of both stains, ``(2, 3)``: haematoxylin, eosin."""
    vectors = np.array([stain.haematoxylin, stain.eosin], dtype=np.float64)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def stained(
    haematoxylin: Plane, eosin: Plane, stain: Stain, generator: np.random.Generator
) -> Pixels:
    """Return the tile ``(rows, columns, 3)`` in [0, 1] of the amounts of two stains."""
    strength = np.array([stain.haematoxylin_strength, stain.eosin_strength])
    density = np.stack([haematoxylin, eosin], axis=-1) @ (strength[:, None] * vectors_of(stain))
    seen = np.asarray(stain.light) * np.power(10.0, -density)
    blurred = gaussian_filter(seen.astype(np.float32), (stain.blur_px, stain.blur_px, 0))
    noise = generator.standard_normal(seen.shape, dtype=np.float32)
    return np.asarray(np.clip(blurred + stain.noise * noise, 0, 1), dtype=np.float32)
