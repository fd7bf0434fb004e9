"""Simulated stays as the tables of an eICU-CRD release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samd_validate.readers.simulation.draw import Draw
from samd_validate.readers.simulation.eicu_people import (
    STAY,
    apache_table,
    hospital_table,
    patient_table,
)
from samd_validate.readers.simulation.items import charted_tables

if TYPE_CHECKING:
    import polars as pl

SOURCE = "eicu_crd"
PLACES = {"fio2": 1}  # in respiratoryCharting
PERIODIC = (
    *("temperature", "sao2", "heartrate", "respiration", "cvp", "etco2"),
    *("systemicsystolic", "systemicdiastolic", "systemicmean"),
    *("pasystolic", "padiastolic", "pamean", "st1", "st2", "st3", "icp"),
)
APERIODIC = (
    *("noninvasivesystolic", "noninvasivediastolic", "noninvasivemean", "paop"),
    *("cardiacoutput", "cardiacinput", "svr", "svri", "pvr", "pvri"),
)
LAB_UNITS = {"10*3/uL": "K/mcL", "mm[Hg]": "mm Hg", "1": "ratio", "[pH]": None}
OUTPUT = "flowsheet|Flowsheet Cell Labels|I&O|Output (ml)|"


def eicu_tables(draw: Draw) -> dict[str, pl.DataFrame]:
    """Return the tables by name, columns as in the release; times are minutes in the unit.

    Ages above 89 are written as "> 89".
    """
    stays = patient_table(draw)
    events = charted_tables(draw, SOURCE, PLACES)
    first = 1000 * draw.first_stay
    return {
        "patient": stays,
        **({} if draw.first_stay else {"hospital": hospital_table()}),
        "apachePatientResult": apache_table(draw, stays),
        "vitalPeriodic": _wide(events["vitalPeriodic"], "vitalperiodicid", PERIODIC, first),
        "vitalAperiodic": _wide(events["vitalAperiodic"], "vitalaperiodicid", APERIODIC, first),
        "lab": _labs(events["lab"], first),
        "nurseCharting": _nurse_charting(events["nurseCharting"], first),
        "respiratoryCharting": _respiratory(events["respiratoryCharting"], first),
        "intakeOutput": _outputs(events["intakeOutput"], first),
    }


def _wide(events: pl.DataFrame, name: str, columns: tuple[str, ...], first: int) -> pl.DataFrame:
    """Return one row per minute of observation; what comes twice in it takes another row."""
    import polars as pl

    again = pl.int_range(pl.len()).over("stay", "minute", "key")
    wide = (
        events.select("stay", "minute", "key", "value", again=again)
        .pivot(on="key", index=["stay", "minute", "again"], values="value")
        .sort("stay", "minute", "again")
    )
    missing = [
        pl.lit(None, dtype=pl.Float64).alias(one) for one in columns if one not in wide.columns
    ]
    placed = wide.with_columns(missing).with_row_index(name, first + 1)
    return placed.select(
        pl.col(name).cast(pl.Int64),
        (pl.col("stay") + STAY + first // 1000).alias("patientunitstayid"),
        pl.col("minute").alias("observationoffset"),
        *columns,
    )


def _labs(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    units = {code: LAB_UNITS.get(code, code) for code in events["unit"].unique()}
    unit = pl.col("unit").replace_strict(units, return_dtype=pl.String)
    return _numbered(events, "labid", first).select(
        "labid",
        "patientunitstayid",
        labresultoffset="minute",
        labtypeid=pl.lit(1),
        labname="key",
        labresult="value",
        labresulttext=pl.col("value").cast(pl.String),
        labmeasurenamesystem=unit,
        labmeasurenameinterface=unit,
        labresultrevisedoffset="stored",
    )


def _nurse_charting(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    return _numbered(events, "nursingchartid", first).select(
        "nursingchartid",
        "patientunitstayid",
        nursingchartoffset="minute",
        nursingchartentryoffset="stored",
        nursingchartcelltypecat=pl.lit("Scores"),
        nursingchartcelltypevallabel=pl.col("key").str.split("|").list.first(),
        nursingchartcelltypevalname=pl.col("key").str.split("|").list.last(),
        nursingchartvalue=pl.col("value").cast(pl.Int64).cast(pl.String),
    )


def _respiratory(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    return _numbered(events, "respchartid", first).select(
        "respchartid",
        "patientunitstayid",
        respchartoffset="minute",
        respchartentryoffset="stored",
        respcharttypecat=pl.lit("respFlowSettings"),
        respchartvaluelabel="key",
        respchartvalue=pl.col("value").cast(pl.String),
    )


def _outputs(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    zero = pl.lit(0.0)
    return _numbered(events, "intakeoutputid", first).select(
        "intakeoutputid",
        "patientunitstayid",
        intakeoutputoffset="minute",
        intaketotal=zero,
        outputtotal="value",
        dialysistotal=zero,
        nettotal=-pl.col("value"),
        intakeoutputentryoffset="stored",
        cellpath=pl.lit(OUTPUT) + pl.col("key"),
        celllabel="key",
        cellvaluenumeric="value",
        cellvaluetext=pl.col("value").cast(pl.String),
    )


def _numbered(events: pl.DataFrame, name: str, first: int) -> pl.DataFrame:
    import polars as pl

    return events.with_row_index(name, first + 1).with_columns(
        pl.col(name).cast(pl.Int64), patientunitstayid=pl.col("stay") + STAY + first // 1000
    )
