"""Folders shaped like eICU-CRD, of any size, in which no patient lives.

`eicu_tables` makes the tables as frames, so that a test can plant a fault in one of them before
`write_tables` (of `mimic_folder`) writes them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

FIRST_STAY = 141_000
UNITS = ("MICU", "Med-Surg ICU")
ETHNICITIES = (
    "Caucasian",
    "African American",
    "Hispanic",
    "Asian",
    "Native American",
    "Other/Unknown",
)
REGIONS = ("Midwest", "South", "West", None)
OUTPUT = "flowsheet|Flowsheet Cell Labels|I&O|Output (ml)|"
# column, usual value, spread
PERIODIC = (
    ("temperature", 37.0, 0.5),
    ("sao2", 96, 2),
    ("heartrate", 88, 15),
    ("respiration", 19, 4),
    ("systemicsystolic", 118, 15),
    ("systemicdiastolic", 60, 10),
    ("systemicmean", 77, 10),
)
APERIODIC = (
    ("noninvasivesystolic", 120, 15),
    ("noninvasivediastolic", 62, 10),
    ("noninvasivemean", 78, 10),
)
LABS = (
    ("sodium", "mmol/L", 139, 4),
    ("potassium", "mmol/L", 4.2, 0.4),
    ("creatinine", "mg/dL", 1.2, 0.3),
    ("lactate", "mmol/L", 1.8, 0.5),
    ("platelets x 1000", "K/mcL", 200, 50),
    ("PT - INR", "ratio", 1.3, 0.2),
    ("ionized calcium", "mg/dL", 4.6, 0.3),
)
NURSED = (
    ("Glasgow coma score", "GCS Total", 11),
    ("Glasgow coma score", "Eyes", 3),
    ("Glasgow coma score", "Verbal", 3),
    ("Glasgow coma score", "Motor", 5),
    ("Temperature", "Temperature (C)", 37),
    ("Temperature", "Temperature (F)", 98.6),
)


def eicu_tables(stays: int = 40, hours: int = 60, seed: int = 1) -> dict[str, pl.DataFrame]:
    """Return the tables; every fourth patient dies, and has the faster heart.

    Stays last ``hours``; the hospital is left 30 hours later. A value is measured five minutes
    after the full hour.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    number = np.arange(stays)
    died = number % 4 == 3
    return {
        **eicu_people(stays, hours),
        "vitalPeriodic": _wide("vitalperiodic", PERIODIC, stays, np.arange(hours), died, rng),
        "vitalAperiodic": _wide("vitalaperiodic", APERIODIC, stays, np.arange(hours), died, rng),
        "lab": _labs(stays, hours, rng),
        "nurseCharting": _nursed(stays, hours),
        "respiratoryCharting": _breathed(stays, hours),
        "intakeOutput": _outputs(stays, hours, rng),
    }


def eicu_people(stays: int, hours: int) -> dict[str, pl.DataFrame]:
    """Return patients, hospitals and APACHE results."""
    number = np.arange(stays)
    died = number % 4 == 3
    minutes = 60 * hours
    words = np.where(died, "Expired", "Alive")
    patient = pl.DataFrame(
        {
            "patientunitstayid": FIRST_STAY + number,
            "patienthealthsystemstayid": 120_000 + number,
            "gender": np.where(number % 2 == 0, "Female", "Male"),
            "age": [str(30 + 7 * n % 59) if n % 10 != 9 else "> 89" for n in range(stays)],
            "ethnicity": np.array(ETHNICITIES)[number % 6],
            "hospitalid": 60 + number % 5,
            "hospitaladmitoffset": -90 - number,
            "hospitaldischargeyear": 2014 + number % 2,
            "hospitaldischargeoffset": np.full(stays, minutes + 1800),
            "hospitaldischargestatus": words,
            "unittype": np.array(UNITS)[number % 2],
            "unitadmitsource": ["Emergency Department"] * stays,
            "unitvisitnumber": np.ones(stays, dtype=np.int64),
            "unitstaytype": ["admit"] * stays,
            "admissionweight": 60.0 + number % 30,
            "unitdischargeoffset": np.full(stays, minutes),
            "unitdischargestatus": ["Alive"] * stays,
            "uniquepid": [f"002-{n:05d}" for n in range(stays)],
        }
    )
    hospital = pl.DataFrame(
        {
            "hospitalid": 60 + np.arange(5),
            "numbedscategory": ["<100", "100 - 249", "250 - 499", ">= 500", None],
            "teachingstatus": ["t", "f", "f", "f", "f"],
            "region": [REGIONS[n % 4] for n in range(5)],
        }
    )
    result = pl.DataFrame(
        {
            "apachepatientresultsid": np.arange(2 * stays),
            "patientunitstayid": np.repeat(FIRST_STAY + number, 2),
            "apacheversion": ["IV", "IVa"] * stays,
            "predictedhospitalmortality": np.repeat(np.where(number % 8 == 5, -1.0, 0.1), 2),
            "actualhospitalmortality": np.repeat(np.where(died, "EXPIRED", "ALIVE"), 2),
        }
    )
    return {"patient": patient, "hospital": hospital, "apachePatientResult": result}


def _grid(stays: int, hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(stays), hours.size), np.tile(hours, stays)


def _wide(
    name: str,
    columns: tuple[tuple[str, float, float], ...],
    stays: int,
    hours: np.ndarray,
    died: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Return a column a quantity; every seventh cell is empty."""
    stay, hour = _grid(stays, hours)
    frame = {
        f"{name}id": np.arange(stay.size),
        "patientunitstayid": FIRST_STAY + stay,
        "observationoffset": 60 * hour + 5,
    }
    for place, (column, usual, spread) in enumerate(columns):
        faster = 8 * died[stay] if column == "heartrate" else 0
        value = np.round(usual + spread * rng.standard_normal(stay.size) + faster, 1)
        value[(np.arange(stay.size) + place) % 7 == 0] = np.nan
        frame[column] = value
    return pl.DataFrame(frame).with_columns(pl.col(pl.Float64).fill_nan(None))


def _labs(stays: int, hours: int, rng: np.random.Generator) -> pl.DataFrame:
    stay, hour = _grid(stays, np.arange(-4, hours, 8))
    parts = [
        labs(
            stay,
            60 * hour + 10,
            name,
            np.round(np.abs(usual + spread * rng.standard_normal(stay.size)), 2),
            unit,
        )
        for name, unit, usual, spread in LABS
    ]
    return pl.concat(parts).with_row_index("labid")


def labs(
    stay: np.ndarray, minute: np.ndarray, name: str, value: np.ndarray, unit: str | None
) -> pl.DataFrame:
    """Return laboratory results, revised twenty minutes after they were drawn."""
    return pl.DataFrame(
        {
            "patientunitstayid": FIRST_STAY + stay,
            "labresultoffset": minute,
            "labname": [name] * stay.size,
            "labresult": pl.Series(value, dtype=pl.Float64),
            "labmeasurenamesystem": pl.Series([unit] * stay.size, dtype=pl.String),
            "labresultrevisedoffset": minute + 20,
        }
    )


def _nursed(stays: int, hours: int) -> pl.DataFrame:
    stay, hour = _grid(stays, np.arange(0, hours, 4))
    parts = [
        pl.DataFrame(
            {
                "patientunitstayid": FIRST_STAY + stay,
                "nursingchartoffset": 60 * hour + 5,
                "nursingchartentryoffset": 60 * hour + 9,
                "nursingchartcelltypevallabel": [label] * stay.size,
                "nursingchartcelltypevalname": [name] * stay.size,
                "nursingchartvalue": [f"{value:g}"] * stay.size,
            }
        )
        for label, name, value in NURSED
    ]
    return pl.concat(parts)


def _breathed(stays: int, hours: int) -> pl.DataFrame:
    stay, hour = _grid(stays, np.arange(1, hours, 6))
    return pl.DataFrame(
        {
            "patientunitstayid": FIRST_STAY + stay,
            "respchartoffset": 60 * hour,
            "respchartentryoffset": 60 * hour + 3,
            "respchartvaluelabel": ["FiO2"] * stay.size,
            "respchartvalue": np.where(stay % 2 == 0, "40%", "0.5"),
        }
    )


def _outputs(stays: int, hours: int, rng: np.random.Generator) -> pl.DataFrame:
    stay, hour = _grid(stays, np.arange(1, hours, 2))
    return pl.DataFrame(
        {
            "patientunitstayid": FIRST_STAY + stay,
            "intakeoutputoffset": 60 * hour,
            "intakeoutputentryoffset": 60 * hour,
            "cellpath": [f"{OUTPUT}Urine"] * stay.size,
            "cellvaluenumeric": np.round(rng.gamma(2, 60, stay.size)),
        }
    )
