"""Simulated stays as the tables of a MIMIC-IV release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.readers.simulation.draw import Draw
from samd_validate.readers.simulation.items import charted_tables, words

if TYPE_CHECKING:
    import polars as pl

SOURCE = "mimic_iv"
PLACES = {"temperature": 1}  # in degrees Fahrenheit
SUBJECT, ADMISSION, STAY = 10_000_000, 20_000_000, 30_000_000
FIRST_YEAR = 2110
OLDEST, OLDEST_WRITTEN = 89, 91
PERIODS = ("2008 - 2010", "2011 - 2013", "2014 - 2016", "2017 - 2019", "2020 - 2022")
WARDS = (
    "Medical Intensive Care Unit (MICU)",
    "Surgical Intensive Care Unit (SICU)",
    "Medical/Surgical Intensive Care Unit (MICU/SICU)",
    "Trauma SICU (TSICU)",
    "Coronary Care Unit (CCU)",
    "Cardiac Vascular Intensive Care Unit (CVICU)",
    "Neuro Surgical Intensive Care Unit (Neuro SICU)",
)
GENDERS = {"female": ("F",), "male": ("M",)}
RACES = {
    "White": ("WHITE", "WHITE - OTHER EUROPEAN", "WHITE - RUSSIAN", "PORTUGUESE"),
    "Black": ("BLACK/AFRICAN AMERICAN", "BLACK/CAPE VERDEAN"),
    "Hispanic": ("HISPANIC OR LATINO", "HISPANIC/LATINO - PUERTO RICAN"),
    "Asian": ("ASIAN", "ASIAN - CHINESE"),
    "Other": ("OTHER", "AMERICAN INDIAN/ALASKA NATIVE"),
    "": ("UNKNOWN", "UNABLE TO OBTAIN", "PATIENT DECLINED TO ANSWER"),
}
TYPES = {
    "emergency": ("EW EMER.", "EW EMER.", "URGENT", "DIRECT EMER."),
    "elective": ("SURGICAL SAME DAY ADMISSION", "ELECTIVE"),
    "observation": ("OBSERVATION ADMIT", "EU OBSERVATION"),
}
LOCATIONS = {
    "emergency": ("EMERGENCY ROOM", "TRANSFER FROM HOSPITAL"),
    "elective": ("PHYSICIAN REFERRAL",),
    "observation": ("EMERGENCY ROOM", "WALK-IN/SELF REFERRAL"),
}
HOME = ("HOME", "HOME HEALTH CARE", "SKILLED NURSING FACILITY", "REHAB")
UNITS = {
    "/min": "bpm",
    "mm[Hg]": "mmHg",
    "[degF]": "°F",
    "meq/L": "mEq/L",
    "10*3/uL": "K/uL",
    "[pH]": "units",
    "mL": "ml",
}
UNITS_OF_ITEM = {220210: "insp/min", 223835: None, 50818: "mm Hg", 50821: "mm Hg"}
UNSTATED = ("1", "{score}")


def mimic_tables(draw: Draw) -> dict[str, pl.DataFrame]:
    """Return the tables of hosp/ and icu/ by their place, columns as in the release.

    Dates are shifted by patient; ages above 89 are written as 91.
    """
    stays = _stays(draw)
    events = charted_tables(draw, SOURCE, PLACES)
    return {
        "hosp/patients": _patients(draw, stays),
        "hosp/admissions": _admissions(draw, stays),
        "icu/icustays": _icustays(draw, stays),
        "icu/chartevents": _charted(events["chartevents"], stays),
        "hosp/labevents": _labs(events["labevents"], stays, draw.first_stay),
        "icu/outputevents": _outputs(events["outputevents"], stays),
    }


def drawn_numbers(unit_id: Column, patient_id: Column) -> tuple[Column, Column]:
    """Return which stays and patients of the draw the ids of a cohort are, from 0."""
    return unit_id.astype(np.int64) - STAY, patient_id.astype(np.int64) - SUBJECT


def _stays(draw: Draw) -> pl.DataFrame:
    """Return ids and times of the stays; the unit is entered at the drawn time of day."""
    import polars as pl

    course, n = draw.course, draw.people.label.size
    year = np.array(FIRST_YEAR - 1970 + course.year, dtype="datetime64[Y]")
    midnight = year.astype("datetime64[us]") + course.day.astype("timedelta64[D]")
    minute = np.floor(60 * draw.charted.admission_hour).astype("timedelta64[m]")
    intime = midnight + minute + course.second.astype("timedelta64[s]")
    outtime = intime + _hours(course.unit_hours)
    return pl.DataFrame(
        {
            "subject_id": SUBJECT + draw.first_patient + draw.people.patient,
            "hadm_id": ADMISSION + draw.first_stay + np.arange(n),
            "stay_id": STAY + draw.first_stay + np.arange(n),
            "admittime": intime - _hours(course.before_hours),
            "intime": intime,
            "outtime": outtime,
            "dischtime": outtime + _hours(course.after_hours),
        }
    )


def _hours(hours: Column) -> Column:
    return np.round(60 * hours).astype("timedelta64[m]")


def _patients(draw: Draw, stays: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    people, subject = draw.people, stays["subject_id"].to_numpy()
    died = pl.Series(people.label == 1)
    return (
        stays.select(
            "subject_id",
            gender=words(GENDERS, people.groups["sex"], subject),
            anchor_age=np.where(people.age_years > OLDEST, OLDEST_WRITTEN, people.age_years).astype(
                np.int64
            ),
            anchor_year=pl.col("admittime").dt.year(),
            anchor_year_group=pl.Series(np.array(PERIODS)[draw.course.period % len(PERIODS)]),
            dod=pl.when(died).then(pl.col("dischtime").dt.date()),
        )
        .group_by("subject_id", maintain_order=True)
        .agg(pl.exclude("dod").first(), pl.col("dod").drop_nulls().first())
    )


def _admissions(draw: Draw, stays: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    people, hadm = draw.people, stays["hadm_id"].to_numpy()
    died = pl.Series(people.label == 1)
    kind = people.groups["admission_type"]
    return stays.select(
        "subject_id",
        "hadm_id",
        "admittime",
        "dischtime",
        deathtime=pl.when(died).then("dischtime"),
        admission_type=words(TYPES, kind, hadm),
        admit_provider_id=pl.lit(None, dtype=pl.String),
        admission_location=words(LOCATIONS, kind, hadm),
        discharge_location=pl.when(died)
        .then(pl.lit("DIED"))
        .otherwise(pl.Series(np.array(HOME)[hadm % len(HOME)])),
        insurance=pl.lit("Other"),
        language=pl.lit("ENGLISH"),
        marital_status=pl.lit(None, dtype=pl.String),
        race=words(RACES, people.groups["ethnicity"], stays["subject_id"].to_numpy()),
        edregtime=pl.lit(None, dtype=pl.Datetime("us")),
        edouttime=pl.lit(None, dtype=pl.Datetime("us")),
        hospital_expire_flag=died.cast(pl.Int64),
    )


def _icustays(draw: Draw, stays: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    ward = pl.Series(np.array(WARDS)[draw.course.ward % len(WARDS)])
    return stays.select(
        "subject_id",
        "hadm_id",
        "stay_id",
        "intime",
        "outtime",
        first_careunit=ward,
        last_careunit=ward,
        los=draw.course.unit_hours / 24,
    ).select(
        pl.col("subject_id", "hadm_id", "stay_id", "first_careunit", "last_careunit"),
        pl.col("intime", "outtime", "los"),
    )


def _charted(events: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return _placed(events, stays).select(
        pl.col("subject_id", "hadm_id", "stay_id"),
        pl.lit(None, dtype=pl.Int64).alias("caregiver_id"),
        pl.col("charttime", "storetime", "itemid"),
        pl.col("value").cast(pl.String),
        pl.col("value").alias("valuenum"),
        pl.col("valueuom"),
        pl.lit(0).alias("warning"),
    )


def _labs(events: pl.DataFrame, stays: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return laboratory values; the number of an event goes on from batch to batch."""
    import polars as pl

    none = pl.lit(None, dtype=pl.String)
    placed = _placed(events, stays).with_row_index("labevent_id", 1)
    return placed.select(
        pl.col("labevent_id").cast(pl.Int64) + 1000 * first,
        pl.col("subject_id", "hadm_id"),
        ((pl.col("stay_id") - STAY) * 10_000 + pl.col("minute")).alias("specimen_id"),
        pl.col("itemid"),
        none.alias("order_provider_id"),
        pl.col("charttime", "storetime"),
        pl.col("value").cast(pl.String),
        pl.col("value").alias("valuenum"),
        pl.col("valueuom"),
        pl.lit(None, dtype=pl.Float64).alias("ref_range_lower"),
        pl.lit(None, dtype=pl.Float64).alias("ref_range_upper"),
        none.alias("flag"),
        pl.lit("ROUTINE").alias("priority"),
        none.alias("comments"),
    )


def _outputs(events: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return _placed(events, stays).select(
        pl.col("subject_id", "hadm_id", "stay_id"),
        pl.lit(None, dtype=pl.Int64).alias("caregiver_id"),
        pl.col("charttime", "storetime", "itemid", "value", "valueuom"),
    )


def _placed(events: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """Add ids, times and units as written; a charted time is a whole minute of the clock."""
    import polars as pl

    stay = events["stay"]
    clock = stays["intime"].dt.offset_by("59s").dt.truncate("1m").gather(stay)
    units = {code: UNITS.get(code, code) for code in events["unit"].unique()}
    units |= dict.fromkeys(UNSTATED)
    unit = pl.col("unit").replace_strict(units, return_dtype=pl.String)
    for key, written in UNITS_OF_ITEM.items():
        unit = pl.when(pl.col("key") == key).then(pl.lit(written, dtype=pl.String)).otherwise(unit)
    return events.with_columns(
        *(stays[name].gather(stay) for name in ("subject_id", "hadm_id", "stay_id")),
        charttime=clock + pl.duration(minutes="minute"),
        storetime=clock + pl.duration(minutes="stored"),
        itemid=pl.col("key").cast(pl.Int64),
        valueuom=unit,
    )
