"""The measures of a case by name: where each lies, in which unit, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from samd_validate.stats.segmentation.patient_sums import Range


@dataclass(frozen=True, kw_only=True)
class CaseMeasure:
    """What a measure of a case is: where it lies, in which unit, and what it needs beside masks."""

    where: Range
    unit: Literal["1", "length", "size"] = "1"
    needs: Literal["", "tolerance", "lesions"] = ""


CASE_MEASURES: Mapping[str, CaseMeasure] = MappingProxyType(
    {
        "dice": CaseMeasure(where="share"),
        "iou": CaseMeasure(where="share"),
        "precision": CaseMeasure(where="share"),
        "recall": CaseMeasure(where="share"),
        "pixel_accuracy": CaseMeasure(where="share"),
        "hd95": CaseMeasure(where="positive", unit="length"),
        "assd": CaseMeasure(where="positive", unit="length"),
        "surface_dice": CaseMeasure(where="share", needs="tolerance"),
        "size_difference": CaseMeasure(where="line", unit="size"),
        "relative_size_difference": CaseMeasure(where="line"),
        "lesion_f1": CaseMeasure(where="share", needs="lesions"),
        "lesion_precision": CaseMeasure(where="share", needs="lesions"),
        "lesion_sensitivity": CaseMeasure(where="share", needs="lesions"),
        "lesion_fp": CaseMeasure(where="positive", needs="lesions"),
    }
)
"""The measures of a case by name; lower is better for ``positive`` ones, higher for shares."""
