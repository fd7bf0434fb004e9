"""OASIS (2013): ten variables of the first day, and no laboratory value."""

from __future__ import annotations

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models.severity.bands import below, rest, upto
from samd_validate.models.severity.components import Level, Number, Total, Ventilation, Worst
from samd_validate.models.severity.model import SeverityModel, SeverityParams, fit_severity

# Johnson et al. 2013, doi:10.1097/CCM.0b013e31828a24fe, table 2
COMPONENTS = (
    Number(
        name="hours in hospital before intensive care",
        column="hours_before_icu",
        bands=(below(0.17, 5), below(4.95, 3), upto(24, 0), upto(311.8, 2), rest(1)),
    ),
    Number(
        name="age (years)",
        column="age_years",
        bands=(below(24, 0), below(54, 3), below(78, 6), below(90, 9), rest(7)),
    ),
    Worst(
        name="Glasgow coma scale",
        variables=("gcs",),
        unit="{score}",
        bands=(below(8, 10), below(14, 4), below(15, 3), rest(0)),
    ),
    Worst(
        name="heart rate (/min)",
        variables=("heart_rate",),
        unit="/min",
        bands=(below(33, 4), below(89, 0), below(107, 1), upto(125, 3), rest(6)),
    ),
    Worst(
        name="mean arterial pressure (mmHg)",
        variables=("map", "map_invasive", "map_cuff"),
        unit="mm[Hg]",
        bands=(below(20.65, 4), below(51, 3), below(61.33, 2), upto(143.44, 0), rest(3)),
    ),
    Worst(
        name="respiration rate (/min)",
        variables=("resp_rate",),
        unit="/min",
        bands=(below(6, 10), below(13, 1), upto(22, 0), upto(30, 1), upto(44, 6), rest(9)),
    ),
    Worst(
        name="temperature (°C)",
        variables=("temperature",),
        unit="Cel",
        bands=(
            below(33.22, 3), upto(35.93, 4), upto(36.39, 2),
            below(36.89, 0), upto(39.88, 2), rest(6),
        ),
    ),
    Total(
        name="urine (mL/day)",
        variable="urine_output",
        unit="mL",
        bands=(below(671.09, 10), below(1427, 5), upto(2544.14, 1), upto(6896.8, 0), rest(8)),
    ),
    Ventilation(name="mechanical ventilation", points=9),
    Level(
        name="elective surgery",
        column="admission_type",
        points={
            "scheduled surgery": 0,
            "elective surgery": 0,
            "medical": 6,
            "unscheduled surgery": 6,
            "emergency": 6,
            "observation": 6,
        },
        assumed={"elective": 0},
    ),
)  # fmt: skip


@family("oasis", version=1, params=SeverityParams)
def oasis(request: FitRequest, params: SeverityParams) -> SeverityModel:
    """Sum the points of OASIS over the worst values of the first 24 hours.

    What is missing is scored as normal; the risk of a sum is learned on the development part.
    Ref. Johnson et al. 2013, doi:10.1097/CCM.0b013e31828a24fe.
    """
    del params
    return fit_severity(request, "oasis", COMPONENTS)
