"""Detection lesion by lesion: which predicted components stand for which reference components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import generate_binary_structure, label
from scipy.optimize import linear_sum_assignment

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray
from samd_validate.stats.segmentation.masks import Masks, check_grid, check_same_shape

MATCHINGS = ("optimal", "greedy")
CONNECTIVITIES = ("corners", "faces")


@dataclass(frozen=True, kw_only=True)
class LesionRule:
    """When a predicted lesion stands for a reference lesion; to be fixed in the protocol.

    A pair may match if it overlaps and its IoU is at least ``iou_threshold`` (0: any overlap). Each
    lesion is in at most one match: ``optimal`` takes the matches with the greatest sum of IoU (the
    Hungarian method), ``greedy`` the pair of greatest IoU first, ties in the order of labels. Above
    0.5 the two cannot differ. ``connectivity`` says which pixels of a mask are one lesion: those
    that touch by ``corners`` (8 neighbours in 2-D, 26 in 3-D) or only by ``faces`` (4, 6).

    Raises
    ------
    ValueError
        For a threshold outside [0, 1] or words that are no choice.
    """

    iou_threshold: float
    matching: Literal["optimal", "greedy"] = "optimal"
    connectivity: Literal["corners", "faces"] = "corners"

    def __post_init__(self) -> None:
        if not 0 <= self.iou_threshold <= 1:
            raise ValueError("iou_threshold must lie between 0 and 1")
        if self.matching not in MATCHINGS:
            raise ValueError(f"matching must be one of {', '.join(MATCHINGS)}")
        if self.connectivity not in CONNECTIVITIES:
            raise ValueError(f"connectivity must be one of {', '.join(CONNECTIVITIES)}")


@dataclass(frozen=True, kw_only=True)
class Match:
    """A reference lesion and the predicted lesion that stands for it, by their labels."""

    reference: int
    prediction: int
    iou: float


@dataclass(frozen=True, kw_only=True)
class Lesions:
    """How many lesions a case has, how many were predicted, and which match by which rule."""

    n_reference: int
    n_prediction: int
    matches: tuple[Match, ...]
    rule: LesionRule

    @property
    def tp(self) -> int:
        """Return the number of matches."""
        return len(self.matches)

    @property
    def fp(self) -> int:
        """Return the predicted lesions that stand for none."""
        return self.n_prediction - self.tp

    @property
    def fn(self) -> int:
        """Return the reference lesions that nobody found."""
        return self.n_reference - self.tp


def components(mask: BoolArray, connectivity: Literal["corners", "faces"] = "corners") -> IntArray:
    """Return the connected components of a mask, numbered from 1; 0 is background.

    >>> components(np.eye(2, dtype=bool)).max(), components(np.eye(2, dtype=bool), "faces").max()
    (np.int64(1), np.int64(2))
    """
    rank = mask.ndim if connectivity == "corners" else 1
    structure = generate_binary_structure(mask.ndim, rank)
    return np.asarray(label(mask, structure=structure)[0], dtype=np.int64)


def lesions_of(masks: Masks, rule: LesionRule) -> Lesions:
    """Return the lesions of a case, each a connected component of its mask."""
    reference, prediction = (
        components(one, rule.connectivity) for one in (masks.reference, masks.prediction)
    )
    return match_instances(reference, prediction, rule)


def match_instances(reference: Column, prediction: Column, rule: LesionRule) -> Lesions:
    """Return the lesions of two images of instance labels, of one shape in 2-D or 3-D.

    Labels are integers, one per lesion, 0 is background; a label may be of several parts.

    Raises
    ------
    ValueError
        For labels that are no integers or negative, and for different or unfit shapes.
    """
    for name, one in (("reference", reference), ("prediction", prediction)):
        _check_labels(np.asarray(one), name)
    check_same_shape(np.asarray(reference), np.asarray(prediction))
    of_reference, of_prediction, ious = pairwise_iou(reference, prediction)
    may_match = (ious > 0) & (ious >= rule.iou_threshold)
    choose = _greedy if rule.matching == "greedy" else _optimal
    return Lesions(
        n_reference=of_reference.size,
        n_prediction=of_prediction.size,
        matches=tuple(
            Match(
                reference=int(of_reference[row]),
                prediction=int(of_prediction[column]),
                iou=float(ious[row, column]),
            )
            for row, column in choose(np.where(may_match, ious, 0.0))
        ),
        rule=rule,
    )


def pairwise_iou(reference: Column, prediction: Column) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the labels of both images and the IoU of each pair ``(reference, prediction)``."""
    of_reference, rows = np.unique(reference, return_inverse=True)
    of_prediction, columns = np.unique(prediction, return_inverse=True)
    shape = (of_reference.size, of_prediction.size)
    pair = rows.ravel() * shape[1] + columns.ravel()
    common = np.bincount(pair, minlength=shape[0] * shape[1]).reshape(shape)
    either = common.sum(axis=1, keepdims=True) + common.sum(axis=0, keepdims=True) - common
    lesion = np.ix_(of_reference != 0, of_prediction != 0)
    return (
        of_reference[of_reference != 0],
        of_prediction[of_prediction != 0],
        common[lesion] / either[lesion],
    )


def _optimal(ious: FloatArray) -> list[tuple[int, int]]:
    pairs = zip(*linear_sum_assignment(ious, maximize=True), strict=True)
    return [(int(row), int(column)) for row, column in pairs if ious[row, column] > 0]


def _greedy(ious: FloatArray) -> list[tuple[int, int]]:
    left = ious.copy()
    found = []
    while left.size and left.max() > 0:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        found.append((int(row), int(column)))
        left[row, :] = left[:, column] = 0
    return sorted(found)


def _check_labels(labels: Column, name: str) -> None:
    check_grid(labels, name)
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{name} must hold integer labels, not {labels.dtype}")
    if labels.min() < 0:
        raise ValueError(f"{name} must not hold negative labels: 0 is background")
