"""The contributions of one stay in words: what was measured, when, how far it moved the risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.cohort import Cohort
from samd_validate.core.model import Attribution


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """One input (in one block of time) of one stay: what is known of it, and its log-odds."""

    words: str
    value: float

    def sentence(self) -> str:
        """Return words and contribution.

        >>> Contribution(words="potassium 6.1 mmol/L at hour 31", value=0.081).sentence()
        'potassium 6.1 mmol/L at hour 31: +0.08'
        """
        return f"{self.words}: {self.value:+.2f}"


def contributions(number: int, local: Attribution, cases: Cohort) -> list[Contribution]:
    """Return the contributions to the output of one stay, the largest first; zeros are left out."""
    found = [
        Contribution(
            words=_words(name, block, number, local, cases),
            value=float(local.values[number, index, block]),
        )
        for index, name in enumerate(local.inputs)
        for block in range(local.values.shape[2])
        if local.values[number, index, block] != 0
    ]
    return sorted(found, key=lambda one: (-abs(one.value), one.words))


def title_of(name: str, cohort: Cohort) -> str:
    """Return what a reader calls an input."""
    variables = () if cohort.series is None else cohort.series.variables
    titles = {variable.name: variable.title() for variable in variables}
    return titles.get(name, name.replace("_", " "))


def _words(name: str, block: int, number: int, local: Attribution, cases: Cohort) -> str:
    title = title_of(name, cases)
    if name in cases.numbers:
        value, unit = float(cases.numbers[name][number]), cases.units.get(name, "")
        return f"{title} {value:.0f} {unit}".strip() if np.isfinite(value) else f"{title} missing"
    if name in cases.groups:
        return f"{title}: {str(cases.groups[name][number]) or 'unknown'}"
    start, end = local.block_hours[block], local.block_hours[block + 1]
    return f"{title} {_observed(name, start, end, number, cases)}"


def _observed(name: str, start: float, end: float, number: int, cases: Cohort) -> str:
    """Return the values between two hours in words: one with its hour, several as their range."""
    hours = f"hours {start:.0f} to {end:.0f}"
    series = cases.series
    names = [] if series is None else [variable.name for variable in series.variables]
    if series is None or name not in names:
        return hours
    chosen = (
        (series.unit_index == number)
        & (series.variable_index == names.index(name))
        & (series.time_hours >= start)
        & (series.time_hours < end)
    )
    value, time = series.value[chosen], series.time_hours[chosen]
    unit = series.variables[names.index(name)].unit_text()
    if value.size == 0:
        return f"not measured, {hours}"
    if value.size == 1:
        return f"{value[0]:.3g} {unit} at hour {time[0]:.0f}".replace("  ", " ")
    span = f"{value.min():.3g} to {value.max():.3g} {unit}".strip()
    return f"{span} ({value.size} values, {hours})"
