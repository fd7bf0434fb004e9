"""What is broken in a MEDS data set is told together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from meds_folder import LIFE, meds_events, write_meds
from meds_reading import OTHER, mapped, read, without, written

from samd_validate.core.errors import CannotRun


def refused(place: Path | None, **params: Any) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        read(place, **params)
    return [f"{problem.where}: {problem.found}" for problem in stopped.value.problems]


def test_no_place_says_how_to_bind_one() -> None:
    with pytest.raises(CannotRun, match="--dataset meds=PATH"):
        read(None)


def test_file_that_is_no_parquet_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "events.txt").write_text("")
    with pytest.raises(CannotRun, match="neither a folder nor a Parquet file"):
        read(tmp_path / "events.txt")


def test_folder_without_shards(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert refused(tmp_path) == ["data: no such table"]


def test_missing_columns_and_other_types_are_told_together(tmp_path: Path) -> None:
    events = meds_events(LIFE).rename({"numeric_value": "value"})
    write_meds(tmp_path, events.with_columns(subject_id=pl.lit("1")), shards=1)
    assert refused(tmp_path) == [
        "data/train/0.parquet: no column 'numeric_value'",
        "data/train/0.parquet: column 'subject_id' of type String",
    ]


def test_shard_that_is_cut_off(tmp_path: Path) -> None:
    path = written(tmp_path, LIFE) / "data/train/0.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    (found,) = refused(tmp_path)
    assert found.endswith("a damaged or truncated Parquet file")


def test_shard_of_other_columns_than_the_first(tmp_path: Path) -> None:
    written(tmp_path, [*LIFE, *OTHER])
    pl.DataFrame({"subject": [1]}).write_parquet(tmp_path / "data/train/9.parquet")
    (found,) = refused(tmp_path)
    assert found.startswith("data: ")


def test_events_of_nobody_and_of_nothing(tmp_path: Path) -> None:
    events = meds_events([*LIFE, *OTHER])
    first = pl.int_range(pl.len()) == 0
    broken = events.with_columns(code=pl.when(~first).then("code"))
    write_meds(tmp_path, broken, shards=1)
    assert refused(tmp_path) == ["data/train/0.parquet: 1 of 18 events without code"]


def test_codes_that_do_not_occur_are_all_named_with_their_parameter(tmp_path: Path) -> None:
    place = written(tmp_path, without(without(LIFE, "ICU_ADM"), "MEDS_BIRTH"))
    assert refused(place) == [
        "data: no event with the code 'MEDS_BIRTH'",
        "data: no event with the code 'ICU_ADMISSION'",
    ]
    with pytest.raises(CannotRun, match=r"params\.codes\.icu_admission"):
        read(place)


def test_codes_of_no_variable_are_no_empty_cohort(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"params\.code_map"):
        read(written(tmp_path, without(LIFE, "LAB")))


def test_nobody_left_says_why(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="in the ICU for less than 96 h: 1"):
        read(written(tmp_path, LIFE), window_hours=96)


def test_faults_of_a_code_map_are_told_with_their_lines(tmp_path: Path) -> None:
    own = mapped(
        tmp_path,
        '- {code: "HR//{unit}", variable: hart_rate, unit: /min}\n'
        '- {code: "HR//{unit}", variable: heart_rate, unit: kg}\n'
        '- {code: "X//{unit}//Y", variable: heart_rate, unit: /min}\n'
        '- {code: "K", variable: potassium, unit: mmol/L}\n'
        '- {code: "K", variable: potassium, unit: mmol/L}\n',
    )
    assert refused(written(tmp_path, LIFE), code_map=own) == [
        "codes.yaml:3: variable 'hart_rate'",
        "codes.yaml:4: unit 'kg'",
        "codes.yaml:5: code 'X//{unit}//Y'",
        "codes.yaml:7: code 'K' a second time",
    ]


def test_code_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="a code map"):
        read(written(tmp_path, LIFE), code_map=str(tmp_path / "none.yaml"))
