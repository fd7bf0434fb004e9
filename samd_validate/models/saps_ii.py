"""SAPS II (1993): seventeen variables of the first day."""

from __future__ import annotations

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models.severity.bands import below, rest
from samd_validate.models.severity.components import Level, Number, OxygenRatio, Total, Worst
from samd_validate.models.severity.model import SeverityModel, SeverityParams, fit_severity

SYSTOLIC = ("sbp", "sbp_invasive", "sbp_cuff")

# Le Gall et al. 1993, doi:10.1001/jama.1993.03510240069035, figure 1; laboratory values in mg/dL
COMPONENTS = (
    Number(
        name="age (years)",
        column="age_years",
        bands=(below(40, 0), below(60, 7), below(70, 12), below(75, 15), below(80, 16), rest(18)),
    ),
    Worst(
        name="heart rate (/min)",
        variables=("heart_rate",),
        unit="/min",
        bands=(below(40, 11), below(70, 2), below(120, 0), below(160, 4), rest(7)),
    ),
    Worst(
        name="systolic pressure (mmHg)",
        variables=SYSTOLIC,
        unit="mm[Hg]",
        bands=(below(70, 13), below(100, 5), below(200, 0), rest(2)),
    ),
    Worst(
        name="temperature (°C)",
        variables=("temperature",),
        unit="Cel",
        bands=(below(39, 0), rest(3)),
    ),
    OxygenRatio(
        name="PaO2/FiO2 of the ventilated (mmHg)",
        bands=(below(100, 11), below(200, 9), rest(6)),
    ),
    Total(
        name="urine (mL/day)",
        variable="urine_output",
        unit="mL",
        bands=(below(500, 11), below(1000, 4), rest(0)),
    ),
    Worst(
        name="urea nitrogen (mg/dL)",
        variables=("bun",),
        unit="mg/dL",
        bands=(below(28, 0), below(84, 6), rest(10)),
    ),
    Worst(
        name="white cells (10³/µL)",
        variables=("wbc",),
        unit="10*3/uL",
        bands=(below(1, 12), below(20, 0), rest(3)),
    ),
    Worst(
        name="potassium (mmol/L)",
        variables=("potassium",),
        unit="mmol/L",
        bands=(below(3, 3), below(5, 0), rest(3)),
    ),
    Worst(
        name="sodium (mmol/L)",
        variables=("sodium",),
        unit="mmol/L",
        bands=(below(125, 5), below(145, 0), rest(1)),
    ),
    Worst(
        name="bicarbonate (mmol/L)",
        variables=("bicarbonate",),
        unit="mmol/L",
        bands=(below(15, 6), below(20, 3), rest(0)),
    ),
    Worst(
        name="bilirubin (mg/dL)",
        variables=("bilirubin",),
        unit="mg/dL",
        bands=(below(4, 0), below(6, 4), rest(9)),
    ),
    Worst(
        name="Glasgow coma scale",
        variables=("gcs",),
        unit="{score}",
        bands=(below(6, 26), below(9, 13), below(11, 7), below(14, 5), rest(0)),
    ),
    Level(
        name="chronic disease",
        column="chronic_disease",
        points={"metastatic cancer": 9, "haematologic malignancy": 10, "AIDS": 17, "none": 0},
    ),
    Level(
        name="type of admission",
        column="admission_type",
        points={
            "scheduled surgery": 0,
            "elective surgery": 0,
            "medical": 6,
            "unscheduled surgery": 8,
        },
        # surgery or not is not told: an emergency is worth 6 at least
        assumed={"elective": 0, "emergency": 6, "observation": 6},
    ),
)


@family("saps_ii", version=1, params=SeverityParams)
def saps_ii(request: FitRequest, params: SeverityParams) -> SeverityModel:
    """Sum the points of SAPS II over the worst values of the first 24 hours.

    What is missing is scored as normal; the risk of a sum is learned on the development part.
    Ref. Le Gall et al. 1993, doi:10.1001/jama.1993.03510240069035.
    """
    del params
    return fit_severity(request, "saps_ii", COMPONENTS)
