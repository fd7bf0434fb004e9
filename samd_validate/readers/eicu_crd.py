"""eICU-CRD: intensive care at many hospitals, death in hospital, and the APACHE IVa prediction."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, SourceFile, TimeSeries
from samd_validate.core.errors import CannotRun, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._files import bound_folder
from samd_validate.readers.eicu.measured import (
    ADMITTED,
    SOURCE,
    events_of,
    items_of,
    shapes_of,
    weights_of,
)
from samd_validate.readers.eicu.patients import (
    CITATION,
    LICENCE,
    TOP_CODED,
    TOP_CODED_AGE,
    groups_of,
)
from samd_validate.readers.eicu.stays import PATIENT, PEOPLE, STEP_DOWN, chosen_stays, read_people
from samd_validate.readers.events.account import harmonisation, nothing_measured, value_rows
from samd_validate.readers.events.bins import Binning, binned
from samd_validate.readers.events.cache import cache_folder
from samd_validate.readers.events.dictionary import DictionaryVariable, shipped_dictionary
from samd_validate.readers.events.params import CachedStayParams
from samd_validate.readers.events.simulated import told_as_simulated
from samd_validate.readers.events.stays import numbers_of
from samd_validate.readers.events.tables import Table, attempt, find_tables
from samd_validate.readers.events.ways import Events

if TYPE_CHECKING:
    import polars as pl


class EicuCrdParams(CachedStayParams):
    """Which stays, which outcome, which variables, and what a site is."""

    site: Literal["hospital", "region"] = "hospital"
    only_predicted: bool = Field(
        default=False, description="leave out stays without a prediction of APACHE IVa"
    )


@reader("eicu_crd", version=1, params=EicuCrdParams)
def eicu_crd(request: ReadRequest, params: EicuCrdParams) -> Cohort:
    """Read unit stays of adults with their measurements from the tables as distributed.

    The index time is admission to the unit, the prediction time ends the window; only values
    measured in the window and entered or revised by its end are used. The outcome is death in
    hospital; stays of which it is not known leave. Every excluded stay and every value not used is
    counted in the cohort flow; which item of the source became which variable, by which
    conversion, is the attachment ``harmonisation_<data set>``. The predicted hospital mortality of
    APACHE IVa is the score ``apache_iva``, NaN where none was made; ``only_predicted`` leaves such
    stays out. See docs/methods/eicu_crd.md.
    """
    variables = shipped_dictionary().chosen(SOURCE, params.variables)
    tables = find_tables(_place(request), (*PEOPLE, *shapes_of(variables)))
    people = read_people(tables)
    rule = params.rule(request.window_hours)
    stays, flow = chosen_stays(people, rule, only_predicted=params.only_predicted)
    request.progress(f"reading {request.dataset}", 0.1)
    plan = _plan(request, params, variables)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        files = {name: pool.submit(table.files) for name, table in tables.items()}
        folder = cache_folder(params.cache)
        if not params.keep_cache:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        events = _events(tables, files, people[PATIENT.place], variables, folder)
        strangers = _of_no_patient(events, people[PATIENT.place])
        request.progress(f"reading {request.dataset}", 0.7)
        series, tally = binned(_timed(stays), events, plan)
        request.progress(f"reading {request.dataset}", 1.0)
    if series.value.size == 0:
        raise CannotRun(nothing_measured(request.dataset, plan))
    flow += [*_handled(stays, series, params), strangers, *value_rows(tally), _kept(stays.height)]
    cohort = _cohort(request, params, stays, series, flow, harmonisation(plan, tally), files)
    return told_as_simulated(cohort, _place(request))


def _plan(
    request: ReadRequest, params: EicuCrdParams, variables: tuple[DictionaryVariable, ...]
) -> Binning:
    return Binning(
        dictionary=shipped_dictionary(),
        source=SOURCE,
        variables=variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=params.bin_minutes,
    )


def _place(request: ReadRequest) -> Path:
    expected = "the folder with the tables of an eICU-CRD release"
    place = bound_folder(request, expected=expected, source="eicu-crd")
    return place / "tables" if (place / "tables").is_dir() else place


def _events(
    tables: Mapping[str, Table],
    files: Mapping[str, Future[list[SourceFile]]],
    patient: pl.DataFrame,
    variables: Sequence[DictionaryVariable],
    folder: Path,
) -> list[Events]:
    """Return the needed rows of each table of measurements, or the problems of all of them."""
    known = {one.place for one in PEOPLE}
    outcomes = [
        attempt(lambda table=table: events_of(table, files, variables, folder))  # type: ignore[misc]
        for place, table in tables.items()
        if place not in known
    ]
    gather([problem for _, problems in outcomes for problem in problems])
    found = [events for events, _ in outcomes if events is not None]
    items = items_of(variables, PATIENT.place)
    return [*found, weights_of(patient, items)] if items else found


def _timed(stays: pl.DataFrame) -> pl.DataFrame:
    """Return the stays as intervals are made of them: values belong to stays, not to patients."""
    import polars as pl

    return stays.select(
        "unit_index",
        subject_id="patientunitstayid",
        stay_id="patientunitstayid",
        intime=pl.lit(ADMITTED, dtype=pl.Datetime("us")),
    )


def _of_no_patient(events: Sequence[Events], patient: pl.DataFrame) -> FlowRow:
    """Count the needed values whose stay has no row in the patient table."""
    import polars as pl

    known = patient.lazy().select(subject_id="patientunitstayid")
    counts = [
        one.frame.group_by("subject_id")
        .len()
        .join(known, on="subject_id", how="anti")
        .select(pl.col("len").sum())
        .collect(engine="streaming")
        .item()
        for one in events
    ]
    reason = "of stays that are not in patient, not used"
    return FlowRow(kind="handled", reason=reason, count=int(sum(counts)), counted="values")


def _cohort(
    request: ReadRequest,
    params: EicuCrdParams,
    stays: pl.DataFrame,
    series: TimeSeries,
    flow: Sequence[FlowRow],
    harmonised: dict[str, object],
    files: Mapping[str, Future[list[SourceFile]]],
) -> Cohort:
    groups = groups_of(stays)
    site = np.char.add("hospital ", _text(stays["hospitalid"].fill_null(-1)))
    site = np.where(stays["hospitalid"].is_null().to_numpy(), "not recorded", site)
    if params.site == "region":
        site = np.where(groups["region"] == "", "not recorded", groups["region"])
    return Cohort(
        name=request.dataset,
        unit_id=_text(stays["patientunitstayid"]),
        patient_id=_text(stays["uniquepid"]),
        site=site,
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers=numbers_of(stays),
        units={"age_years": "years", "outcome_hours": "h"},
        scores={"apache_iva": stays["apache_iva"].to_numpy()},
        series=series,
        flow=tuple(flow),
        provenance=_provenance(params, files),
        attachments={f"harmonisation_{request.dataset}": harmonised},
    )


def _text(column: pl.Series) -> Column:
    return column.to_numpy().astype(np.str_)


def _handled(stays: pl.DataFrame, series: TimeSeries, params: EicuCrdParams) -> list[FlowRow]:
    groups = groups_of(stays)
    is_choice = params.stays == "first_of_patient"
    left_early = stays["hospitaldischargeoffset"] < stays["unitdischargeoffset"]
    counts = {
        f"age recorded as '{TOP_CODED}', taken as {TOP_CODED_AGE:g}": (
            stays["age"].str.strip_chars() == TOP_CODED
        ).sum(),
        "first of several hospital stays of one year, whose order is not told": (
            stays["is_order_chosen"].sum() if is_choice else 0
        ),
        "dead in the unit but alive in hospital, taken as alive": stays["disagrees"].sum(),
        "out of hospital before out of the unit, as recorded": left_early.sum(),
        "in a step-down unit, kept": (stays["unitstaytype"] == STEP_DOWN).sum(),
        "hospital not in the hospital table, kept": stays["has_hospital"].is_null().sum(),
        "without a prediction of APACHE IVa, its score missing": stays["apache_iva"].null_count(),
        "without any usable measurement, kept": stays.height - np.unique(series.unit_index).size,
    }
    for name in ("sex", "ethnicity", "region"):
        counts[f"{name} not recorded"] = (groups[name] == "").sum()
    return [FlowRow(kind="handled", reason=reason, count=int(n)) for reason, n in counts.items()]


def _kept(n: int) -> FlowRow:
    return FlowRow(kind="kept", reason="in the cohort", count=n)


def _provenance(params: EicuCrdParams, files: Mapping[str, Future[list[SourceFile]]]) -> Provenance:
    every = [file for group in files.values() for file in group.result()]
    return Provenance(
        source="eicu-crd",
        title=f"eICU Collaborative Research Database {params.release}".strip(),
        licence=LICENCE,
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in every]),
        files=tuple(every),
        notes=(
            "times are minutes from admission to the unit; the year of discharge is the only "
            "calendar time",
            "apache_iva is made of the worst values of the first 24 h in the unit",
        ),
    )
