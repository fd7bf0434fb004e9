"""Marks of a device with their scores, and which lesion each of them hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.stats.segmentation.froc import Detections
from samd_validate.stats.segmentation.lesions import components, pairwise_iou


@dataclass(frozen=True, kw_only=True)
class HitRule:
    """What a mark is, how it is scored, and when it hits a lesion; to be fixed in the protocol.

    Marks are connected components of the pixels with a probability of at least ``candidate``, each
    scored by the ``max`` or the ``mean`` of its probabilities. By ``iou`` a mark hits the lesion
    with which its IoU is greatest, if that is at least ``iou_threshold`` and above 0; by ``centre``
    the lesion that lies at the pixel of the mark nearest to its centre of mass. A mark hits at most
    one lesion; a second mark on a lesion is neither true nor false.

    Raises
    ------
    ValueError
        For a threshold outside (0, 1] or an IoU outside [0, 1].
    """

    candidate: float
    score: Literal["max", "mean"] = "max"
    hit: Literal["iou", "centre"] = "iou"
    iou_threshold: float = 0.0
    connectivity: Literal["corners", "faces"] = "corners"

    def __post_init__(self) -> None:
        if not 0 < self.candidate <= 1:
            raise ValueError("candidate must lie above 0 and be at most 1")
        if not 0 <= self.iou_threshold <= 1:
            raise ValueError("iou_threshold must lie between 0 and 1")


def detections_of(
    probability: FloatArray, lesions: Column, rule: HitRule, *, patient_id: str
) -> Detections:
    """Return what the marks of an image found, given its lesions as labels from 1 (0: background).

    >>> lesions = np.array([[1, 1, 0, 0, 2]])
    >>> rule = HitRule(candidate=0.2)
    >>> seen = np.array([[0.4, 0.8, 0.0, 0.3, 0.0]])
    >>> found = detections_of(seen, lesions, rule, patient_id="a")
    >>> found.false, found.found
    (array([0.3]), array([0.8, 0. ]))

    Raises
    ------
    ValueError
        For a probability map and lesions of different shapes.
    """
    if np.shape(probability) != np.shape(lesions):
        raise ValueError("probability and lesions must have one shape")
    marks = components(np.asarray(probability >= rule.candidate), rule.connectivity)
    n_marks, names = int(marks.max()), np.unique(lesions[lesions > 0])
    if n_marks == 0:
        return Detections(patient_id=patient_id, false=np.zeros(0), found=np.zeros(names.size))
    reduce = ndimage.maximum if rule.score == "max" else ndimage.mean
    score = np.asarray(reduce(probability, marks, np.arange(1, n_marks + 1)), dtype=np.float64)
    hit = _by_iou(marks, lesions, rule) if rule.hit == "iou" else _by_centre(marks, lesions)
    found = np.zeros(names.size)
    place = np.searchsorted(names, hit[hit > 0])
    np.maximum.at(found, place, score[hit > 0])
    return Detections(patient_id=patient_id, false=score[hit == 0], found=found)


def _by_iou(marks: IntArray, lesions: Column, rule: HitRule) -> IntArray:
    """Return for each mark the lesion of the greatest IoU, 0 for none; ties go to the first."""
    names, _, ious = pairwise_iou(lesions, marks)
    if names.size == 0:
        return np.zeros(int(marks.max()), dtype=np.int64)
    best, place = ious.max(axis=0), ious.argmax(axis=0)
    is_hit = (best > 0) & (best >= rule.iou_threshold)
    return np.where(is_hit, names[place], 0).astype(np.int64)


def _by_centre(marks: IntArray, lesions: Column) -> IntArray:
    """Return for each mark the lesion at its pixel nearest to its centre of mass."""
    hit = np.zeros(int(marks.max()), dtype=np.int64)
    for number, box in enumerate(ndimage.find_objects(marks), start=1):
        places = np.argwhere(marks[box] == number)
        away = ((places - places.mean(axis=0)) ** 2).sum(axis=1)
        nearest = tuple(places[int(away.argmin())])
        hit[number - 1] = int(np.asarray(lesions[box])[nearest])
    return hit
