"""Stays made by hand for severity scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from samd_validate.core.cohort import Cohort, Provenance, TimeSeries, Variable
from samd_validate.core.kinds import FitRequest
from samd_validate.models import oasis, saps_i, saps_ii
from samd_validate.models.severity.components import (
    Component,
)
from samd_validate.models.severity.first_day import first_day
from samd_validate.models.severity.model import SeverityModel, SeverityParams

SCORES = {"oasis": oasis, "saps_i": saps_i, "saps_ii": saps_ii}


UNITS = {
    "heart_rate": "/min", "sbp": "mm[Hg]", "sbp_cuff": "mm[Hg]", "map": "mm[Hg]",
    "temperature": "Cel", "resp_rate": "/min", "mechanical_ventilation": "{recorded}",
    "urine_output": "mL", "bun": "mg/dL", "haematocrit": "%", "wbc": "10*3/uL",
    "glucose": "mg/dL", "potassium": "mmol/L", "sodium": "mmol/L", "bicarbonate": "mmol/L",
    "bilirubin": "mg/dL", "gcs": "{score}", "pao2": "mm[Hg]", "fio2": "1",
}  # fmt: skip


Row = tuple[str, float, float]
"""A variable, the hour, and the value."""
"""A variable, the hour, and the value."""


def ward(
    stays: Sequence[Sequence[Row]],
    *,
    ages: Sequence[float] = (),
    admission: Sequence[str] = (),
    label: Sequence[int] = (),
    units: dict[str, str] = UNITS,
    window_hours: float = 48,
    **numbers: Sequence[float],
) -> Cohort:
    """Return a cohort of stays with their measurements."""
    names = list(units)
    rows = [
        (unit, hour, names.index(name), value)
        for unit, stay in enumerate(stays)
        for name, hour, value in stay
    ]
    rows.sort(key=lambda row: row[:3])
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    ids = np.array([f"s{number:03d}" for number in range(len(stays))])
    groups = {"admission_type": np.array(admission)} if admission else {}
    known = {"age_years": np.array(ages or [30.0] * len(stays))}
    known |= {name: np.array(column, dtype=np.float64) for name, column in numbers.items()}
    return Cohort(
        name="w",
        unit_id=ids,
        patient_id=ids,
        site=ids,
        label=np.array(label or [0] * len(stays)),
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f"),
        groups=groups,
        numbers=known,
        series=TimeSeries(
            variables=tuple(
                Variable(name=name, unit=unit, low=0, high=9999) for name, unit in units.items()
            ),
            unit_index=np.array(columns[0]),
            time_hours=np.array(columns[1]),
            variable_index=np.array(columns[2]),
            value=np.array(columns[3]),
            window_hours=window_hours,
        ),
    )


def component(score: str, start: str) -> Component:
    (found,) = (one for one in SCORES[score].COMPONENTS if one.name.startswith(start))
    return found  # type: ignore[no-any-return]


def points(score: str, start: str, stay: Sequence[Row], **about: object) -> int:
    cohort = ward([stay], **about)  # type: ignore[arg-type]
    return int(component(score, start).score(first_day(cohort)).points[0])


def at(name: str, *values: float) -> list[Row]:
    """Return values of a variable at hours 1, 2, and so on."""
    return [(name, float(hour), value) for hour, value in enumerate(values, start=1)]


def request_of(cohort: Cohort) -> FitRequest:
    return FitRequest(name="score", development=cohort, tuning=cohort, variables=(), seed=1)


def fitted(score: str, cohort: Cohort) -> SeverityModel:
    family = getattr(SCORES[score], score)
    model = family.run(request_of(cohort), SeverityParams())
    assert isinstance(model, SeverityModel)
    return model
