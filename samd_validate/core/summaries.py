"""Summary features of a stay: what a clinician would read off the chart."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort

STATISTICS = ("first", "last", "lowest", "highest", "mean", "count")


def summary_features(cohort: Cohort, variables: tuple[str, ...]) -> FloatArray:
    """Return ``(n, 6 * variables)``: first, last, lowest, highest, mean (NaN if none), count.

    What was measured or stored after the window is not looked at.
    """
    series = cohort.series
    if series is None:
        raise ValueError("summary features need measurements over time")
    series = series.only(series.known_at_prediction())
    position = {variable.name: index for index, variable in enumerate(series.variables)}
    features = np.full((cohort.size, len(variables), len(STATISTICS)), np.nan)
    features[:, :, 5] = 0
    for column, name in enumerate(variables):
        rows = np.flatnonzero(series.variable_index == position.get(name, -1))
        if rows.size:
            _summarise(features[:, column], series.unit_index[rows], series.value[rows])
    return features.reshape(cohort.size, -1)


def feature_names(variables: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the summary features, in their order.

    >>> feature_names(("lactate",))[1]
    'lactate:last'
    """
    return tuple(f"{variable}:{statistic}" for variable in variables for statistic in STATISTICS)


def _summarise(features: FloatArray, unit: FloatArray, value: FloatArray) -> None:
    """Fill the features of one variable; rows are sorted by unit, then time."""
    units, start, count = np.unique(unit, return_index=True, return_counts=True)
    wide = value.astype(np.float64)
    features[units, 0] = wide[start]
    features[units, 1] = wide[start + count - 1]
    features[units, 2] = np.minimum.reduceat(wide, start)
    features[units, 3] = np.maximum.reduceat(wide, start)
    features[units, 4] = np.add.reduceat(wide, start) / count
    features[units, 5] = count
