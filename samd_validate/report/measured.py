"""A measurement in words: the number, how its interval was made, and its p-value."""

from __future__ import annotations

from collections.abc import Sequence

from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.report.words import count_words

WIDE = 10.0
MIDDLING = 1.0
NARROW = 0.03
FINE = 0.003
RANKED = "percentile bootstrap of ranks"
"""The beginning of a method whose numbers are places in an order."""
COUNT = "count of "
"""The beginning of a method whose number is a whole count, without an interval."""
P_VALUE = "p-value"
"""The beginning of a method whose number is a p-value, without an interval."""
BARE = ("no interval", "no sampling uncertainty")
"""The endings of methods of other numbers without an interval."""


def digits_of(estimate: Estimate) -> int:
    """Return how many decimals the width of the interval bears: no false precision."""
    width = estimate.high - estimate.low
    if estimate.method.startswith(RANKED):
        return 0
    if width >= WIDE:
        return 0
    if width >= MIDDLING:
        return 1
    if width >= NARROW or width == 0:
        return 2
    return 3 if width >= FINE else 4


def measurement_words(measurement: Measurement) -> str:
    """Return estimate (95% CI low to high), a number without an interval alone, or why none.

    >>> from samd_validate.core.estimate import Estimate
    >>> measurement_words(Estimate(value=0.8612, low=0.8523, high=0.8701, level=0.95,
    ...                            method="delong", n=4000))
    '0.861 (95% CI 0.852 to 0.870)'
    >>> measurement_words(Estimate(value=0.0031, low=0.0031, high=0.0031, level=0.95,
    ...                            method="p-value of residuals in 5 bins at once", n=4000))
    '0.003'
    """
    if not isinstance(measurement, Estimate):
        return measurement.describe()
    words = _bare_words(measurement) or measurement.describe(digits_of(measurement))
    return words if measurement.unit == "1" else f"{words} {measurement.unit}"


def _bare_words(estimate: Estimate) -> str:
    """Return a number that has no interval, and nothing for one that has."""
    if estimate.low != estimate.high:
        return ""
    if estimate.method.startswith(COUNT):
        return count_words(round(estimate.value))
    if estimate.method.startswith(P_VALUE):
        return p_words(estimate.value).removeprefix("= ")
    return f"{estimate.value:.2g}" if estimate.method.endswith(BARE) else ""


def method_words(measurement: Measurement, folded: Sequence[str] = ()) -> str:
    """Return how an interval was made, what was undefined, the p-value and the note.

    Clauses in ``folded`` are left out: a caption says them for every row of a table.
    """
    if not isinstance(measurement, Estimate):
        return "–"
    words = [clause for clause in clauses(measurement) if clause not in folded]
    if measurement.n_undefined:
        words.append(f"{count_words(measurement.n_undefined)} undefined")
    if measurement.p_value is not None:
        words.append(f"p {p_words(measurement.p_value)}")
    return "; ".join(part for part in (", ".join(words), measurement.note) if part)


def clauses(estimate: Estimate) -> tuple[str, ...]:
    """Return how an interval was made, a clause for each thing that is said of it.

    >>> clauses(Estimate(value=0.8, low=0.7, high=0.9, level=0.95, n=50, n_resamples=2000,
    ...                  method="percentile bootstrap, by patient"))
    ('percentile bootstrap', 'by patient', '2\u202f000 resamples')
    """
    said = tuple(estimate.method.replace("_", " ").split(", "))
    if estimate.n_resamples:
        said += (f"{count_words(estimate.n_resamples)} resamples",)
    return said


def shared_clauses(measurements: Sequence[Measurement]) -> tuple[str, ...]:
    """Return the clauses that all estimates of a table share, if the first is among them.

    Less than two estimates share nothing, and what begins otherwise is another method.
    """
    said = [clauses(one) for one in measurements if isinstance(one, Estimate)]
    if len(said) < 2 or len({one[0] for one in said}) > 1:  # noqa: PLR2004
        return ()
    return tuple(clause for clause in said[0] if all(clause in one for one in said))


def p_words(p_value: float) -> str:
    """Return a p-value as journals write it.

    >>> p_words(0.0004), p_words(0.032)
    ('< 0.001', '= 0.032')
    """
    smallest = 0.001
    return "< 0.001" if p_value < smallest else f"= {p_value:.3f}"
