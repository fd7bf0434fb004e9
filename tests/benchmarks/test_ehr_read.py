"""The benchmark of reading: its ways agree, and its page says what was not reached."""

from __future__ import annotations

from pathlib import Path

import ehr_read
import pytest

NAMES = (
    "gzip -dc alone",
    "Polars, rows counted and no more",
    "this reader, first read of csv.gz",
    "this reader, second read",
    "this reader, Parquet as the source",
    "pandas in chunks, needed columns only",
    "pandas in chunks, as usually written",
)


def page(*seconds: float, gigabytes: float = 1.0) -> str:
    one = {"processor": 1.0, "result": 5, "gigabytes": gigabytes}
    measured = [[{"seconds": s, **one}] for s in seconds]
    return ehr_read.page({20_000_000: dict(zip(NAMES, measured, strict=True))})


def met(text: str) -> list[str]:
    goals = text.partition("| goal | found | met |")[2].splitlines()[2:]
    return [row.rstrip(" |").rpartition("| ")[2] for row in goals if row]


def test_goals_that_are_reached() -> None:
    assert met(page(6, 2, 5, 1, 1, 20, 40)) == ["yes"] * 4


def test_goals_that_are_missed_are_said_to_be() -> None:
    assert met(page(6, 2, 6.1, 1, 2.1, 20, 48, gigabytes=4.1)) == ["no"] * 4


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_ways_give_the_same_number_of_intervals(tmp_path: Path, form: str) -> None:
    place = tmp_path / "csv"
    ehr_read.generate(place, 8_000)
    if form == "parquet":
        ehr_read.as_parquet(place, tmp_path / "parquet")
    ours = ehr_read.this_reader(tmp_path / form, tmp_path / "cache")
    usual = ehr_read.usual_pandas(place, tmp_path)
    assert usual == ehr_read.careful_pandas(place, tmp_path)
    # values outside limits or stored late are left out here and kept there
    assert 0.97 * usual < ours <= usual
