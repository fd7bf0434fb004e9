"""What a measure is worth where a mask is empty: stated, printed, never silent.

The choice decides what a mean is of; to leave it unsaid is among the pitfalls of Reinke et al.
2024, doi:10.1038/s41592-023-02150-0. It belongs in the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.masks import Empty

IMAGE_DIAGONAL: Literal["image diagonal"] = "image diagonal"
"""Count a missing boundary as if it lay across the whole image: the worst that can be."""

Worth: TypeAlias = float | Literal["image diagonal"] | None
"""A number, the diagonal of the image (distances), or None: the case is left out of the measure."""


@dataclass(frozen=True, kw_only=True)
class WhenEmpty:
    """What a measure is worth where both masks are empty, or only one of them."""

    both: Worth
    reference: Worth
    prediction: Worth

    def __post_init__(self) -> None:
        for name in ("both", "reference", "prediction"):
            worth = getattr(self, name)
            if not (worth is None or worth == IMAGE_DIAGONAL or _is_finite(worth)):
                raise ValueError(
                    f"{name} must be a finite number, {IMAGE_DIAGONAL!r}, or None to leave out"
                )

    def worth(self, empty: Empty, diagonal: float) -> float | None:
        """Return the number of a case with an empty mask, or None to leave it out."""
        worth: Worth = getattr(self, Empty(empty).value)
        return diagonal if worth == IMAGE_DIAGONAL else worth


def _is_finite(worth: object) -> bool:
    return isinstance(worth, int | float) and bool(np.isfinite(worth))


_OVERLAP = WhenEmpty(both=1.0, reference=0.0, prediction=0.0)
_DISTANCE = WhenEmpty(both=None, reference=IMAGE_DIAGONAL, prediction=IMAGE_DIAGONAL)
_OF_PREDICTED = WhenEmpty(both=None, reference=0.0, prediction=0.0)
_OF_REFERENCE = WhenEmpty(both=None, reference=None, prediction=0.0)

DEFAULTS: Mapping[str, WhenEmpty] = MappingProxyType(
    {
        "dice": _OVERLAP,
        "iou": _OVERLAP,
        "precision": _OF_PREDICTED,
        "recall": _OF_REFERENCE,
        "hd95": _DISTANCE,
        "assd": _DISTANCE,
        "surface_dice": WhenEmpty(both=None, reference=0.0, prediction=0.0),
        "relative_size_difference": WhenEmpty(both=None, reference=None, prediction=-1.0),
        "lesion_f1": _OVERLAP,
        "lesion_precision": _OF_PREDICTED,
        "lesion_sensitivity": _OF_REFERENCE,
    }
)
"""Right answers on both-empty cases count 1 for overlaps; a structure missed or invented counts as
the worst there is; what does not exist is left out."""


@dataclass(frozen=True, kw_only=True)
class EmptyPolicy:
    """A rule for each measure that an empty mask can make undefined.

    >>> present = WhenEmpty(both=None, reference=0, prediction=0)
    >>> print(EmptyPolicy().changed(dice=present).describe())  # doctest: +ELLIPSIS
    dice: both empty left out, reference empty 0, prediction empty 0
    iou: both empty 1, ...

    Raises
    ------
    ValueError
        If a measure is not one of those, or one of them is missing; if a share is worth a number
        outside 0 to 1, a distance one below 0, or anything but a distance the diagonal.
    """

    rules: Mapping[str, WhenEmpty] = field(default_factory=lambda: DEFAULTS)

    def __post_init__(self) -> None:
        if self.rules.keys() != DEFAULTS.keys():
            raise ValueError(f"rules must be given for each of {', '.join(DEFAULTS)}")
        for measure, rule in self.rules.items():
            _check_range(measure, rule)
        object.__setattr__(self, "rules", MappingProxyType(dict(self.rules)))

    def changed(self, **rules: WhenEmpty) -> EmptyPolicy:
        """Return the policy with other rules for some measures."""
        unknown = sorted(rules.keys() - DEFAULTS.keys())
        if unknown:
            raise ValueError(f"no rule is needed for {', '.join(unknown)}: {', '.join(DEFAULTS)}")
        return EmptyPolicy(rules={**self.rules, **rules})

    def describe(self) -> str:
        """Return one line per measure, for a report or a protocol."""
        return "\n".join(
            f"{measure}: both empty {_words(rule.both)}, reference empty {_words(rule.reference)}, "
            f"prediction empty {_words(rule.prediction)}"
            for measure, rule in self.rules.items()
        )


def _check_range(measure: str, rule: WhenEmpty) -> None:
    about = CASE_MEASURES[measure]
    lowest = -np.inf if about.where == "line" else 0
    highest = 1 if about.where == "share" else np.inf
    for worth in (rule.both, rule.reference, rule.prediction):
        if worth == IMAGE_DIAGONAL and about.unit != "length":
            raise ValueError(f"{measure} is no distance: it cannot count as the {IMAGE_DIAGONAL}")
        if isinstance(worth, int | float) and not lowest <= worth <= highest:
            raise ValueError(f"{measure} cannot be worth {worth:g}: that is outside its range")


def _words(worth: Worth) -> str:
    if worth is None:
        return "left out"
    return worth if isinstance(worth, str) else f"{worth:g}"
