"""The Medical Event Data Standard: a stream of coded events, and death in hospital."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, SourceFile, TimeSeries
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers.events.account import harmonisation, value_rows
from samd_validate.readers.events.bins import Binning, Tally, binned
from samd_validate.readers.events.columns import Kind
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.events.params import StayParams
from samd_validate.readers.events.quirks import stay_rows
from samd_validate.readers.events.stays import chosen, numbers_of
from samd_validate.readers.events.tables import Table, TableShape, find_tables, told
from samd_validate.readers.events.ways import Events
from samd_validate.readers.meds_codes.code_map import EVENTS, SOURCE, code_ways, mapped_dictionary
from samd_validate.readers.meds_codes.stays import LifeCodes, joined_stays
from samd_validate.readers.mimic.groups import groups_of

if TYPE_CHECKING:
    import polars as pl

CITATION = (
    "Arnrich B, Choi E, Fries JA, et al. Medical Event Data Standard (MEDS): facilitating machine "
    "learning for health. ICLR 2024 Workshop on Learning from Time Series for Health."
)
SPLITS = TableShape(place="metadata/subject_splits", columns={"subject_id": "id", "split": "text"})


class MedsParams(StayParams):
    """Which stays, which outcome, which codes, and what a site is."""

    codes: LifeCodes = LifeCodes()
    code_map: str | None = Field(
        default=None, description="a YAML file: code to variable; null: items of MIMIC-IV by rule"
    )
    unstated_unit: str = Field(default="UNK", description="written where a code has no unit")
    value_column: str = Field(default="numeric_value", min_length=1)
    stored_column: str | None = Field(
        default=None, min_length=1, description="when a value could first be read, if that is told"
    )
    site: Literal["data_set", "first_careunit"] = "data_set"
    site_name: str = Field(default="meds", min_length=1)


@reader("meds", version=1, params=MedsParams)
def meds(request: ReadRequest, params: MedsParams) -> Cohort:
    """Read ICU stays of adults with their measurements from a MEDS data set.

    The index time is the code of admission to the ICU, the prediction time ends the window; only
    values of the window are used. The outcome is death in hospital: the code of discharge says
    so, or the code of death lies in the hospital stay. Every excluded stay and every value not
    used is counted in the cohort flow; which code became which variable, by which conversion, is
    the attachment ``harmonisation_<data set>``. See docs/methods/meds.md.
    """
    path = None if params.code_map is None else Path(params.code_map)
    dictionary = mapped_dictionary(shipped_dictionary(), path)
    variables = dictionary.chosen(SOURCE, params.variables)
    tables = _tables(_place(request), params)
    events = tables[EVENTS]
    codes = _codes(events)
    joined = joined_stays(_life(events, params.codes, codes))
    if SPLITS.place in tables:
        splits = tables[SPLITS.place].read().unique("subject_id", keep="first")
        joined = joined.join(splits, on="subject_id", how="left")
    rule = params.rule(request.window_hours)
    stays, flow = chosen(joined, rule, params.codes.words())
    request.progress(f"reading {request.dataset}", 0.4)
    plan = Binning(
        dictionary=dictionary,
        source=SOURCE,
        variables=variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=params.bin_minutes,
    )
    ways = code_ways(codes, variables, params.unstated_unit)
    with told(events):
        series, tally = binned(stays, [_measured(events, ways, params)], plan)
    if series.value.size == 0:
        raise CannotRun(_nothing_measured(request, len(variables)))
    request.progress(f"reading {request.dataset}", 1.0)
    files = [file for table in tables.values() for file in table.files()]
    return _cohort(request, params, stays, series, flow, tally, plan, files)


def _place(request: ReadRequest) -> Path:
    place = Path(request.place) if request.place else None
    if place is not None and (place.is_dir() or place.suffix == ".parquet"):
        return place
    raise CannotRun(
        Problem(
            where=f"data set {request.dataset!r}",
            found=f"neither a folder nor a Parquet file {place}" if place else "no place",
            expected="a MEDS data set: a folder with data/ in it, or a Parquet file of events",
            todo="bind it: --dataset meds=PATH",
        )
    )


def _tables(place: Path, params: MedsParams) -> dict[str, Table]:
    """Return the events and, if it is there, who is in which split."""
    columns: dict[str, Kind] = {"subject_id": "id", "time": "time", "code": "text"}
    columns[params.value_column] = "number"
    if params.stored_column:
        columns[params.stored_column] = "time"
    if place.is_file() or not (place / "data").is_dir():
        name = place.stem if place.suffix == ".parquet" else place.name
        place = place.resolve().parent
    else:
        name = "data"
    shapes = [TableShape(place=name, columns=columns)]
    if (place / f"{SPLITS.place}.parquet").is_file():
        shapes.append(SPLITS)
    found = find_tables(place, tuple(shapes))
    return {EVENTS if key == name else key: table for key, table in found.items()}


def _codes(events: Table) -> list[str]:
    """Return the codes that occur; refuse events of nobody or of nothing."""
    import polars as pl

    with told(events):
        frame = events.scan()
        counted = frame.select(pl.col("subject_id", "code").null_count(), n=pl.len())
        empty = counted.collect(engine="streaming").row(0, named=True)
        codes = frame.select("code").unique().collect(engine="streaming")["code"]
    gather(
        [
            Problem(
                where=events.name,
                found=f"{empty[name]} of {empty['n']} events without {name}",
                expected="a subject and a code in each event",
                todo="restore the file from its source",
            )
            for name in ("subject_id", "code")
            if empty[name]
        ]
    )
    return sorted(codes.to_list())


def _life(events: Table, names: LifeCodes, codes: list[str]) -> pl.DataFrame:
    """Return the events that make stays and people, or tell which codes do not occur."""
    kinds = names.kinds(codes)
    occur = set(kinds["kind"])
    needed = {kind: name for kind, name in names.model_dump().items() if kind in NEEDED}
    gather([_no_code(events, kind, needed[kind]) for kind in NEEDED if kind not in occur])
    with told(events):
        mine = events.scan().join(kinds.lazy(), on="code")
        return events.parsed(mine).collect(engine="streaming")


NEEDED = (
    "birth",
    "hospital_admission",
    "hospital_discharge",
    "icu_admission",
    "icu_discharge",
)


def _no_code(events: Table, kind: str, name: str) -> Problem:
    return Problem(
        where=events.name,
        found=f"no event with the code {name!r}",
        expected=f"codes that tell of {kind.replace('_', ' ')}",
        todo=f"say how they are written: params.codes.{kind}",
    )


def _measured(events: Table, ways: pl.DataFrame, params: MedsParams) -> Events:
    import polars as pl

    never = pl.lit(None, dtype=pl.Datetime("us"))
    mine = events.parsed(events.scan().join(ways.lazy(), on="code"))
    return Events(
        table=EVENTS,
        by="subject_id",
        frame=mine.select(
            "subject_id",
            "key",
            "unit",
            match=pl.col("subject_id"),
            charted=pl.col("time"),
            stored=pl.col(params.stored_column) if params.stored_column else never,
            value=pl.col(params.value_column),
        ),
    )


def _nothing_measured(request: ReadRequest, variables: int) -> Problem:
    return Problem(
        where=f"data set {request.dataset!r}",
        found=f"no usable value of any of {variables} variables",
        expected="codes that the code map knows",
        todo="write a code map and name it in params.code_map",
    )


def _cohort(
    request: ReadRequest,
    params: MedsParams,
    stays: pl.DataFrame,
    series: TimeSeries,
    flow: list[FlowRow],
    tally: Tally,
    plan: Binning,
    files: list[SourceFile],
) -> Cohort:
    groups = _groups(stays)
    in_units = params.site == "first_careunit"
    return Cohort(
        name=request.dataset,
        unit_id=_unit_id(stays),
        patient_id=stays["subject_id"].to_numpy().astype(np.str_),
        site=groups["first_careunit"] if in_units else np.full(stays.height, params.site_name),
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers=numbers_of(stays),
        units={"age_years": "years", "outcome_hours": "h"},
        series=series,
        flow=(
            *flow,
            *stay_rows(stays, groups, series),
            *value_rows(tally),
            FlowRow(kind="kept", reason="in the cohort", count=stays.height),
        ),
        provenance=_provenance(params, files),
        attachments={f"harmonisation_{request.dataset}": harmonisation(plan, tally)},
    )


def _unit_id(stays: pl.DataFrame) -> Column:
    """Return subject and number of the ICU stay among the subject's."""
    pairs = zip(stays["subject_id"], stays["of_patient"], strict=True)
    return np.array([f"{subject}-{number + 1}" for subject, number in pairs], dtype=np.str_)


def _groups(stays: pl.DataFrame) -> dict[str, Column]:
    import polars as pl

    groups = groups_of(stays.with_columns(anchor_year_group=pl.lit("")))
    del groups["anchor_year_group"]
    if "split" in stays.columns:
        groups["split"] = stays["split"].fill_null("").to_numpy().astype(np.str_)
    return groups


def _provenance(params: MedsParams, files: list[SourceFile]) -> Provenance:
    known = "values carry no time of storing: each is taken as known when it was measured"
    return Provenance(
        source="meds",
        title=f"MEDS {params.release}".strip(),
        licence="that of the data set bound",
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in files]),
        files=tuple(files),
        notes=() if params.stored_column else (known,),
    )
