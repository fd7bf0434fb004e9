"""Event streams in the Medical Event Data Standard, in which no patient lives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

Event = tuple[int, str | None, str, float | None]
SCHEMA = {
    "subject_id": pl.Int64,
    "time": pl.Datetime("us"),
    "code": pl.String,
    "numeric_value": pl.Float32,
    "text_value": pl.String,
}
# one adult in the ICU from 06:30 of the 1st to 18:30 of the 3rd, home on the 5th
LIFE: tuple[Event, ...] = (
    (1, None, "GENDER//F", None),
    (1, None, "RACE//BLACK/CAPE VERDEAN", None),
    (1, "2090-05-20 00:00", "MEDS_BIRTH", None),
    (1, "2150-01-01 00:30", "HOSPITAL_ADMISSION//EW EMER.//EMERGENCY ROOM", None),
    (1, "2150-01-01 06:30", "ICU_ADMISSION//MICU", None),
    (1, "2150-01-01 07:00", "LAB//220045//bpm", 80.0),
    (1, "2150-01-01 07:20", "LAB//220045//bpm", 90.0),
    (1, "2150-01-03 18:30", "ICU_DISCHARGE//MICU", None),
    (1, "2150-01-05 12:00", "HOSPITAL_DISCHARGE//HOME", None),
)


def meds_events(rows: Sequence[Event]) -> pl.DataFrame:
    """Return events as a frame, sorted as the standard wants them."""
    times = [datetime.fromisoformat(time) if time else None for _, time, _, _ in rows]
    return pl.DataFrame(
        {
            "subject_id": [row[0] for row in rows],
            "time": times,
            "code": [row[2] for row in rows],
            "numeric_value": [row[3] for row in rows],
            "text_value": [None for _ in rows],
        },
        schema=SCHEMA,
    ).sort("subject_id", "time", maintain_order=True)


def write_meds(place: Path, events: pl.DataFrame, shards: int = 2) -> Path:
    """Write a data set with shards in splits, whole subjects in each, and the splits."""
    subjects = events["subject_id"].unique().sort()
    splits = pl.DataFrame(
        {
            "subject_id": subjects,
            "split": [("train", "held_out")[n % 2] for n in range(len(subjects))],
        },
        schema={"subject_id": pl.Int64, "split": pl.String},
    )
    for number in range(shards):
        mine = subjects.gather_every(shards, offset=number)
        path = place / "data" / ("train", "held_out")[number % 2] / f"{number // 2}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        events.filter(pl.col("subject_id").is_in(mine.implode())).write_parquet(path)
    (place / "metadata").mkdir(exist_ok=True)
    splits.write_parquet(place / "metadata" / "subject_splits.parquet")
    return place
