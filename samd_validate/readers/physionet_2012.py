"""PhysioNet/CinC Challenge 2012: 48 hours of intensive care, and in-hospital death."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance, SourceFile, TimeSeries
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._files import bound_folder, source_file
from samd_validate.readers.events.people import age_bands
from samd_validate.readers.physionet.account import Account, harmonisation, joined_account
from samd_validate.readers.physionet.pressures import joined_pressures
from samd_validate.readers.physionet.records import Records, read_records
from samd_validate.readers.physionet.variables import PH, VARIABLES

CITATION = (
    "Silva I, Moody G, Scott DJ, Celi LA, Mark RG. Predicting in-hospital mortality of ICU "
    "patients: the PhysioNet/Computing in Cardiology Challenge 2012. Comput Cardiol "
    "2012;39:245-248. Goldberger AL et al. Circulation 2000;101(23):e215-e220."
)
OUTCOME_COLUMNS = ("RecordID", "SAPS-I", "SOFA", "In-hospital_death")
ICU_TYPES = {
    1: "coronary care",
    2: "cardiac surgery recovery",
    3: "medical",
    4: "surgical",
}
SEXES = {0: "female", 1: "male"}
YOUNGEST = 16
Descriptors = dict[str, dict[str, float]]


class Physionet2012Params(BaseModel):
    """Which set of the Challenge is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: Literal["a", "b", "c"] = Field(description="set-a, set-b or set-c")
    pressures: Literal["apart", "joined"] = Field(
        default="apart", description="arterial line and cuff apart, or as sbp, dbp and map"
    )


@reader("physionet_2012", version=1, params=Physionet2012Params)
def physionet_2012(request: ReadRequest, params: Physionet2012Params) -> Cohort:
    """Read a set of the Challenge from its tar.gz or its unpacked folder.

    One stay per patient. What the source leaves unclear is treated by a rule and counted in the
    cohort flow: missing age, sex, height or weight; stays without any measurement; values that
    cannot be; several values of a variable in one minute (the last stands); ventilation that is
    recorded only where it happened.
    """
    place = _place(request)
    name = f"set-{params.set}"
    outcomes, outcome_file = _outcomes(place / f"Outcomes-{params.set}.txt")
    request.progress(f"reading {request.dataset}", 0.1)
    records, files = read_records(place, name)
    request.progress(f"reading {request.dataset}", 0.9)
    _refuse_unmatched(outcomes, records, name)
    series, flow, account = _series(records, request.window_hours)
    if params.pressures == "joined":
        series, dropped = joined_pressures(series)
        flow.append(_values("of the cuff in a minute that has the arterial line's", dropped))
        account = joined_account(account, series)
    return _cohort(request, name, outcomes, records, series, flow, account, [outcome_file, *files])


def _place(request: ReadRequest) -> Path:
    return bound_folder(
        request,
        expected="the folder with set-a.tar.gz, Outcomes-a.txt and so on",
        source="physionet-2012",
    )


def _outcomes(path: Path) -> tuple[dict[str, dict[str, float]], SourceFile]:
    """Return the outcomes by record id."""
    if not path.is_file():
        raise CannotRun(_outcome_problem(path, "no such file"))
    content = path.read_bytes()
    rows = csv.DictReader(io.StringIO(content.decode("ascii", errors="replace")))
    lacking = [name for name in OUTCOME_COLUMNS if name not in (rows.fieldnames or [])]
    if lacking:
        raise CannotRun(_outcome_problem(path, f"no column {', '.join(lacking)}"))
    outcomes: dict[str, dict[str, float]] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        try:
            values = {name: float(row[name]) for name in OUTCOME_COLUMNS}
        except (TypeError, ValueError):
            problems.append(_outcome_problem(path, "a field that is not a number", number))
            continue
        if values["In-hospital_death"] not in (0, 1):
            problems.append(_outcome_problem(path, "a label other than 0 or 1", number))
        if row["RecordID"] in outcomes:
            problems.append(_outcome_problem(path, "a record a second time", number))
        outcomes[row["RecordID"]] = values
    if not problems and not any(v["In-hospital_death"] for v in outcomes.values()):
        problems.append(_outcome_problem(path, "no positive label"))
    if problems:
        raise CannotRun(*problems[:20])
    return outcomes, source_file(path, content)


def _outcome_problem(path: Path, found: str, line: int | None = None) -> Problem:
    return Problem(
        where=f"{path.name}:{line}" if line else path.name,
        found=found,
        expected=f"columns {', '.join(OUTCOME_COLUMNS)} with one row per record",
        todo="restore the file from its source",
    )


def _refuse_unmatched(outcomes: Descriptors, records: Records, name: str) -> None:
    without_outcome = len(records.descriptors.keys() - outcomes.keys())
    without_record = len(outcomes.keys() - records.descriptors.keys())
    if without_outcome or without_record:
        raise CannotRun(
            Problem(
                where=name,
                found=f"{without_outcome} records without an outcome and {without_record} "
                "outcomes without a record",
                expected="one outcome for each record",
                todo="restore the files from their source",
            )
        )


def _series(records: Records, window_hours: float) -> tuple[TimeSeries, list[FlowRow], Account]:
    unit = np.array(records.record, dtype=np.int64)
    minute = np.array(records.minute, dtype=np.int64)
    variable = np.array(records.variable, dtype=np.int64)
    value = np.array(records.value, dtype=np.float64)
    flow = [
        FlowRow(kind="handled", reason=reason, count=count, counted="values")
        for reason, count in sorted(records.quirks.items())
    ]
    value, mended = _mended_ph(variable, value)
    low, high = (np.array([getattr(v, end) for v in VARIABLES]) for end in ("low", "high"))
    plausible = (value >= low[variable]) & (value <= high[variable])
    late = minute >= 60 * window_hours
    keep = plausible & ~late
    order = np.lexsort((np.arange(unit.size)[keep], variable[keep], minute[keep], unit[keep]))
    rows = np.flatnonzero(keep)[order]
    last = _is_last(unit[rows], minute[rows], variable[rows])
    flow += [
        _values("pH written without its decimal point, mended", mended),
        _values("outside plausible limits, taken as not observed", int((~plausible).sum())),
        _values("after the observation window, not used", int((plausible & late).sum())),
        _values(
            "earlier ones of a variable in the same minute; the last stands", int((~last).sum())
        ),
    ]
    lost = {
        "outside plausible limits": ~plausible,
        "after the observation window": plausible & late,
        "earlier of a variable in the same minute": _mask(unit.size, rows[~last]),
    }
    rows = rows[last]
    account = harmonisation(variable, _mask(unit.size, rows), lost)
    series = TimeSeries(
        variables=VARIABLES,
        unit_index=unit[rows],
        time_hours=minute[rows] / 60,
        variable_index=variable[rows],
        value=value[rows],
        window_hours=window_hours,
    )
    return series, flow, account


def _mask(size: int, rows: IntArray) -> BoolArray:
    mask = np.zeros(size, dtype=np.bool_)
    mask[rows] = True
    return mask


def _values(reason: str, count: int) -> FlowRow:
    return FlowRow(kind="handled", reason=reason, count=count, counted="values")


def _mended_ph(variable: Column, value: FloatArray) -> tuple[FloatArray, int]:
    """Return values with pH such as 735 or 73.5 brought back to 7.35, and how many there were."""
    mended = value.copy()
    count = 0
    for factor in (10.0, 100.0):
        wrong = (variable == PH) & (value >= 6.3 * factor) & (value <= 8.0 * factor)
        mended[wrong] = value[wrong] / factor
        count += int(wrong.sum())
    return mended, count


def _is_last(unit: Column, minute: Column, variable: Column) -> BoolArray:
    """Return whether a row is the last of its unit, minute and variable."""
    same = (unit[1:] == unit[:-1]) & (minute[1:] == minute[:-1]) & (variable[1:] == variable[:-1])
    return np.append(~same, np.ones(min(unit.size, 1), dtype=np.bool_))


def _cohort(
    request: ReadRequest,
    name: str,
    outcomes: Descriptors,
    records: Records,
    series: TimeSeries,
    flow: list[FlowRow],
    account: Account,
    files: list[SourceFile],
) -> Cohort:
    ids = list(records.descriptors)
    about = list(records.descriptors.values())
    age = _numbers(about, "Age", 0, 120)
    numbers = {
        "age_years": age,
        "height_cm": _numbers(about, "Height", 100, 230),
        "weight_kg": _numbers(about, "Weight", 20, 400),
        "saps_i": _scores(outcomes, ids, "SAPS-I"),
        "sofa": _scores(outcomes, ids, "SOFA"),
    }
    groups = {
        "age_band": age_bands(age, YOUNGEST),
        "sex": _words(about, "Gender", SEXES),
        "icu_type": _words(about, "ICUType", ICU_TYPES),
    }
    return Cohort(
        name=request.dataset,
        unit_id=np.array(ids),
        patient_id=np.array(ids),
        site=np.full(len(ids), name),
        label=np.array([outcomes[record]["In-hospital_death"] for record in ids]),
        groups=groups,
        numbers=numbers,
        series=series,
        units={"age_years": "years", "height_cm": "cm", "weight_kg": "kg"},
        flow=(*_flow(len(ids), numbers, groups, series), *flow, *_end(len(ids), series)),
        provenance=_provenance(name, files),
        attachments={f"harmonisation_{request.dataset}": account},
    )


def _flow(
    n: int, numbers: dict[str, FloatArray], groups: dict[str, Column], series: TimeSeries
) -> list[FlowRow]:
    rows = [FlowRow(kind="start", reason="with a record and an outcome", count=n)]
    for name in ("age_years", "height_cm", "weight_kg"):
        count = int(np.isnan(numbers[name]).sum())
        rows.append(FlowRow(kind="handled", reason=f"{name} missing or implausible", count=count))
    for name in ("sex", "icu_type"):
        count = int((groups[name] == "").sum())
        rows.append(FlowRow(kind="handled", reason=f"{name} not recorded", count=count))
    empty = n - np.unique(series.unit_index).size
    reason = "without any usable measurement, kept"
    rows.append(FlowRow(kind="handled", reason=reason, count=int(empty)))
    return rows


def _end(n: int, series: TimeSeries) -> list[FlowRow]:
    recorded = [one.name == "mechanical_ventilation" for one in series.variables]
    ventilated = series.unit_index[np.array(recorded)[series.variable_index]]
    reason = "with ventilation recorded; its absence elsewhere is not an observation"
    return [
        FlowRow(kind="handled", reason=reason, count=int(np.unique(ventilated).size)),
        FlowRow(kind="kept", reason="in the cohort", count=n),
    ]


def _numbers(about: list[dict[str, float]], name: str, low: float, high: float) -> FloatArray:
    """Return a descriptor, NaN where it is missing (-1) or cannot be."""
    values = np.array([one.get(name, np.nan) for one in about], dtype=np.float64)
    return np.where((values > low) & (values <= high), values, np.nan)


def _scores(outcomes: Descriptors, ids: list[str], name: str) -> FloatArray:
    values = np.array([outcomes[record][name] for record in ids], dtype=np.float64)
    return np.where(values >= 0, values, np.nan)


def _words(about: list[dict[str, float]], name: str, words: dict[int, str]) -> Column:
    return np.array([words.get(int(one.get(name, -1)), "") for one in about], dtype=np.str_)


def _provenance(name: str, files: list[SourceFile]) -> Provenance:
    return Provenance(
        source="physionet-2012",
        title=f"PhysioNet/CinC Challenge 2012, {name}",
        licence="ODC-By 1.0",
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in files]),
        files=tuple(files) if len(files) < 10 else tuple(files[:1]),  # noqa: PLR2004
        notes=("one hospital system (Boston); no ethnicity is recorded",),
    )
