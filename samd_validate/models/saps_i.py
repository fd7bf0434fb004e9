"""SAPS (1984): fourteen variables of the first day, each worth up to four points."""

from __future__ import annotations

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models.severity.bands import below, rest, upto
from samd_validate.models.severity.components import Number, Total, UnlessVentilated, Worst
from samd_validate.models.severity.model import SeverityModel, SeverityParams, fit_severity

UREA_PER_BUN = 1 / 2.8
"""mmol/L of urea in 1 mg/dL of urea nitrogen (two N of 14.0 g/mol)."""
GLUCOSE_PER_MG = 1 / 18.016
SYSTOLIC = ("sbp", "sbp_invasive", "sbp_cuff")

# Le Gall et al. 1984, doi:10.1097/00003246-198411000-00012, table 1; units of the table
COMPONENTS = (
    Number(
        name="age (years)",
        column="age_years",
        bands=(below(46, 0), below(56, 1), below(66, 2), below(76, 3), rest(4)),
    ),
    Worst(
        name="heart rate (/min)",
        variables=("heart_rate",),
        unit="/min",
        bands=(
            below(40, 4), below(55, 3), below(70, 2), below(110, 0),
            below(140, 2), below(180, 3), rest(4),
        ),
    ),
    Worst(
        name="systolic pressure (mmHg)",
        variables=SYSTOLIC,
        unit="mm[Hg]",
        bands=(below(55, 4), below(80, 2), below(150, 0), below(190, 2), rest(4)),
    ),
    Worst(
        name="temperature (°C)",
        variables=("temperature",),
        unit="Cel",
        bands=(
            below(30, 4), below(32, 3), below(34, 2), below(36, 1),
            below(38.5, 0), below(39, 1), below(41, 3), rest(4),
        ),
    ),
    UnlessVentilated(
        name="respiration rate (/min), or ventilation",
        points=3,
        otherwise=Worst(
            name="respiration rate",
            variables=("resp_rate",),
            unit="/min",
            bands=(
                below(6, 4), below(10, 2), below(12, 1), below(25, 0),
                below(35, 1), below(50, 3), rest(4),
            ),
        ),
    ),
    Total(
        name="urine (mL/day)",
        variable="urine_output",
        unit="mL",
        bands=(
            below(200, 4), below(500, 3), below(700, 2), below(3500, 0), upto(5000, 1), rest(2),
        ),
    ),
    Worst(
        name="urea (mmol/L)",
        variables=("bun",),
        unit="mg/dL",
        factor=UREA_PER_BUN,
        bands=(below(3.5, 1), below(7.5, 0), below(29, 1), below(36, 2), below(55, 3), rest(4)),
    ),
    Worst(
        name="haematocrit (%)",
        variables=("haematocrit",),
        unit="%",
        bands=(below(20, 4), below(30, 2), below(46, 0), below(50, 1), below(60, 2), rest(4)),
    ),
    Worst(
        name="white cells (10³/µL)",
        variables=("wbc",),
        unit="10*3/uL",
        bands=(below(1, 4), below(3, 2), below(15, 0), below(20, 1), below(40, 2), rest(4)),
    ),
    Worst(
        name="glucose (mmol/L)",
        variables=("glucose",),
        unit="mg/dL",
        factor=GLUCOSE_PER_MG,
        bands=(
            below(1.6, 4), below(2.8, 3), below(3.9, 2), below(14, 0),
            below(27.8, 1), below(44.5, 3), rest(4),
        ),
    ),
    Worst(
        name="potassium (mmol/L)",
        variables=("potassium",),
        unit="mmol/L",
        bands=(
            below(2.5, 4), below(3, 2), below(3.5, 1), below(5.5, 0),
            below(6, 1), below(7, 3), rest(4),
        ),
    ),
    Worst(
        name="sodium (mmol/L)",
        variables=("sodium",),
        unit="mmol/L",
        bands=(
            below(110, 4), below(120, 3), below(130, 2), below(151, 0),
            below(156, 1), below(161, 2), below(180, 3), rest(4),
        ),
    ),
    Worst(
        name="bicarbonate (mmol/L)",
        variables=("bicarbonate",),
        unit="mmol/L",
        bands=(below(5, 4), below(10, 3), below(20, 1), below(30, 0), below(40, 1), rest(3)),
    ),
    Worst(
        name="Glasgow coma scale",
        variables=("gcs",),
        unit="{score}",
        bands=(below(4, 4), below(7, 3), below(10, 2), below(13, 1), rest(0)),
    ),
)  # fmt: skip


@family("saps_i", version=1, params=SeverityParams)
def saps_i(request: FitRequest, params: SeverityParams) -> SeverityModel:
    """Sum the points of SAPS over the worst values of the first 24 hours.

    What is missing is scored as normal; the risk of a sum is learned on the development part.
    Ref. Le Gall et al. 1984, doi:10.1097/00003246-198411000-00012.
    """
    del params
    return fit_severity(request, "saps_i", COMPONENTS)
