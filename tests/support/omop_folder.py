"""Warehouses in the OMOP Common Data Model v5.4, in which no patient lives.

`omop_tables` is one stay counted out by hand; `omop_of_mimic` brings tables shaped like MIMIC-IV
to the model. They are written as Parquet, as a DuckDB file, or to any connection of Ibis.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

Tables = dict[str, pl.DataFrame]
WHOLE, TIME, DAY, NUMBER, TEXT = pl.Int64, pl.Datetime("us"), pl.Date, pl.Float64, pl.String
SCHEMAS: dict[str, dict[str, Any]] = {
    "person": {
        "person_id": WHOLE, "gender_concept_id": WHOLE, "year_of_birth": WHOLE, "month_of_birth": WHOLE,
        "day_of_birth": WHOLE, "race_concept_id": WHOLE, "ethnicity_concept_id": WHOLE,
    },
    "visit_occurrence": {
        "visit_occurrence_id": WHOLE, "person_id": WHOLE, "visit_concept_id": WHOLE,
        "visit_start_datetime": TIME, "visit_end_datetime": TIME, "care_site_id": WHOLE,
        "discharged_to_concept_id": WHOLE,
    },
    "visit_detail": {
        "visit_detail_id": WHOLE, "person_id": WHOLE, "visit_detail_concept_id": WHOLE,
        "visit_detail_start_datetime": TIME, "visit_detail_end_datetime": TIME,
        "visit_occurrence_id": WHOLE, "care_site_id": WHOLE,
    },
    "death": {"person_id": WHOLE, "death_date": DAY, "death_datetime": TIME},
    "measurement": {
        "measurement_id": WHOLE, "person_id": WHOLE, "measurement_concept_id": WHOLE,
        "measurement_datetime": TIME, "value_as_number": NUMBER, "unit_concept_id": WHOLE,
        "unit_source_value": TEXT,
    },
    "observation": {
        "observation_id": WHOLE, "person_id": WHOLE, "observation_concept_id": WHOLE,
        "observation_datetime": TIME, "value_as_number": NUMBER, "unit_concept_id": WHOLE,
        "unit_source_value": TEXT,
    },
    "care_site": {"care_site_id": WHOLE, "care_site_name": TEXT, "location_id": WHOLE},
    "location": {"location_id": WHOLE, "location_source_value": TEXT},
    "concept": {"concept_id": WHOLE, "concept_code": TEXT, "vocabulary_id": TEXT},
}  # fmt: skip
HEART_RATE, TEMPERATURE, GCS_TOTAL, POTASSIUM, CREATININE = (
    3027018,
    3020891,
    3007194,
    3023103,
    3016723,
)
ICU, PATIENT_DIED, PER_MINUTE = 32037, 4216643, 8541


def at(text: str | None) -> datetime | None:
    """Return a time; the day is left out for the first of January 2150."""
    if text is None:
        return None
    return datetime.fromisoformat(text if "-" in text else f"2150-01-01 {text}")


def rows(table: str, *values: tuple[Any, ...]) -> pl.DataFrame:
    """Return rows of a table of the model."""
    return pl.DataFrame(list(values), schema=SCHEMAS[table], orient="row")


def measurements(*values: tuple[Any, ...], table: str = "measurement") -> pl.DataFrame:
    """Return rows of person, concept, time, value, unit concept and unit as the source wrote it."""
    return rows(
        table,
        *((number, one[0], one[1], at(one[2]), *one[3:]) for number, one in enumerate(values)),
    )


def omop_tables() -> Tables:
    """Return one adult in the ICU from 06:30 of the 1st to 18:30 of the 3rd, home on the 5th."""
    return {
        "person": rows("person", (1, 8532, 2090, 5, 20, 8516, 38003564)),
        "visit_occurrence": rows(
            "visit_occurrence", (10, 1, 262, at("00:30"), at("2150-01-05 12:00"), 7, 0)
        ),
        "visit_detail": rows(
            "visit_detail",
            (100, 1, ICU, at("06:30"), at("2150-01-03 18:30"), 10, 8),
            (101, 1, 9201, at("2150-01-03 18:30"), at("2150-01-05 12:00"), 10, 9),
        ),
        "death": rows("death"),
        "measurement": measurements(
            (1, HEART_RATE, "07:00", 80.0, PER_MINUTE, "bpm"),
            (1, HEART_RATE, "07:20", 90.0, PER_MINUTE, "bpm"),
            (1, 4_000_000, "07:20", 9.0, PER_MINUTE, "bpm"),
        ),
        "observation": measurements((1, GCS_TOTAL, "08:00", 14.0, 0, None), table="observation"),
        "care_site": rows("care_site", (7, "Hillcrest", 70), (8, "MICU", 70), (9, "Ward 4", 70)),
        "location": rows("location", (70, "North")),
        "concept": rows("concept", (PER_MINUTE, "/min", "UCUM"), (9289, "[degF]", "UCUM")),
    }


def together(*several: Tables) -> Tables:
    """Return the rows of several warehouses in one, each thousand of ids a warehouse of its own."""
    ids = ("person_id", "visit_occurrence_id", "visit_detail_id")
    merged = dict(several[0])
    for name in (
        "person",
        "visit_occurrence",
        "visit_detail",
        "death",
        "measurement",
        "observation",
    ):
        merged[name] = pl.concat(
            tables[name].with_columns(
                pl.col(one) + 1000 * number for one in ids if one in tables[name].columns
            )
            for number, tables in enumerate(several)
        )
    return merged


# item of MIMIC-IV: concept, unit concept, unit as the source wrote it
CONCEPTS = {
    220045: (HEART_RATE, 8541, "bpm"),
    220210: (3024171, 8541, "insp/min"),
    220277: (40762499, 8554, "%"),
    220179: (21492239, 8876, "mmHg"),
    220180: (21492240, 8876, "mmHg"),
    220181: (21492241, 8876, "mmHg"),
    220050: (21490853, 8876, "mmHg"),
    220051: (21490851, 8876, "mmHg"),
    220052: (21490852, 8876, "mmHg"),
    223761: (TEMPERATURE, 9289, "°F"),
    223835: (3020716, 0, None),
    225054: (0, 0, None),
    50983: (3019550, 9557, "mEq/L"),
    50971: (POTASSIUM, 9557, "mEq/L"),
    50882: (3016293, 9557, "mEq/L"),
    51006: (3013682, 8840, "mg/dL"),
    50912: (CREATININE, 8840, "mg/dL"),
    50931: (3004501, 8840, "mg/dL"),
    51301: (3000905, 0, "K/uL"),
    51222: (3000963, 8713, "g/dL"),
    51265: (3024929, 8848, "K/uL"),
    50813: (3047181, 8753, "mmol/L"),
    51237: (3022217, None, None),
    51248: (3012030, None, "pg"),
    226559: (3014315, 8587, "mL"),
}
RACES = {"WHITE": 8527, "BLACK/AFRICAN AMERICAN": 8516, "ASIAN": 8515, "OTHER": 8657}


def omop_of_mimic(mimic: Mapping[str, pl.DataFrame]) -> Tables:
    """Return the people and values of a folder shaped like MIMIC-IV as an OMOP warehouse."""
    patients, admissions = mimic["hosp/patients"], mimic["hosp/admissions"]
    race = admissions.unique("subject_id", keep="first").select("subject_id", "race")
    died = admissions.filter(pl.col("deathtime").is_not_null())
    people = patients.join(race, on="subject_id", how="left").select(
        person_id="subject_id",
        gender_concept_id=pl.col("gender").replace_strict(
            {"F": 8532, "M": 8507}, return_dtype=WHOLE
        ),
        year_of_birth=pl.col("anchor_year") - pl.col("anchor_age"),
        month_of_birth=pl.lit(None, dtype=WHOLE),
        day_of_birth=pl.lit(None, dtype=WHOLE),
        race_concept_id=pl.col("race").replace_strict(RACES, default=0, return_dtype=WHOLE),
        ethnicity_concept_id=pl.when(pl.col("race").str.starts_with("HISPANIC"))
        .then(38003563)
        .otherwise(0)
        .cast(WHOLE),
    )
    visits = admissions.select(
        visit_occurrence_id="hadm_id",
        person_id="subject_id",
        visit_concept_id=pl.lit(9201, dtype=WHOLE),
        visit_start_datetime=_time("admittime"),
        visit_end_datetime=_time("dischtime"),
        care_site_id=pl.lit(7, dtype=WHOLE),
        discharged_to_concept_id=pl.col("hospital_expire_flag") * PATIENT_DIED,
    )
    units = mimic["icu/icustays"]["first_careunit"].unique().sort().to_list()
    numbers = {name: 100 + number for number, name in enumerate(units)}
    details = mimic["icu/icustays"].select(
        visit_detail_id="stay_id",
        person_id="subject_id",
        visit_detail_concept_id=pl.lit(ICU, dtype=WHOLE),
        visit_detail_start_datetime=_time("intime"),
        visit_detail_end_datetime=_time("outtime"),
        visit_occurrence_id="hadm_id",
        care_site_id=pl.col("first_careunit").replace_strict(numbers, return_dtype=WHOLE),
    )
    return {
        "person": people,
        "visit_occurrence": visits,
        "visit_detail": details,
        "death": died.select(
            person_id="subject_id", death_date=_time("deathtime").dt.date(), death_datetime=_time("deathtime")
        ),
        "measurement": _measurements(mimic),
        "observation": _coma_scores(mimic["icu/chartevents"]),
        "care_site": rows("care_site", (7, "Hillcrest", 70), *((n, name, 70) for name, n in numbers.items())),
        "location": rows("location", (70, "North")),
    }  # fmt: skip


def _time(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")


def _measurements(mimic: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    items = pl.DataFrame(
        [(item, *told) for item, told in CONCEPTS.items()],
        schema={
            "itemid": WHOLE,
            "measurement_concept_id": WHOLE,
            "unit_concept_id": WHOLE,
            "unit_source_value": TEXT,
        },
        orient="row",
    )
    every = pl.concat(
        frame.select("subject_id", "itemid", "charttime", "value")
        for frame in (mimic["icu/chartevents"], mimic["hosp/labevents"], mimic["icu/outputevents"])
    )
    return every.join(items, on="itemid").with_row_index("measurement_id").select(
        pl.col("measurement_id").cast(WHOLE),
        "measurement_concept_id",
        "unit_concept_id",
        "unit_source_value",
        person_id="subject_id",
        measurement_datetime=_time("charttime"),
        value_as_number=pl.col("value").cast(NUMBER),
    )  # fmt: skip


def _coma_scores(charted: pl.DataFrame) -> pl.DataFrame:
    parts = charted.filter(pl.col("itemid").is_in([220739, 223900, 223901]))
    totals = parts.group_by("subject_id", "charttime", maintain_order=True).agg(
        pl.col("value").sum()
    )
    return totals.with_row_index("observation_id").select(
        pl.col("observation_id").cast(WHOLE),
        person_id="subject_id",
        observation_concept_id=pl.lit(GCS_TOTAL, dtype=WHOLE),
        observation_datetime=_time("charttime"),
        value_as_number=pl.col("value").cast(NUMBER),
        unit_concept_id=pl.lit(None, dtype=WHOLE),
        unit_source_value=pl.lit(None, dtype=TEXT),
    )


def write_parquet(place: Path, tables: Mapping[str, pl.DataFrame]) -> Path:
    """Write each table as a Parquet file, and return the folder."""
    place.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(place / f"{name}.parquet")
    return place


def write_duckdb(path: Path, tables: Mapping[str, pl.DataFrame]) -> Path:
    """Write the tables to a DuckDB file, and return it."""
    import ibis

    connection = ibis.duckdb.connect(path)
    fill(connection, tables)
    connection.disconnect()
    return path


def fill(connection: Any, tables: Mapping[str, pl.DataFrame], schema: str | None = None) -> None:
    """Write the tables to a connection of Ibis, in place of those of the same name."""
    for name, frame in tables.items():
        connection.create_table(name, frame.to_arrow(), database=schema, overwrite=True)
