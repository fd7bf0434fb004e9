"""A deployed score: the APACHE predictions of hospital mortality in the eICU database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort, FlowRow, Provenance
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._tables import TextTable
from samd_validate.readers.eicu.patients import (
    ALIVE,
    CITATION,
    EXPIRED,
    LICENCE,
    ages_in_years,
)
from samd_validate.readers.events.people import age_bands
from samd_validate.readers.events.simulated import told_as_simulated

TABLES = {
    "patient": (
        "patientunitstayid",
        "uniquepid",
        "hospitalid",
        "age",
        "gender",
        "ethnicity",
        "unittype",
        "hospitaldischargeyear",
    ),
    "hospital": ("hospitalid", "region", "teachingstatus"),
    "apachePatientResult": (
        "patientunitstayid",
        "apacheversion",
        "predictedhospitalmortality",
        "actualhospitalmortality",
    ),
}
OUTCOMES = (ALIVE, EXPIRED)


class EicuApacheParams(BaseModel):
    """Which version of the score is the device."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(default="IVa", description="apacheversion of the device: IV or IVa")


@reader("eicu_apache", version=2, params=EicuApacheParams)
def eicu_apache(request: ReadRequest, params: EicuApacheParams) -> Cohort:
    """Read APACHE's predictions and what became of the patients, one row per unit stay.

    Stays whose prediction is missing (-1) are excluded and counted. Hospitals are the sites;
    patients with several stays keep them and are resampled together. Ages recorded as "> 89"
    become 90 and are counted.
    """
    tables = _read_tables(request)
    result = tables["apachePatientResult"]
    mine = result.text("apacheversion") == params.version
    score = result.numbers("predictedhospitalmortality")
    predicted = mine & (score >= 0)
    gather(_faults(result, mine, predicted, params))
    rows = np.flatnonzero(predicted)
    patient, hospital = tables["patient"], tables["hospital"]
    stay = _matched(result.text("patientunitstayid")[rows], patient, "patientunitstayid")
    place = _matched(patient.text("hospitalid")[stay], hospital, "hospitalid")
    age, top_coded = ages_in_years(patient.text("age")[stay].tolist())
    groups = {
        "age_band": age_bands(age),
        "gender": patient.text("gender")[stay],
        "ethnicity": patient.text("ethnicity")[stay],
        "region": hospital.text("region")[place],
        "unit_type": patient.text("unittype")[stay],
        "discharge_year": patient.text("hospitaldischargeyear")[stay],
    }
    flow = _flow(mine, predicted, age, top_coded, groups)
    cohort = Cohort(
        name=request.dataset,
        unit_id=result.text("patientunitstayid")[rows],
        patient_id=patient.text("uniquepid")[stay],
        site=np.char.add("hospital ", patient.text("hospitalid")[stay]),
        label=(result.text("actualhospitalmortality")[rows] == OUTCOMES[1]).astype(np.int8),
        groups=groups,
        numbers={"age_years": age},
        units={"age_years": "years"},
        scores={"apache": score[rows]},
        flow=flow,
        provenance=_provenance(tables),
    )
    return told_as_simulated(cohort, Path(str(request.place)))


def _read_tables(request: ReadRequest) -> dict[str, TextTable]:
    place = Path(request.place) if request.place else None
    if place is None or not place.is_dir():
        raise CannotRun(_no_table(request.dataset, "no folder there"))
    folder = place / "tables" if (place / "tables").is_dir() else place
    tables: dict[str, TextTable] = {}
    problems: list[Problem] = []
    for name, columns in TABLES.items():
        paths = [path for end in (".csv", ".csv.gz") if (path := folder / f"{name}{end}").is_file()]
        if not paths:
            problems.append(_no_table(request.dataset, f"no {name}.csv or {name}.csv.gz"))
            continue
        try:
            tables[name] = TextTable(paths[0], columns)
        except CannotRun as error:
            problems.extend(error.problems)
    gather(problems)
    return tables


def _no_table(dataset: str, found: str) -> Problem:
    return Problem(
        where=f"data set {dataset!r}",
        found=found,
        expected="the folder of eICU tables: " + ", ".join(TABLES),
        todo="bind it: --dataset eicu-crd-demo=PATH",
    )


def _faults(
    result: TextTable, mine: BoolArray, predicted: BoolArray, params: EicuApacheParams
) -> list[Problem]:
    known = sorted(set(result.text("apacheversion").tolist()))
    if not mine.any():
        return [
            Problem(
                where=f"{result.name}, column 'apacheversion'",
                found=f"no rows of version {params.version!r}",
                expected=f"one of {', '.join(known)}",
                todo="correct version in the protocol's params",
            )
        ]
    score = result.numbers("predictedhospitalmortality")
    unknown = predicted & ~np.isin(result.text("actualhospitalmortality"), OUTCOMES)
    problems = result.refuse(
        "actualhospitalmortality", unknown, "an unknown outcome", "ALIVE or EXPIRED"
    )
    problems += result.refuse(
        "predictedhospitalmortality", mine & ~(score <= 1), "no probability", "-1, or 0 to 1"
    )
    if not problems and not (result.text("actualhospitalmortality")[predicted] == "EXPIRED").any():
        everyone = np.ones(result.size, dtype=np.bool_)
        problems += result.refuse(
            "actualhospitalmortality", everyone, "no death", "deaths and survivors"
        )
    return problems


def _matched(keys: Column, table: TextTable, column: str) -> Column:
    """Return the row of each key in a table, or say how many have none."""
    row_of = {key: row for row, key in enumerate(table.text(column).tolist())}
    rows = np.array([row_of.get(key, -1) for key in keys.tolist()], dtype=np.int64)
    if (rows < 0).any():
        raise CannotRun(
            Problem(
                where=f"{table.name}, column {column!r}",
                found=f"{int((rows < 0).sum())} keys of another table that are not there",
                expected="a row for every key",
                todo="use the tables of one release together",
            )
        )
    return rows


def _flow(
    mine: BoolArray,
    predicted: BoolArray,
    age: FloatArray,
    top_coded: int,
    groups: dict[str, Column],
) -> tuple[FlowRow, ...]:
    rows = [
        FlowRow(
            kind="start", reason="with a row of this version of the score", count=int(mine.sum())
        ),
        FlowRow(
            kind="excluded",
            reason="no prediction was made (-1)",
            count=int((mine & ~predicted).sum()),
        ),
        FlowRow(kind="handled", reason="age recorded as '> 89', taken as 90", count=top_coded),
        FlowRow(kind="handled", reason="age not recorded", count=int(np.isnan(age).sum())),
    ]
    rows += [
        FlowRow(kind="handled", reason=f"{name} not recorded", count=int((column == "").sum()))
        for name, column in groups.items()
        if name != "age_band" and (column == "").any()
    ]
    rows.append(FlowRow(kind="kept", reason="in the cohort", count=int(predicted.sum())))
    return tuple(rows)


def _provenance(tables: dict[str, TextTable]) -> Provenance:
    files = tuple(table.file for table in tables.values())
    return Provenance(
        source="eicu-crd-demo",
        title="eICU Collaborative Research Database, APACHE results",
        licence=LICENCE,
        citation=CITATION,
        fingerprint=digest([(file.name, file.size_bytes, file.sha256) for file in files]),
        files=files,
    )
