"""Which interval a measure gets: the one that is named, or the one that was shown to cover."""

from __future__ import annotations

from samd_validate.stats.calibration.calibration_error import ERRORS
from samd_validate.stats.intervals.closed_form import AUROC_METHODS, LIKELIHOOD_RATIOS, SHARES
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.sample import Sample

ALIASES = {"bootstrap": "percentile"}
TESTED = "lowered percentile"
RESAMPLING = ("percentile", "basic", "bca", "studentised", TESTED)
METHODS = ("auto", *ALIASES, *RESAMPLING[:-1], "jackknife", *AUROC_METHODS, *SHARES, "log")
FEWEST_FOR_WALD = 12.0
FEWEST_FOR_LOG = 10


def offered(measure: str) -> tuple[str, ...]:
    """Return the methods that a measure can have, beside ``auto``."""
    own: tuple[str, ...] = ()
    if measure == "auroc":
        own = AUROC_METHODS
    elif MEASURES[measure].is_share:
        own = tuple(SHARES)
    elif measure in LIKELIHOOD_RATIOS:
        own = ("log",)
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
        room = min(value, 1 - value) * fewest
        return ("delong",) if room >= FEWEST_FOR_WALD else ("delong-logit-t",)
    if MEASURES[measure].is_share:
        return ("wilson",)
    if measure in LIKELIHOOD_RATIOS and sample.n_clusters == sample.n:
        return ("log", "jackknife") if fewest >= FEWEST_FOR_LOG else ("jackknife",)
    if measure in ERRORS:
        return (TESTED,)
    if MEASURES[measure].wanted.partial or MEASURES[measure].wanted.best:
        return ("bca",)
    return ("jackknife",)


def note_on(measure: str, sample: Sample) -> str:
    """Return what a reader must know of an interval from so few patients, or nothing."""
    del measure, sample
    return ""
