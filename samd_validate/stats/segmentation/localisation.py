"""How well a map of where a device looked agrees with where the finding is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray

LEVELS = (0.3, 0.5)
"""Shares of the map's maximum at which it is cut for an IoU."""


@dataclass(frozen=True, kw_only=True)
class Localisation:
    """One map against one region, all in [0, 1].

    ``is_silent`` is true where the map is 0 everywhere. ``pointing`` is 1 where the maximum lies
    inside, the share inside where several pixels reach it. ``energy`` is the share of the map's sum
    that lies inside, ``area`` the share of the pixels that the region is, ``iou`` one for each of
    ``LEVELS``. A silent map has 0 for each but the area.
    """

    pointing: float
    energy: float
    area: float
    iou: tuple[float, ...]
    is_silent: bool


def localise(saliency: FloatArray, region: BoolArray) -> Localisation:
    """Return how a map ``(rows, columns)``, 0 or more, agrees with a region of the same shape.

    Pointing game: Zhang et al. 2018, doi:10.1007/s11263-017-1059-x; energy: Wang et al. 2020
    (Score-CAM), doi:10.1109/CVPRW50498.2020.00020. ``energy`` of a map that is alike everywhere is
    ``area``: what exceeds it is what the map knows.

    >>> found = localise(np.array([[0.0, 1.0], [0.0, 3.0]]), np.array([[False] * 2, [True] * 2]))
    >>> found.pointing, found.energy, found.area, found.iou
    (1.0, 0.75, 0.5, (0.3333333333333333, 0.5))

    Raises
    ------
    ValueError
        For shapes that differ, a map that is not finite or below 0, and an empty region.
    """
    if saliency.shape != region.shape:
        raise ValueError("saliency and region must be of one shape")
    if not np.isfinite(saliency).all() or saliency.min() < 0:
        raise ValueError("saliency must be finite and 0 or more")
    if not region.any():
        raise ValueError("region must not be empty")
    top, area = float(saliency.max()), float(region.mean())
    if top == 0:
        return Localisation(
            pointing=0.0, energy=0.0, area=area, iou=(0.0,) * len(LEVELS), is_silent=True
        )
    return Localisation(
        pointing=float(region[saliency == top].mean()),
        energy=min(1.0, float(saliency[region].sum() / saliency.sum())),
        area=area,
        iou=tuple(_iou(saliency >= level * top, region) for level in LEVELS),
        is_silent=False,
    )


def _iou(marked: Column, region: BoolArray) -> float:
    return float((marked & region).sum() / (marked | region).sum())
