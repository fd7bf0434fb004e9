"""What is known of a measure: words, direction, needs, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.resampling import of_sums
from samd_validate.stats.resampling.layout import Sums
from samd_validate.stats.resampling.resample import Wanted
from samd_validate.stats.resampling.weighted import Weighted

NOTHING, COUNTS = Wanted(), Wanted(counts=True)
OfSums: TypeAlias = Callable[[Sums], FloatArray]
PartsOf: TypeAlias = Callable[[Sums], of_sums.Parts]


@dataclass(frozen=True, kw_only=True)
class MeasureInfo:
    """A measure: words for readers, which way is good, and how it is computed.

    ``direction`` is ``higher``, ``lower``, ``one``, ``zero`` or ``none``; ``scale`` is where a
    symmetric interval is sensible: ``log-odds`` for a share, ``log`` for a ratio, ``identity``.
    One of four ways to compute it is given: ``parts``, one sum over the rows by another;
    ``of_sums``, another function of sums; ``coefficient`` of logistic recalibration
    (``intercept``, ``slope`` or ``in_the_large``); or ``weighted`` rows. ``is_share`` marks a
    proportion of counted rows.
    """

    name: str
    title: str
    direction: str
    meaning: str
    scale: str = "identity"
    parts: PartsOf | None = None
    of_sums: OfSums | None = None
    wanted: Wanted = NOTHING
    coefficient: str = ""
    weighted: Weighted | None = None
    is_share: bool = False
    needs_threshold: bool = False
    needs_probability: bool = False
    needs_both_classes: bool = False

    @property
    def is_from_sums(self) -> bool:
        """Return whether the measure is a function of sums."""
        return self.parts is not None or self.of_sums is not None

    @property
    def weighted_form(self) -> Weighted:
        """Return the measure of weighted rows.

        Raises
        ------
        ValueError
            If it is made another way.
        """
        if self.weighted is None:
            raise ValueError(f"{self.name} has no weighted form")
        return self.weighted

    def from_sums(self, sums: Sums) -> FloatArray:
        """Return the measure ``(resamples,)`` from sums.

        Raises
        ------
        ValueError
            If it is no function of sums.
        """
        if self.parts is not None:
            return of_sums.ratio(*self.parts(sums))
        if self.of_sums is None:
            raise ValueError(f"{self.name} is no function of sums")
        return self.of_sums(sums)


def ranked(name: str, title: str, meaning: str, of: OfSums, wanted: Wanted) -> MeasureInfo:
    """Return a measure of ranking, made of sums."""
    return MeasureInfo(
        name=name,
        title=title,
        direction="higher",
        meaning=meaning,
        scale="log-odds",
        of_sums=of,
        wanted=wanted,
        needs_both_classes=True,
    )


def risk(
    name: str,
    title: str,
    direction: str,
    meaning: str,
    parts: PartsOf,
    column: str,
    *,
    scale: str,
    both: bool = False,
) -> MeasureInfo:
    """Return a measure of predicted risks, one sum by another."""
    return MeasureInfo(
        name=name,
        title=title,
        direction=direction,
        meaning=meaning,
        scale=scale,
        parts=parts,
        wanted=Wanted(columns=(column,)),
        needs_probability=True,
        needs_both_classes=both,
    )


def recalibrated(
    name: str, title: str, direction: str, meaning: str, coefficient: str
) -> MeasureInfo:
    """Return a coefficient of logistic recalibration."""
    return MeasureInfo(
        name=name,
        title=title,
        direction=direction,
        meaning=meaning,
        coefficient=coefficient,
        needs_probability=True,
        needs_both_classes=True,
    )


def calibration_error(name: str, title: str, meaning: str, of: Weighted) -> MeasureInfo:
    """Return a distance of predicted and smoothed observed risk."""
    return MeasureInfo(
        name=name,
        title=title,
        direction="lower",
        meaning=meaning,
        weighted=of,
        needs_probability=True,
        needs_both_classes=True,
    )


def at_threshold(
    name: str,
    title: str,
    direction: str,
    meaning: str,
    *,
    parts: PartsOf | None = None,
    of: OfSums | None = None,
    scale: str = "log-odds",
    share: bool = False,
    both: bool = True,
) -> MeasureInfo:
    """Return a measure of alarms at the threshold."""
    return MeasureInfo(
        name=name,
        title=title,
        direction=direction,
        meaning=meaning,
        scale=scale,
        parts=parts,
        of_sums=of,
        is_share=share,
        wanted=COUNTS,
        needs_threshold=True,
        needs_both_classes=both,
    )
