"""MIMIC-IV: intensive care at one hospital, and death in hospital."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, SourceFile, TimeSeries
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._files import bound_folder
from samd_validate.readers.events.account import harmonisation, nothing_measured, value_rows
from samd_validate.readers.events.bins import Binning, Tally, binned
from samd_validate.readers.events.cache import cache_folder
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.events.params import CachedStayParams
from samd_validate.readers.events.quirks import stay_rows
from samd_validate.readers.events.simulated import told_as_simulated
from samd_validate.readers.events.stays import OLDEST, numbers_of
from samd_validate.readers.events.tables import find_tables
from samd_validate.readers.mimic.events import events_of, needed_tables
from samd_validate.readers.mimic.groups import groups_of
from samd_validate.readers.mimic.stays import chosen_stays, read_people

if TYPE_CHECKING:
    import polars as pl

CITATION = (
    "Johnson AEW, Bulgarelli L, Shen L, et al. MIMIC-IV, a freely accessible electronic health "
    "record dataset. Sci Data 2023;10:1. doi:10.1038/s41597-022-01899-x. Goldberger AL et al. "
    "Circulation 2000;101(23):e215-e220."
)
LICENCE = "that of the release bound: PhysioNet Credentialed Health Data License, or ODbL (demo)"


class MimicIvParams(CachedStayParams):
    """Which stays, which outcome, which variables, and what a site is."""

    site: Literal["hospital", "first_careunit"] = "hospital"


@reader("mimic_iv", version=1, params=MimicIvParams)
def mimic_iv(request: ReadRequest, params: MimicIvParams) -> Cohort:
    """Read ICU stays of adults with their measurements from hosp/ and icu/ as distributed.

    The index time is admission to the ICU, the prediction time ends the window; only values
    charted in the window and stored by its end are used. The outcome is death in hospital. Every
    excluded stay and every value not used is counted in the cohort flow; which item of the source
    became which variable, by which conversion, is the attachment ``harmonisation_<data set>``.
    Dates are shifted per patient: the group ``anchor_year_group`` is the only calendar time. See
    docs/methods/mimic_iv.md.
    """
    variables = shipped_dictionary().chosen("mimic_iv", params.variables)
    tables = find_tables(_place(request), needed_tables(variables))
    people = read_people(tables)
    rule = params.rule(request.window_hours)
    stays, flow = chosen_stays(people, rule)
    request.progress(f"reading {request.dataset}", 0.1)
    plan = Binning(
        dictionary=shipped_dictionary(),
        source="mimic_iv",
        variables=variables,
        window_minutes=round(60 * request.window_hours),
        bin_minutes=params.bin_minutes,
    )
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        files = {name: pool.submit(table.files) for name, table in tables.items()}
        folder = cache_folder(params.cache)
        if not params.keep_cache:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        events = events_of(tables, files, variables, folder)
        request.progress(f"reading {request.dataset}", 0.7)
        series, tally = binned(stays, events, plan)
        request.progress(f"reading {request.dataset}", 1.0)
    if series.value.size == 0:
        raise CannotRun(nothing_measured(request.dataset, plan))
    cohort = _cohort(request, params, stays, series, flow, tally, plan, files)
    return told_as_simulated(cohort, _place(request))


def _place(request: ReadRequest) -> Path:
    return bound_folder(
        request,
        expected="the folder of a MIMIC-IV release, with hosp/ and icu/ in it",
        source="mimic-iv",
    )


def _cohort(
    request: ReadRequest,
    params: MimicIvParams,
    stays: pl.DataFrame,
    series: TimeSeries,
    flow: list[FlowRow],
    tally: Tally,
    plan: Binning,
    files: Mapping[str, Future[list[SourceFile]]],
) -> Cohort:
    groups = groups_of(stays)
    n = stays.height
    site = np.full(n, "mimic-iv")
    if params.site == "first_careunit":
        site = groups["first_careunit"]
    return Cohort(
        name=request.dataset,
        unit_id=_ids(stays["stay_id"]),
        patient_id=_ids(stays["subject_id"]),
        site=site,
        label=stays["label"].to_numpy(),
        groups=groups,
        numbers=numbers_of(stays),
        units={"age_years": "years", "outcome_hours": "h"},
        series=series,
        flow=(
            *flow,
            _older(stays),
            *stay_rows(stays, groups, series),
            *value_rows(tally),
            _kept(n),
        ),
        provenance=_provenance(params, files),
        attachments={f"harmonisation_{request.dataset}": harmonisation(plan, tally)},
    )


def _ids(column: pl.Series) -> Column:
    return column.to_numpy().astype(np.str_)


def _older(stays: pl.DataFrame) -> FlowRow:
    reason = f"older than {OLDEST} years, whose age the source does not tell apart"
    return FlowRow(kind="handled", reason=reason, count=int((stays["age_years"] > OLDEST).sum()))


def _kept(n: int) -> FlowRow:
    return FlowRow(kind="kept", reason="in the cohort", count=n)


def _provenance(params: MimicIvParams, files: Mapping[str, Future[list[SourceFile]]]) -> Provenance:
    every = [file for group in files.values() for file in group.result()]
    return Provenance(
        source="mimic-iv",
        title=f"MIMIC-IV {params.release}".strip(),
        licence=LICENCE,
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in every]),
        files=tuple(every),
        notes=(
            "dates are shifted per patient; anchor_year_group is the only calendar time",
            "gcs adds eye, verbal and motor response as charted; verbal is 1 in the intubated",
        ),
    )
