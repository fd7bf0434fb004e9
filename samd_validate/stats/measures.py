"""The measures by name: what they mean, which way is good, what they need, how they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.calibration import calibration_error
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


def _ranked(name: str, title: str, meaning: str, of: OfSums, wanted: Wanted) -> MeasureInfo:
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


def _risk(
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


def _recalibrated(
    name: str, title: str, direction: str, meaning: str, coefficient: str
) -> MeasureInfo:
    return MeasureInfo(
        name=name,
        title=title,
        direction=direction,
        meaning=meaning,
        coefficient=coefficient,
        needs_probability=True,
        needs_both_classes=True,
    )


def _calibration_error(name: str, title: str, meaning: str, of: Weighted) -> MeasureInfo:
    return MeasureInfo(
        name=name,
        title=title,
        direction="lower",
        meaning=meaning,
        weighted=of,
        needs_probability=True,
        needs_both_classes=True,
    )


def _at_threshold(
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


_ALL = (
    _ranked(
        "auroc",
        "AUROC",
        "Chance that a patient with the event outranks one without.",
        of_sums.auroc,
        Wanted(area=True),
    ),
    _ranked(
        "auprc",
        "AUPRC",
        "Average precision; chance is the prevalence.",
        of_sums.auprc,
        Wanted(precision=True),
    ),
    MeasureInfo(
        name="partial_auroc",
        title="Partial AUROC",
        direction="higher",
        meaning="Area under the ROC curve where specificity is at least 0.9; 0.1 is perfect.",
        of_sums=of_sums.partial_auroc,
        wanted=Wanted(partial=True),
        needs_both_classes=True,
    ),
    MeasureInfo(
        name="partial_auroc_mcclish",
        title="Partial AUROC, rescaled",
        direction="higher",
        meaning="The partial area on McClish's scale: 0.5 is chance, 1 is perfect.",
        of_sums=of_sums.partial_auroc_mcclish,
        wanted=Wanted(partial=True),
        needs_both_classes=True,
    ),
    MeasureInfo(
        name="prevalence",
        title="Prevalence",
        direction="none",
        meaning="Share of patients with the event.",
        scale="log-odds",
        parts=of_sums.prevalence,
        is_share=True,
    ),
    _risk(
        "mean_predicted",
        "Mean predicted risk",
        "none",
        "Average predicted risk.",
        of_sums.mean_predicted,
        "score",
        scale="log-odds",
    ),
    _risk(
        "brier",
        "Brier score",
        "lower",
        "Mean squared error of the predicted risk.",
        of_sums.brier,
        "squared",
        scale="log",
    ),
    MeasureInfo(
        name="scaled_brier",
        title="Scaled Brier score",
        direction="higher",
        meaning="1 is perfect, 0 tells nothing beyond the prevalence.",
        of_sums=of_sums.scaled_brier,
        wanted=Wanted(columns=("squared",)),
        needs_probability=True,
        needs_both_classes=True,
    ),
    _risk(
        "log_loss",
        "Log loss",
        "lower",
        "Mean negative log-likelihood.",
        of_sums.log_loss,
        "loss",
        scale="log",
    ),
    _recalibrated(
        "calibration_slope",
        "Calibration slope",
        "one",
        "1 is perfect; below 1 risks are too extreme.",
        "slope",
    ),
    _recalibrated(
        "calibration_intercept",
        "Calibration intercept",
        "zero",
        "0 is perfect, given the slope.",
        "intercept",
    ),
    _recalibrated(
        "calibration_in_the_large",
        "Calibration-in-the-large",
        "zero",
        "Above 0 more events happen than predicted.",
        "in_the_large",
    ),
    _risk(
        "observed_expected_ratio",
        "Observed/expected ratio",
        "one",
        "Above 1 more events happen than predicted.",
        of_sums.observed_expected_ratio,
        "score",
        scale="log",
        both=True,
    ),
    _at_threshold(
        "sensitivity",
        "Sensitivity",
        "higher",
        "Share of events that raise an alarm.",
        parts=of_sums.sensitivity,
        share=True,
    ),
    _at_threshold(
        "specificity",
        "Specificity",
        "higher",
        "Share of non-events without an alarm.",
        parts=of_sums.specificity,
        share=True,
    ),
    _at_threshold(
        "ppv",
        "Positive predictive value",
        "higher",
        "Share of alarms that are events.",
        parts=of_sums.ppv,
        share=True,
    ),
    _at_threshold(
        "npv",
        "Negative predictive value",
        "higher",
        "Share of all-clears without the event.",
        parts=of_sums.npv,
        share=True,
    ),
    _at_threshold(
        "lr_pos",
        "Positive likelihood ratio",
        "higher",
        "By how much an alarm multiplies the odds.",
        of=of_sums.lr_pos,
        scale="log",
    ),
    _at_threshold(
        "lr_neg",
        "Negative likelihood ratio",
        "lower",
        "By how much an all-clear multiplies the odds.",
        of=of_sums.lr_neg,
        scale="log",
    ),
    _at_threshold(
        "f1", "F1 score", "higher", "Harmonic mean of PPV and sensitivity.", parts=of_sums.f1
    ),
    _at_threshold(
        "mcc",
        "Matthews correlation",
        "higher",
        "Correlation of alarm and event.",
        of=of_sums.mcc,
        scale="identity",
    ),
    _calibration_error(
        "ici",
        "Integrated calibration index",
        "Mean distance of predicted and smoothed observed risk.",
        calibration_error.ici,
    ),
    _calibration_error(
        "e50",
        "E50",
        "Median distance of predicted and smoothed observed risk.",
        calibration_error.e50,
    ),
    _calibration_error(
        "e90",
        "E90",
        "Distance of predicted and smoothed observed risk that 90 % do not exceed.",
        calibration_error.e90,
    ),
    _calibration_error(
        "emax",
        "Emax",
        "Largest distance of predicted and smoothed observed risk.",
        calibration_error.emax,
    ),
    MeasureInfo(
        name="youden_threshold",
        title="Threshold by Youden's index",
        direction="none",
        meaning="Score at which sensitivity + specificity is largest in this sample.",
        of_sums=of_sums.youden_threshold,
        wanted=Wanted(best=True),
        needs_both_classes=True,
    ),
    _at_threshold(
        "net_benefit",
        "Net benefit",
        "higher",
        "True alarms less weighed false alarms, per patient.",
        parts=of_sums.net_benefit,
        scale="identity",
        both=False,
    ),
    _at_threshold(
        "interventions_avoided",
        "Net interventions avoided",
        "higher",
        "Share of patients spared an intervention, net of missed events, against treating all.",
        parts=of_sums.interventions_avoided,
        scale="identity",
        both=False,
    ),
)

MEASURES: Mapping[str, MeasureInfo] = MappingProxyType({one.name: one for one in _ALL})
