"""A reference mask and a predicted mask of one case, on one grid, with its physical spacing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, read_only

PIXELS = "{pixel}"
"""The unit of lengths and sizes where no spacing is known (UCUM annotation)."""

DIMENSIONS = (2, 3)


class Empty(StrEnum):
    """Which of the two masks of a case has no pixel set."""

    NEITHER = "neither"
    REFERENCE = "reference"
    PREDICTION = "prediction"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Reference and prediction of a case, of one shape, in 2-D or 3-D.

    Masks are boolean or integers 0/1; a score map must be cut at its threshold before.
    ``spacing_mm`` is the distance between pixel centres, one number per axis in the order of the
    axes; without it lengths are in pixels, which is right only for pixels that are cubes.

    >>> one = Masks(reference=np.eye(3, dtype=bool), prediction=np.eye(3, dtype=bool))
    >>> one.empty.value, one.length_unit, one.size_unit
    ('neither', '{pixel}', '{pixel}')

    Raises
    ------
    ValueError
        For masks of other types, values, shapes or dimensions, for masks without a pixel, and for a
        spacing that is not one positive number per axis.
    """

    reference: BoolArray
    prediction: BoolArray
    spacing_mm: Sequence[float] | None = None

    def __post_init__(self) -> None:
        for name in ("reference", "prediction"):
            object.__setattr__(self, name, checked_mask(getattr(self, name), name))
        check_same_shape(self.reference, self.prediction)
        if self.spacing_mm is not None:
            spacing = checked_spacing(self.spacing_mm, self.reference.ndim)
            object.__setattr__(self, "spacing_mm", spacing)

    @property
    def empty(self) -> Empty:
        """Return which of the masks is empty."""
        return {
            (True, True): Empty.NEITHER,
            (False, True): Empty.REFERENCE,
            (True, False): Empty.PREDICTION,
            (False, False): Empty.BOTH,
        }[bool(self.reference.any()), bool(self.prediction.any())]

    @property
    def spacing(self) -> tuple[float, ...]:
        """Return the spacing per axis, 1 pixel where none is given."""
        return tuple(self.spacing_mm or (1.0,) * self.reference.ndim)

    @property
    def length_unit(self) -> str:
        """Return the unit of distances: ``mm``, or ``{pixel}`` without a spacing."""
        return PIXELS if self.spacing_mm is None else "mm"

    @property
    def size_unit(self) -> str:
        """Return the unit of sizes: ``mm2`` in 2-D, ``mm3`` in 3-D, or ``{pixel}``."""
        return PIXELS if self.spacing_mm is None else f"mm{self.reference.ndim}"

    @property
    def pixel_size(self) -> float:
        """Return the area or volume of one pixel in ``size_unit``."""
        return float(np.prod(self.spacing))

    @property
    def diagonal(self) -> float:
        """Return the diagonal of the image in ``length_unit``, above any distance in it."""
        return float(np.linalg.norm(np.multiply(self.reference.shape, self.spacing)))


def checked_mask(mask: Column, name: str) -> BoolArray:
    """Return a mask as read-only booleans, or say what is wrong with it."""
    found = np.asarray(mask)
    check_grid(found, name)
    if found.dtype != np.bool_ and not np.issubdtype(found.dtype, np.integer):
        raise ValueError(
            f"{name} must be boolean or integers 0 and 1, not {found.dtype}: cut scores at their "
            "threshold first"
        )
    if found.dtype != np.bool_ and not ((found == 0) | (found == 1)).all():
        raise ValueError(f"{name} must hold 0 and 1 only: choose one label, or use instance labels")
    return read_only(found.astype(np.bool_))


def check_grid(found: Column, name: str) -> None:
    """Refuse an array that is not a 2-D or 3-D image with at least one pixel."""
    if found.ndim not in DIMENSIONS:
        raise ValueError(f"{name} must be 2-D or 3-D, not {found.ndim}-D")
    if found.size == 0:
        raise ValueError(f"{name} has no pixel: its shape is {found.shape}")


def check_same_shape(reference: Column, prediction: Column) -> None:
    """Refuse two arrays on different grids."""
    if reference.shape != prediction.shape:
        raise ValueError(
            f"prediction and reference must have one shape, not {prediction.shape} and "
            f"{reference.shape}: bring both to one grid first"
        )


def checked_spacing(spacing_mm: Sequence[float], n_axes: int) -> tuple[float, ...]:
    """Return a spacing of one positive finite number per axis, or refuse it."""
    spacing = np.asarray(spacing_mm, dtype=np.float64)
    if spacing.shape != (n_axes,):
        raise ValueError(f"spacing_mm must be {n_axes} numbers, one per axis")
    if not (np.isfinite(spacing) & (spacing > 0)).all():
        raise ValueError("spacing_mm must be positive and finite")
    return tuple(spacing.tolist())
