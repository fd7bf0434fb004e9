"""Which interval a measure gets: the one that is named, or the one that was shown to cover."""

from __future__ import annotations

from samd_validate.stats.calibration.calibration_error import ERRORS
from samd_validate.stats.intervals.closed_form import AUROC_METHODS, LIKELIHOOD_RATIOS, SHARES
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.sample import Sample

ALIASES = {"bootstrap": "percentile"}
TESTED = "lowered percentile"
RESAMPLING = ("percentile", "basic", "bca", "studentised", TESTED)
METHODS = ("auto", *ALIASES, *RESAMPLING[:-1], "jackknife", *AUROC_METHODS, *SHARES, "log", "mover")
FEWEST_FOR_WALD = 12.0
FEW = 10
FEW_FOR_AUPRC = 50


def offered(measure: str) -> tuple[str, ...]:
    """Return the methods that a measure can have, beside ``auto``."""
    own: tuple[str, ...] = ()
    if measure == "auroc":
        own = AUROC_METHODS
    elif MEASURES[measure].is_share:
        own = tuple(SHARES)
    elif measure in LIKELIHOOD_RATIOS:
        own = ("log", "mover")
    return (*RESAMPLING[:-1], "jackknife", *own)


def chosen(measure: str, value: float, sample: Sample, method: str) -> tuple[str, ...]:
    """Return the methods to try in turn for a measure of a sample, and its value there.

    A method that is named is taken for the measures that it is made for; all else follows the rule
    of ``auto``, which simulated coverage decided (docs/methods/coverage.md).

    Raises
    ------
    ValueError
        For an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    named = ALIASES.get(method, method)
    if named in offered(measure):
        return (named, "percentile")
    return (*_automatic(measure, value, sample), "percentile")


def _automatic(measure: str, value: float, sample: Sample) -> tuple[str, ...]:
    fewest = min(sample.n_events, sample.n - sample.n_events)
    if measure == "auroc":
        has_room = min(value, 1 - value) * fewest >= FEWEST_FOR_WALD
        return ("delong",) if has_room else ("delong-logit-t",)
    if measure in LIKELIHOOD_RATIOS:
        usual = "log" if sample.n_clusters == sample.n else "jackknife"
        return ("mover",) if fewest < FEW else (usual, "mover")
    return (_usual(measure),)


def _usual(measure: str) -> str:
    """Return the method of a measure that is the same for every sample."""
    info = MEASURES[measure]
    if info.is_share:
        return "wilson"
    if measure in ERRORS:
        return TESTED
    if info.wanted.best:
        return "percentile"
    return "bca" if info.wanted.partial else "jackknife"


def note_on(measure: str, sample: Sample) -> str:
    """Return what a reader must know of an interval from so few patients, or nothing.

    The figures are those of simulated data sets (docs/methods/coverage.md).
    """
    fewest = min(sample.n_events, sample.n - sample.n_events)
    if measure == "youden_threshold":
        held = "82 to 99" if fewest >= 2 * FEW else "42 to 91"
        return f"a threshold at a maximum is unstable: {_held(held)}"
    if measure == "auprc" and fewest < FEW_FOR_AUPRC:
        return f"fewer than {FEW_FOR_AUPRC} events: {_held('91 to 96')}"
    if fewest < FEW:
        return f"fewer than {FEW} rows with or without the event: {_held('92 to 99')}"
    return ""


def _held(share: str) -> str:
    return f"such 95 % intervals held the truth in {share} of 100 simulated data sets"
