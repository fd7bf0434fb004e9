"""The measures by name: what they mean, which way is good, and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from samd_validate.stats import calibration_error, weighted
from samd_validate.stats.weighted import Measure


@dataclass(frozen=True, kw_only=True)
class MeasureInfo:
    """A measure: words for readers, and which way is good.

    ``direction`` is ``higher``, ``lower``, ``one``, ``zero`` or ``none``.
    """

    name: str
    title: str
    direction: str
    meaning: str
    run: Measure
    needs_threshold: bool = False
    needs_probability: bool = False
    needs_both_classes: bool = False


_ROWS: tuple[tuple[str, str, str, str, Measure, str], ...] = (
    (
        "auroc",
        "AUROC",
        "higher",
        "Chance that a patient with the event outranks one without.",
        weighted.auroc,
        "b",
    ),
    (
        "auprc",
        "AUPRC",
        "higher",
        "Average precision; chance is the prevalence.",
        weighted.auprc,
        "b",
    ),
    (
        "prevalence",
        "Prevalence",
        "none",
        "Share of patients with the event.",
        weighted.prevalence,
        "",
    ),
    (
        "mean_predicted",
        "Mean predicted risk",
        "none",
        "Average predicted risk.",
        weighted.mean_predicted,
        "p",
    ),
    (
        "brier",
        "Brier score",
        "lower",
        "Mean squared error of the predicted risk.",
        weighted.brier,
        "p",
    ),
    (
        "scaled_brier",
        "Scaled Brier score",
        "higher",
        "1 is perfect, 0 tells nothing beyond the prevalence.",
        weighted.scaled_brier,
        "pb",
    ),
    ("log_loss", "Log loss", "lower", "Mean negative log-likelihood.", weighted.log_loss, "p"),
    (
        "calibration_slope",
        "Calibration slope",
        "one",
        "1 is perfect; below 1 risks are too extreme.",
        weighted.calibration_slope,
        "pb",
    ),
    (
        "calibration_intercept",
        "Calibration intercept",
        "zero",
        "0 is perfect, given the slope.",
        weighted.calibration_intercept,
        "pb",
    ),
    (
        "calibration_in_the_large",
        "Calibration-in-the-large",
        "zero",
        "Above 0 more events happen than predicted.",
        weighted.calibration_in_the_large,
        "pb",
    ),
    (
        "observed_expected_ratio",
        "Observed/expected ratio",
        "one",
        "Above 1 more events happen than predicted.",
        weighted.observed_expected_ratio,
        "pb",
    ),
    (
        "sensitivity",
        "Sensitivity",
        "higher",
        "Share of events that raise an alarm.",
        weighted.sensitivity,
        "tb",
    ),
    (
        "specificity",
        "Specificity",
        "higher",
        "Share of non-events without an alarm.",
        weighted.specificity,
        "tb",
    ),
    (
        "ppv",
        "Positive predictive value",
        "higher",
        "Share of alarms that are events.",
        weighted.ppv,
        "tb",
    ),
    (
        "npv",
        "Negative predictive value",
        "higher",
        "Share of all-clears without the event.",
        weighted.npv,
        "tb",
    ),
    (
        "lr_pos",
        "Positive likelihood ratio",
        "higher",
        "By how much an alarm multiplies the odds.",
        weighted.lr_pos,
        "tb",
    ),
    (
        "lr_neg",
        "Negative likelihood ratio",
        "lower",
        "By how much an all-clear multiplies the odds.",
        weighted.lr_neg,
        "tb",
    ),
    (
        "f1",
        "F1 score",
        "higher",
        "Harmonic mean of PPV and sensitivity.",
        weighted.f1,
        "tb",
    ),
    (
        "mcc",
        "Matthews correlation",
        "higher",
        "Correlation of alarm and event.",
        weighted.mcc,
        "tb",
    ),
    (
        "youden_threshold",
        "Threshold by Youden's index",
        "none",
        "Score at which sensitivity + specificity is largest in this sample.",
        weighted.youden_threshold,
        "b",
    ),
    (
        "net_benefit",
        "Net benefit",
        "higher",
        "True alarms less weighed false alarms, per patient.",
        weighted.net_benefit,
        "t",
    ),
    (
        "ici",
        "Integrated calibration index",
        "lower",
        "Mean distance of predicted and smoothed observed risk.",
        calibration_error.ici,
        "pb",
    ),
    (
        "e50",
        "E50",
        "lower",
        "Median distance of predicted and smoothed observed risk.",
        calibration_error.e50,
        "pb",
    ),
    (
        "e90",
        "E90",
        "lower",
        "Distance of predicted and smoothed observed risk that 90 % do not exceed.",
        calibration_error.e90,
        "pb",
    ),
    (
        "emax",
        "Emax",
        "lower",
        "Largest distance of predicted and smoothed observed risk.",
        calibration_error.emax,
        "pb",
    ),
)

MEASURES: Mapping[str, MeasureInfo] = MappingProxyType(
    {
        name: MeasureInfo(
            name=name,
            title=title,
            direction=direction,
            meaning=meaning,
            run=run,
            needs_threshold="t" in needs,
            needs_probability="p" in needs,
            needs_both_classes="b" in needs,
        )
        for name, title, direction, meaning, run, needs in _ROWS
    }
)
