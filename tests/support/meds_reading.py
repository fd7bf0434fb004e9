"""Reading of small MEDS data sets in tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from meds_folder import LIFE, Event, meds_events, write_meds

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.meds import MedsParams, meds


def read(place: Path | None, window_hours: float = 48, **params: Any) -> Cohort:
    request = ReadRequest(
        dataset="icu", place=str(place) if place else None, seed=0, window_hours=window_hours
    )
    cohort: Cohort = meds.run(request, MedsParams(**params))
    return cohort


def written(place: Path, rows: Sequence[Event]) -> Path:
    return write_meds(place, meds_events(rows))


def without(rows: Sequence[Event], start: str) -> list[Event]:
    return [row for row in rows if not row[2].startswith(start)]


def counts(cohort: Cohort) -> dict[str, int]:
    return {row.reason: row.count for row in cohort.flow}


# a second subject, who stays in the cohort whatever is done to the first
OTHER: list[Event] = [(2, time, code, value) for _, time, code, value in LIFE]


def mapped(place: Path, text: str) -> str:
    path = place / "codes.yaml"
    path.write_text("schema_version: 1\ncodes:\n" + text)
    return str(path)
