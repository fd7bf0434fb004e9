"""Arterial line and cuff as one pressure, as sources have it that do not tell them apart."""

from __future__ import annotations

import numpy as np

from samd_validate.core.cohort import TimeSeries, Variable

JOINED = {
    "sbp": ("sbp_invasive", "sbp_cuff", "Systolic pressure"),
    "dbp": ("dbp_invasive", "dbp_cuff", "Diastolic pressure"),
    "map": ("map_invasive", "map_cuff", "Mean arterial pressure"),
}


def joined_pressures(series: TimeSeries) -> tuple[TimeSeries, int]:
    """Return the series with sbp, dbp and map instead of both ways of measuring each.

    Where a minute has both, the arterial line stands; the count of cuff values dropped for it
    comes second.
    """
    names = [one.name for one in series.variables]
    apart = {part for line, cuff, _ in JOINED.values() for part in (line, cuff)}
    kept = tuple(one for one in series.variables if one.name not in apart)
    whole = tuple(
        _joined(name, label, series.variables[names.index(line)])
        for name, (line, _, label) in JOINED.items()
    )
    variables = (*kept, *whole)
    position = {one.name: index for index, one in enumerate(variables)}
    leads = {part: name for name, parts in JOINED.items() for part in parts[:2]}
    new = np.array([position[leads.get(name, name)] for name in names])[series.variable_index]
    is_cuff = np.isin(series.variable_index, [names.index(parts[1]) for parts in JOINED.values()])
    order = np.lexsort((is_cuff, new, series.time_hours, series.unit_index))
    unit, time, variable = (column[order] for column in (series.unit_index, series.time_hours, new))
    repeats = np.zeros(order.size, dtype=np.bool_)
    repeats[1:] = (
        (unit[1:] == unit[:-1]) & (time[1:] == time[:-1]) & (variable[1:] == variable[:-1])
    )
    rows = order[~repeats]
    result = TimeSeries(
        variables=variables,
        unit_index=series.unit_index[rows],
        time_hours=series.time_hours[rows],
        variable_index=new[rows],
        value=series.value[rows],
        window_hours=series.window_hours,
    )
    return result, int(repeats.sum())


def _joined(name: str, label: str, line: Variable) -> Variable:
    return Variable(name=name, unit=line.unit, low=line.low, high=line.high, label=label)
