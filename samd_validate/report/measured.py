"""A measurement in words: how its interval was made, and its p-value."""

from __future__ import annotations

from samd_validate.core.estimate import Estimate
from samd_validate.report.words import count_words


def method_words(measurement: object) -> str:
    """Return how an interval was made, with the number of resamples and what was undefined."""
    if not isinstance(measurement, Estimate):
        return "–"
    words = measurement.method.replace("_", " ")
    if measurement.n_resamples:
        words += f", {count_words(measurement.n_resamples)} resamples"
    if measurement.n_undefined:
        words += f" ({count_words(measurement.n_undefined)} undefined)"
    if measurement.p_value is not None:
        words += f", p {p_words(measurement.p_value)}"
    return f"{words}; {measurement.note}" if measurement.note else words


def p_words(p_value: float) -> str:
    """Return a p-value as journals write it.

    >>> p_words(0.0004), p_words(0.032)
    ('< 0.001', '= 0.032')
    """
    smallest = 0.001
    return "< 0.001" if p_value < smallest else f"= {p_value:.3f}"
