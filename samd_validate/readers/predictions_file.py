"""A black-box device, known by a file of its predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import Column
from samd_validate.core.cohort import Cohort, FlowRow, Provenance
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.kinds import ReadRequest, reader
from samd_validate.readers._tables import TextTable


class PredictionsFileParams(BaseModel):
    """The names of the columns, and what the file is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit_id: str = "unit_id"
    patient_id: str = "patient_id"
    site: str = "site"
    label: str = "label"
    score: str = "score"
    extra_scores: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    title: str = "predictions of a device"
    licence: str = "not stated"
    citation: str = "not stated"
    is_simulated: bool = Field(default=False, description="true if no person stands behind a row")


@reader("predictions_file", version=1, params=PredictionsFileParams)
def predictions_file(request: ReadRequest, params: PredictionsFileParams) -> Cohort:
    """Read unit, patient, site, label, score and groups from a CSV or Parquet file.

    Refused: a score outside [0, 1] or missing, a label other than 0 or 1, a unit id twice, an
    empty id, a file without an event. Messages count rows and name lines, never values.
    """
    if not request.place:
        raise CannotRun(_no_file(request))
    scores = (params.score, *params.extra_scores)
    ids = (params.unit_id, params.patient_id, params.site)
    columns = (*ids, params.label, *scores, *params.groups, *params.numbers)
    table = TextTable(Path(request.place), columns)
    gather(_faults(table, params, scores))
    return Cohort(
        name=request.dataset,
        unit_id=table.text(params.unit_id),
        patient_id=table.text(params.patient_id),
        site=table.text(params.site),
        label=table.numbers(params.label).astype(np.int8),
        groups={name: table.text(name) for name in params.groups},
        numbers={name: table.numbers(name) for name in params.numbers},
        scores={name: table.numbers(name) for name in scores},
        flow=(
            FlowRow(kind="start", reason="rows of the file", count=table.size, counted="units"),
            FlowRow(kind="kept", reason="in the cohort", count=table.size, counted="units"),
        ),
        provenance=Provenance(
            source=request.dataset,
            title=params.title,
            licence=params.licence,
            citation=params.citation,
            fingerprint=f"sha256:{table.file.sha256}",
            files=(table.file,),
            is_simulated=params.is_simulated,
        ),
    )


def _faults(
    table: TextTable, params: PredictionsFileParams, scores: tuple[str, ...]
) -> list[Problem]:
    problems: list[Problem] = []
    for column in (params.unit_id, params.patient_id, params.site):
        empty = table.text(column) == ""
        problems += table.refuse(column, empty, "no value", "an id in every row")
    doubled = _doubled(table.text(params.unit_id))
    problems += table.refuse(params.unit_id, doubled, "an id a second time", "each unit once")
    label = table.numbers(params.label)
    wrong = ~np.isin(label, (0, 1))
    problems += table.refuse(params.label, wrong, "something else than 0 or 1", "0 or 1")
    for column in scores:
        score = table.numbers(column)
        outside = ~((score >= 0) & (score <= 1))
        words = "no number in [0, 1]"
        problems += table.refuse(column, outside, words, "a probability in every row")
    if not problems and not (label == 1).any():
        found = f"no positive label in {table.size} rows"
        problems.append(
            Problem(
                where=f"{table.name}, column {params.label!r}",
                found=found,
                expected="units with and without the event",
                todo="check how the label is coded (1 = the event happened)",
            )
        )
    return problems


def _doubled(ids: Column) -> Column:
    """Return which rows repeat an id that an earlier row had."""
    first = np.zeros(ids.size, dtype=np.bool_)
    first[np.unique(ids, return_index=True)[1]] = True
    return ~first


def _no_file(request: ReadRequest) -> Problem:
    return Problem(
        where=f"data set {request.dataset!r}",
        found="no place",
        expected="a source in the protocol, bound with --dataset NAME=FILE",
        todo="add source: to the data set and bind it",
    )
