"""One row per case: who it is of, how large the structure is, and every measure of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from samd_validate.core.arrays import frozen_mapping
from samd_validate.stats.segmentation import overlap, surface
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.empty_masks import EmptyPolicy
from samd_validate.stats.segmentation.lesions import Lesions
from samd_validate.stats.segmentation.masks import Empty, Masks

SHARES = ("dice", "iou", "precision", "recall")


@dataclass(frozen=True, kw_only=True)
class CaseOverlap:
    """The measures of one case; None where the policy leaves the case out of a measure.

    ``reference_size`` and ``prediction_size`` are areas or volumes in ``size_unit``; distances and
    ``tolerance`` are in ``length_unit``. Measures that were not asked for are no keys.

    Raises
    ------
    ValueError
        For a value that is not finite.
    """

    case_id: str
    patient_id: str
    empty: Empty
    reference_size: float
    prediction_size: float
    values: Mapping[str, float | None]
    length_unit: str
    size_unit: str
    tolerance: float | None = None
    lesions: Lesions | None = None
    policy: EmptyPolicy = field(default_factory=EmptyPolicy)

    def __post_init__(self) -> None:
        for measure, value in self.values.items():
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{measure} must be finite, or None where the case is left out")
        object.__setattr__(self, "values", frozen_mapping(self.values))

    def unit(self, measure: str) -> str:
        """Return the unit of a measure."""
        units = {"length": self.length_unit, "size": self.size_unit, "1": "1"}
        return units[CASE_MEASURES[measure].unit]


def measure_case(
    masks: Masks,
    *,
    case_id: str,
    patient_id: str,
    tolerance: float | None = None,
    lesions: Lesions | None = None,
    policy: EmptyPolicy | None = None,
) -> CaseOverlap:
    """Return all measures of a case.

    ``tolerance``, in ``masks.length_unit``, is for the surface Dice; ``lesions``, made by
    ``lesions_of`` or ``match_instances``, for the lesion-wise measures. ``policy`` is
    ``EmptyPolicy()`` if None.

    >>> masks = Masks(reference=[[1, 1]], prediction=[[1, 0]])
    >>> one = measure_case(masks, case_id="1", patient_id="a")
    >>> round(one.values["dice"], 3), one.values["hd95"], one.unit("hd95")
    (0.667, 0.95, '{pixel}')

    Raises
    ------
    ValueError
        For a tolerance below 0, and for lesions that do not fit the masks.
    """
    if tolerance is not None:
        surface.check_tolerance(tolerance)
    _check_lesions(lesions, masks.empty)
    counts, policy = overlap.pixel_counts(masks), policy or EmptyPolicy()
    return CaseOverlap(
        case_id=case_id,
        patient_id=patient_id,
        empty=masks.empty,
        reference_size=counts.n_reference * masks.pixel_size,
        prediction_size=counts.n_prediction * masks.pixel_size,
        values=_values(counts, masks, tolerance, lesions, policy),
        length_unit=masks.length_unit,
        size_unit=masks.size_unit,
        tolerance=tolerance,
        lesions=lesions,
        policy=policy,
    )


def measure_shares(
    masks: Masks, *, case_id: str, patient_id: str, policy: EmptyPolicy | None = None
) -> CaseOverlap:
    """Return a case with the shares of pixels alone: for many cases, without distances or lesions.

    These are Dice, IoU, precision and recall.

    >>> masks = Masks(reference=[[1, 1]], prediction=[[1, 0]])
    >>> round(measure_shares(masks, case_id="1", patient_id="a").values["dice"], 3)
    0.667
    """
    counts, policy = overlap.pixel_counts(masks), policy or EmptyPolicy()
    if masks.empty is Empty.NEITHER:
        values = {name: _of_pixels(counts)[name] for name in SHARES}
    else:
        rules = {name: policy.rules[name] for name in SHARES}
        values = {name: one.worth(masks.empty, masks.diagonal) for name, one in rules.items()}
    return CaseOverlap(
        case_id=case_id,
        patient_id=patient_id,
        empty=masks.empty,
        reference_size=counts.n_reference * masks.pixel_size,
        prediction_size=counts.n_prediction * masks.pixel_size,
        values=values,
        length_unit=masks.length_unit,
        size_unit=masks.size_unit,
        policy=policy,
    )


def _values(
    counts: overlap.PixelCounts,
    masks: Masks,
    tolerance: float | None,
    lesions: Lesions | None,
    policy: EmptyPolicy,
) -> dict[str, float | None]:
    found = {**_always(counts, masks), **_of_lesions(lesions)}
    if masks.empty is Empty.NEITHER:
        found |= {**_of_pixels(counts), **_of_surfaces(masks, tolerance)}
    else:
        found |= _by_policy(masks, policy, tolerance, lesions)
    return {name: found[name] for name in CASE_MEASURES if name in found}


def _always(counts: overlap.PixelCounts, masks: Masks) -> dict[str, float | None]:
    return {
        "pixel_accuracy": overlap.pixel_accuracy(counts),
        "size_difference": overlap.size_difference(counts, masks.pixel_size),
    }


def _of_pixels(counts: overlap.PixelCounts) -> dict[str, float | None]:
    return {
        "dice": overlap.dice(counts),
        "iou": overlap.iou(counts),
        "precision": overlap.precision(counts),
        "recall": overlap.recall(counts),
        "relative_size_difference": overlap.relative_size_difference(counts),
    }


def _of_surfaces(masks: Masks, tolerance: float | None) -> dict[str, float | None]:
    distances = surface.surface_distances(masks)
    found: dict[str, float | None] = {
        "hd95": surface.hausdorff_distance(distances),
        "assd": surface.average_symmetric_surface_distance(distances),
    }
    if tolerance is not None:
        found["surface_dice"] = surface.surface_dice(distances, tolerance)
    return found


def _of_lesions(lesions: Lesions | None) -> dict[str, float | None]:
    if lesions is None:
        return {}
    found: dict[str, float | None] = {"lesion_fp": float(lesions.fp)}
    if lesions.n_reference and lesions.n_prediction:
        found["lesion_f1"] = 2 * lesions.tp / (lesions.n_reference + lesions.n_prediction)
        found["lesion_precision"] = lesions.tp / lesions.n_prediction
        found["lesion_sensitivity"] = lesions.tp / lesions.n_reference
    return found


def _by_policy(
    masks: Masks, policy: EmptyPolicy, tolerance: float | None, lesions: Lesions | None
) -> dict[str, float | None]:
    given = {"": True, "tolerance": tolerance is not None, "lesions": lesions is not None}
    return {
        name: rule.worth(masks.empty, masks.diagonal)
        for name, rule in policy.rules.items()
        if given[CASE_MEASURES[name].needs]
    }


def _check_lesions(lesions: Lesions | None, empty: Empty) -> None:
    if lesions is None:
        return
    has_none = (lesions.n_reference == 0, lesions.n_prediction == 0)
    if has_none != (
        empty in (Empty.REFERENCE, Empty.BOTH),
        empty in (Empty.PREDICTION, Empty.BOTH),
    ):
        raise ValueError(
            "lesions must be those of the masks: one has none where the other has some"
        )


@dataclass(frozen=True, kw_only=True)
class EmptyCounts:
    """How many cases have no empty mask, an empty reference, an empty prediction, or both."""

    neither: int
    reference: int
    prediction: int
    both: int

    def describe(self) -> str:
        """Return the counts in words."""
        n = self.neither + self.reference + self.prediction + self.both
        return (
            f"{n} cases: {self.neither} with both masks, {self.reference} with an empty reference, "
            f"{self.prediction} with an empty prediction, {self.both} with both empty"
        )


def count_empty(cases: Sequence[CaseOverlap]) -> EmptyCounts:
    """Return how many cases have which mask empty."""
    kinds = [case.empty for case in cases]
    return EmptyCounts(**{kind.value: kinds.count(kind) for kind in Empty})
