"""What the preprocessing of a model learned from data, as numbers with names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from samd_validate.core.cohort import Cohort
from samd_validate.models._hourly import Scale, learn_scales
from samd_validate.models._static import StaticCoding, learn_static


def statistics_of(scales: Iterable[Scale]) -> dict[str, float]:
    """Return mean, spread and shift of each scale."""
    return {
        f"{scale.name}:{part}": getattr(scale, part)
        for scale in scales
        for part in ("mean", "sd", "shift")
    }


def coding_from(cohort: Cohort, coding: StaticCoding) -> StaticCoding:
    """Return the coding of the same columns with the numbers' scales learned from a cohort."""
    numbers = tuple(scale.name for scale in coding.numbers)
    return replace(coding, numbers=learn_static(cohort, numbers, ()).numbers)


def scales_from(cohort: Cohort, scales: tuple[Scale, ...]) -> tuple[Scale, ...]:
    """Return the scales of the same variables as learned from another cohort."""
    names = tuple(scale.name for scale in scales)
    return () if cohort.series is None else learn_scales(cohort.series, names)
