"""Overlap of two masks by counting pixels: Dice, IoU, precision, recall, sizes.

Which measures fit which question: Maier-Hein, Reinke et al. 2024,
doi:10.1038/s41592-023-02151-z; how each misleads: Reinke et al. 2024,
doi:10.1038/s41592-023-02150-0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.stats.segmentation.masks import Masks


@dataclass(frozen=True, kw_only=True)
class PixelCounts:
    """How many pixels both masks hold, only one of them, or neither."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def n_reference(self) -> int:
        """Return the pixels of the reference."""
        return self.tp + self.fn

    @property
    def n_prediction(self) -> int:
        """Return the pixels of the prediction."""
        return self.tp + self.fp


def pixel_counts(masks: Masks) -> PixelCounts:
    """Return the confusion matrix of the pixels of a case.

    >>> masks = Masks(reference=[[True, True, False]], prediction=[[True, False, False]])
    >>> pixel_counts(masks)
    PixelCounts(tp=1, fp=0, fn=1, tn=1)
    """
    tp = int(np.count_nonzero(masks.reference & masks.prediction))
    n_reference, n_prediction = (
        int(np.count_nonzero(one)) for one in (masks.reference, masks.prediction)
    )
    fp, fn = n_prediction - tp, n_reference - tp
    return PixelCounts(tp=tp, fp=fp, fn=fn, tn=masks.reference.size - tp - fp - fn)


def _share(part: float, whole: float, what: str) -> float:
    if whole == 0:
        raise ValueError(f"{what}: the measure does not exist; a policy for empty masks says more")
    return part / whole


def dice(counts: PixelCounts) -> float:
    """Return twice the common pixels over the pixels of both, 0 to 1, higher is better.

    It is the F1 score of the pixels, and ``2 IoU / (1 + IoU)``. One pixel weighs more in a small
    structure than in a large one (Dice 1945, doi:10.2307/1932409).

    Raises
    ------
    ValueError
        If both masks are empty.
    """
    return _share(2 * counts.tp, counts.n_reference + counts.n_prediction, "both masks are empty")


def iou(counts: PixelCounts) -> float:
    """Return the common pixels over those of either, 0 to 1 (Jaccard 1912,
    doi:10.1111/j.1469-8137.1912.tb05611.x); refused if both masks are empty.
    """  # noqa: D205
    return _share(counts.tp, counts.tp + counts.fp + counts.fn, "both masks are empty")


def precision(counts: PixelCounts) -> float:
    """Return the share of predicted pixels that are right; refused if the prediction is empty."""
    return _share(counts.tp, counts.n_prediction, "the prediction is empty")


def recall(counts: PixelCounts) -> float:
    """Return the share of reference pixels that were found; refused if the reference is empty."""
    return _share(counts.tp, counts.n_reference, "the reference is empty")


def pixel_accuracy(counts: PixelCounts) -> float:
    """Return the share of pixels on which the masks agree, to show how it misleads.

    Background counts like structure: a prediction of nothing has an accuracy of 1 minus the share
    of the structure, and a larger field of view raises it. It is no measure of a device.

    >>> pixel_accuracy(PixelCounts(tp=0, fp=0, fn=100, tn=9900))
    0.99
    """
    return (counts.tp + counts.tn) / (counts.tp + counts.fp + counts.fn + counts.tn)


def size_difference(counts: PixelCounts, pixel_size: float) -> float:
    """Return predicted minus reference area (2-D) or volume (3-D); above 0 is too large.

    Two masks of one size need not overlap at all: read it beside an overlap.
    """
    return (counts.n_prediction - counts.n_reference) * pixel_size


def relative_size_difference(counts: PixelCounts) -> float:
    """Return the difference of sizes over the reference's size; refused if that is empty."""
    return _share(
        counts.n_prediction - counts.n_reference, counts.n_reference, "the reference is empty"
    )
