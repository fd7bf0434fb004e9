"""What a cohort holds, in a form that tests compare."""

from __future__ import annotations

from samd_validate.core.cohort import Cohort


def counts(cohort: Cohort) -> dict[str, int]:
    """Return the counts of the cohort's flow by their reason."""
    return {row.reason: row.count for row in cohort.flow}


def observed(cohort: Cohort, name: str, unit: int = 0) -> list[tuple[float, float]]:
    """Return time in hours and value of a variable of one stay, to three decimals."""
    series = cohort.series
    assert series is not None
    index = [v.name for v in series.variables].index(name)
    chosen = (series.variable_index == index) & (series.unit_index == unit)
    pairs = zip(series.time_hours[chosen], series.value[chosen], strict=True)
    return [(round(float(t), 3), round(float(v), 3)) for t, v in pairs]
