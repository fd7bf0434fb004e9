"""Folders shaped like MIMIC-IV, of any size, in which no patient lives.

`mimic_tables` makes the tables as frames, so that a test can plant a fault in one of them before
`write_tables` writes them; `write_chartevents` writes a large table of charted values in pieces.
"""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

TIME = "%Y-%m-%d %H:%M:%S"
WARD = ("Medical Intensive Care Unit (MICU)", "Surgical Intensive Care Unit (SICU)")
RACES = ("WHITE", "BLACK/AFRICAN AMERICAN", "HISPANIC OR LATINO", "ASIAN", "UNKNOWN", "OTHER")
TYPES = ("EW EMER.", "ELECTIVE", "OBSERVATION ADMIT", "URGENT")
YEARS = ("2008 - 2010", "2011 - 2013", "2014 - 2016", "2017 - 2019")
# item, unit as written, usual value, spread, hours between values
CHARTED = (
    (220045, "bpm", 88, 15, 1),
    (220210, "insp/min", 19, 4, 1),
    (220277, "%", 96, 2, 1),
    (220179, "mmHg", 120, 15, 1),
    (220180, "mmHg", 62, 10, 1),
    (220181, "mmHg", 78, 10, 1),
    (220050, "mmHg", 118, 15, 2),
    (220051, "mmHg", 60, 10, 2),
    (220052, "mmHg", 77, 10, 2),
    (223761, "°F", 98.6, 1, 4),
    (223835, None, 45, 8, 6),
    (220739, None, 4, 0, 4),
    (223900, None, 5, 0, 4),
    (223901, None, 6, 0, 4),
    (225054, None, 1, 0, 3),
)
LABS = (
    (50983, "mEq/L", 139, 4),
    (50971, "mEq/L", 4.2, 0.4),
    (50882, "mEq/L", 24, 3),
    (51006, "mg/dL", 22, 8),
    (50912, "mg/dL", 1.2, 0.3),
    (50931, "mg/dL", 130, 25),
    (51301, "K/uL", 11, 3),
    (51222, "g/dL", 10.5, 1.5),
    (51265, "K/uL", 200, 50),
    (50813, "mmol/L", 1.8, 0.5),
    (51237, None, 1.3, 0.2),
    (51248, "pg", 30, 2),
)


def mimic_tables(stays: int = 40, hours: int = 60, seed: int = 1) -> dict[str, pl.DataFrame]:
    """Return the six tables; every fourth patient dies, and has the faster heart."""
    rng = np.random.Generator(np.random.Philox(seed))
    intime = _intime(np.arange(stays))
    return {
        **mimic_people(stays, hours),
        "icu/chartevents": _charted(intime, hours, np.arange(stays) % 4 == 3, rng),
        "hosp/labevents": _labs(intime, hours, rng),
        "icu/outputevents": _outputs(intime, hours, rng),
    }


def _intime(number: np.ndarray) -> np.ndarray:
    return np.datetime64("2150-01-01T06:30:00") + (number * 3).astype("timedelta64[D]")


def mimic_people(stays: int, hours: int) -> dict[str, pl.DataFrame]:
    """Return patients, admissions and stays; every fourth patient dies."""
    number = np.arange(stays)
    intime = _intime(number)
    start = intime - np.timedelta64(6, "h")
    outtime = intime + np.timedelta64(hours, "h")
    died = number % 4 == 3
    left = outtime + np.timedelta64(30, "h")
    people = {"subject_id": 10_000_000 + number}
    admitted = {**people, "hadm_id": 20_000_000 + number}
    patients = pl.DataFrame(
        {
            **people,
            "gender": np.where(number % 2 == 0, "F", "M"),
            "anchor_age": 30 + (7 * number) % 60,
            "anchor_year": 2149 + 0 * number,
            "anchor_year_group": np.array(YEARS)[number % 4],
            "dod": pl.Series([None] * stays, dtype=pl.String),
        }
    )
    admissions = pl.DataFrame(
        {
            **admitted,
            "admittime": _text(start),
            "dischtime": _text(left),
            "deathtime": _text(np.where(died, left, np.datetime64("NaT"))),
            "admission_type": np.array(TYPES)[number % 4],
            "race": np.array(RACES)[number % 6],
            "hospital_expire_flag": died.astype(np.int64),
        }
    )
    icustays = pl.DataFrame(
        {
            **admitted,
            "stay_id": 30_000_000 + number,
            "first_careunit": np.array(WARD)[number % 2],
            "last_careunit": np.array(WARD)[number % 2],
            "intime": _text(intime),
            "outtime": _text(outtime),
            "los": np.full(stays, hours / 24),
        }
    )
    return {
        "hosp/patients": patients,
        "hosp/admissions": admissions,
        "icu/icustays": icustays,
    }


def _charted(
    intime: np.ndarray, hours: int, died: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    parts = []
    for item, unit, usual, spread, every in CHARTED:
        stay, hour = _grid(intime.size, np.arange(0, hours, every))
        value = np.round(
            usual
            + spread * rng.standard_normal(stay.size)
            + (8 * died[stay] if item == 220045 else 0),
            1,
        )
        parts.append(_events(intime, stay, hour * 60 + 5, item, value, unit))
    charted = pl.concat(parts).sort("subject_id", "charttime", "itemid", maintain_order=True)
    return charted.with_columns(caregiver_id=pl.lit(7), warning=pl.lit(0))


def _labs(intime: np.ndarray, hours: int, rng: np.random.Generator) -> pl.DataFrame:
    parts = []
    for item, unit, usual, spread in LABS:
        stay, hour = _grid(intime.size, np.arange(-4, hours, 8))
        value = np.round(np.abs(usual + spread * rng.standard_normal(stay.size)), 2)
        parts.append(_events(intime, stay, hour * 60 + 10, item, value, unit))
    labs = pl.concat(parts).drop("stay_id").sort("subject_id", "charttime", maintain_order=True)
    return labs.with_row_index("labevent_id").with_columns(flag=pl.lit(None, dtype=pl.String))


def _outputs(intime: np.ndarray, hours: int, rng: np.random.Generator) -> pl.DataFrame:
    stay, hour = _grid(intime.size, np.arange(1, hours, 2))
    value = np.round(rng.gamma(2, 60, stay.size))
    return _events(intime, stay, hour * 60, 226559, value, "mL").drop("valuenum")


def _grid(stays: int, hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(stays), hours.size), np.tile(hours, stays)


def _events(
    intime: np.ndarray,
    stay: np.ndarray,
    minute: np.ndarray,
    item: int,
    value: np.ndarray,
    unit: str | None,
) -> pl.DataFrame:
    charted = intime[stay] + minute.astype("timedelta64[m]")
    return pl.DataFrame(
        {
            "subject_id": 10_000_000 + stay,
            "hadm_id": 20_000_000 + stay,
            "stay_id": 30_000_000 + stay,
            "charttime": _text(charted),
            "storetime": _text(charted + np.timedelta64(20, "m")),
            "itemid": np.full(stay.size, item),
            "value": value,
            "valuenum": value,
            "valueuom": pl.Series([unit] * stay.size, dtype=pl.String),
        }
    )


def _text(times: np.ndarray) -> pl.Series:
    return pl.Series(times.astype("datetime64[us]")).dt.strftime(TIME)


def write_tables(place: Path, tables: Mapping[str, pl.DataFrame], form: str = ".csv.gz") -> Path:
    """Write the tables as a release has them, in one form, and return the folder."""
    for name, frame in tables.items():
        path = place / f"{name}{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == ".parquet":
            frame.write_parquet(path)
        elif form == ".csv":
            frame.write_csv(path)
        else:
            path.write_bytes(gzip.compress(frame.write_csv().encode(), compresslevel=1, mtime=0))
    return place


def write_chartevents(path: Path, rows: int, rows_per_stay: int = 4000, seed: int = 1) -> None:
    """Write charted values of 100 items, ten of which make 30 % of the rows, as .csv.gz.

    Stays last 96 h; ids are those of `mimic_tables` with ``stays = rows / rows_per_stay``.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    with path.open("wb") as file:
        packing = subprocess.Popen(["gzip", "-6", "-c"], stdin=subprocess.PIPE, stdout=file)
        assert packing.stdin is not None
        step = 250 * rows_per_stay
        for first in range(0, rows, step):
            piece = _piece(first, min(step, rows - first), rows_per_stay, rng)
            piece.write_csv(packing.stdin, include_header=first == 0, datetime_format=TIME)
        packing.stdin.close()
        if packing.wait():
            raise OSError("gzip failed")


def _piece(first: int, rows: int, rows_per_stay: int, rng: np.random.Generator) -> pl.DataFrame:
    known = [row[:3] for row in CHARTED[:10]]
    items = np.array([item for item, *_ in known] + list(range(224_000, 224_090)))
    units = np.array([unit for _, unit, _ in known] + ["cmH2O"] * 90)
    usual = np.array([value for *_, value in known] + [20] * 90)
    chosen = rng.choice(items.size, rows, p=np.repeat([0.03, 0.7 / 90], [10, 90]))
    stay = (first + np.arange(rows)) // rows_per_stay
    minute = np.sort(
        rng.integers(0, 96 * 60, (-(-rows // rows_per_stay), rows_per_stay)), axis=1
    ).ravel()[:rows]
    charted = _intime(stay) + minute.astype("timedelta64[m]")
    value = np.round(usual[chosen] * rng.normal(1, 0.05, rows)).astype(np.int64)
    return pl.DataFrame(
        {
            "subject_id": 10_000_000 + stay,
            "hadm_id": 20_000_000 + stay,
            "stay_id": 30_000_000 + stay,
            "caregiver_id": rng.integers(1000, 99_999, rows),
            "charttime": charted.astype("datetime64[us]"),
            "storetime": (charted + rng.integers(1, 90, rows).astype("timedelta64[m]")).astype(
                "datetime64[us]"
            ),
            "itemid": items[chosen],
            "value": value,
            "valuenum": value,
            "valueuom": units[chosen],
            "warning": np.zeros(rows, dtype=np.int64),
        }
    )


def demo_folder(demo: Path, place: Path) -> Path:
    """Write the MIMIC-IV demo with the icu/ tables that its event stream can give back.

    hosp/ is the demo's own; stays, charted values and outputs come from the events, in which an
    item keeps its number and unit. What was stored when is not told there: it is left empty.
    """
    (place / "icu").mkdir(parents=True)
    (place / "hosp").symlink_to(demo / "hosp")
    told = pl.read_parquet(demo / "meds" / "mimic_iv_demo_meds_events.parquet")
    events = told.with_columns(words=pl.col("code").str.split("//")).filter(
        pl.col("time").is_not_null()
    )
    stays = _demo_stays(
        events, pl.read_csv(demo / "hosp" / "admissions.csv.gz", try_parse_dates=True)
    )
    items = events.filter(
        pl.col("words").list.first().is_in(["LAB", "SUBJECT_FLUID_OUTPUT"])
    ).select(
        "subject_id",
        charttime="time",
        storetime=pl.lit(None, dtype=pl.String),
        itemid=pl.col("words").list.get(1).cast(pl.Int64, strict=False),
        value="value",
        valuenum="value",
        valueuom=pl.col("words").list.get(2, null_on_oob=True).replace("UNK", None),
        is_output=pl.col("words").list.first() == "SUBJECT_FLUID_OUTPUT",
    )
    placed = items.join(
        stays.select("subject_id", "stay_id", "intime", "outtime"), on="subject_id"
    ).filter(pl.col("charttime").is_between("intime", "outtime"))
    tables = {
        "icu/icustays": stays,
        "icu/chartevents": placed.filter(~pl.col("is_output") & (pl.col("itemid") > 200_000)),
        "icu/outputevents": placed.filter("is_output").drop("valuenum"),
    }
    for name, frame in tables.items():
        frame.write_csv(place / f"{name}.csv", datetime_format=TIME)
    return place


def _demo_stays(events: pl.DataFrame, admissions: pl.DataFrame) -> pl.DataFrame:
    ends = events.filter(pl.col("words").list.first() == "ICU_DISCHARGE")
    starts = events.filter(pl.col("words").list.first() == "ICU_ADMISSION").sort("time")
    matched = starts.join_asof(
        ends.select("subject_id", "time", outtime="time").sort("time"),
        on="time",
        by="subject_id",
        strategy="forward",
        check_sortedness=False,
    )
    within = matched.join(
        admissions.select("subject_id", "hadm_id", "admittime", "dischtime"),
        on="subject_id",
        how="left",
    )
    within = within.filter(pl.col("time").is_between("admittime", "dischtime")).sort(
        "subject_id", "time"
    )
    return within.with_row_index("stay_id", 30_000_001).select(
        "subject_id",
        "hadm_id",
        "stay_id",
        first_careunit=pl.col("words").list.get(1),
        intime="time",
        outtime="outtime",
    )
