"""Images of a bright square in memory, and devices that mark what is bright."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.images import Image
from samd_validate.core.model import Progress, no_progress

SIDE = 32


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Images and references in memory."""

    pixels: tuple[Column, ...]
    references: tuple[Column | None, ...]

    @property
    def channels(self) -> int:
        return 1 if self.pixels[0].ndim == 2 else 3

    def image(self, row: int) -> Image:
        return Image(pixels=self.pixels[row], spacing_mm=(0.5, 0.5))

    def reference(self, row: int) -> Column | None:
        return self.references[row]

    def take(self, rows: IntArray) -> Drawn:
        chosen = rows.tolist()
        return Drawn(
            pixels=tuple(self.pixels[row] for row in chosen),
            references=tuple(self.references[row] for row in chosen),
        )


def square(row: int, *, bright: float = 0.8, dark: float = 0.2) -> tuple[Column, Column]:
    """Return a square on a dark ground, at a place of its own, and its mask."""
    generator = np.random.default_rng([row, 17])
    top, left = generator.integers(5, 13, size=2)
    mask = np.zeros((SIDE, SIDE), np.uint16)
    mask[top : top + 14, left : left + 12] = 1
    noise = generator.normal(0, 0.02, mask.shape)
    return np.clip(np.where(mask > 0, bright, dark) + noise, 0, 1).astype(np.float32), mask


def cohort_of(
    name: str, n: int, *, bright: Sequence[float] = (0.8,), masks: bool = True, per_patient: int = 1
) -> Cohort:
    """Return a cohort of squares; without masks the label is whether the square is there."""
    pairs = [square(row, bright=bright[row % len(bright)]) for row in range(n)]
    label = np.ones(n, np.int8)
    if not masks:
        label = np.arange(n, dtype=np.int8) % 2
        plain = np.full((SIDE, SIDE), 0.2, np.float32)
        pairs = [
            (pair[0] if one else plain, pair[1]) for pair, one in zip(pairs, label, strict=True)
        ]
    return Cohort(
        name=name,
        unit_id=np.array([f"{name}{row:03d}" for row in range(n)]),
        patient_id=np.array([f"{name}-p{row // per_patient:03d}" for row in range(n)]),
        site=np.full(n, name),
        label=label,
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint=name),
        images=Drawn(
            pixels=tuple(pair[0] for pair in pairs),
            references=tuple(pair[1] if masks else None for pair in pairs),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Maps:
    """Probability maps in memory."""

    maps: tuple[FloatArray, ...]
    threshold: float = 0.5

    def probability(self, row: int) -> FloatArray:
        return self.maps[row]


@dataclass(frozen=True, kw_only=True)
class Bright:
    """Marks what is brighter than a level; ``card`` names its augmentation."""

    level: float = 0.5
    augmentation: tuple[Mapping[str, object], ...] = ()
    name: str = "bright"

    @property
    def card(self) -> dict[str, object]:
        return {"hyper_parameters": {"augmentation": [dict(one) for one in self.augmentation]}}

    def segmented(self, cohort: Cohort, progress: Progress = no_progress) -> Maps:
        del progress
        assert cohort.images is not None
        rows = range(cohort.size)
        return Maps(maps=tuple(self._map(cohort.images.image(row)) for row in rows))

    def _map(self, image: Image) -> FloatArray:
        return np.asarray(image.pixels > self.level, dtype=np.float64)

    def predict(self, cohort: Cohort) -> FloatArray:
        drawn = self.segmented(cohort)
        return np.array([drawn.probability(row).mean() for row in range(cohort.size)])

    def artefact(self) -> bytes:
        return b""


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """Scores an image by its mean brightness and marks nothing."""

    name: str = "scoring"
    card: Mapping[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        assert cohort.images is not None
        images = [cohort.images.image(row) for row in range(cohort.size)]
        return np.array([float(one.pixels.mean()) for one in images])

    def artefact(self) -> bytes:
        return b""


def without_images(cohort: Cohort) -> Cohort:
    return replace(cohort, images=None)
