"""A folder of a release's shape may hold simulated patients: it then says so, and so does a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun, Problem

MARK = "SIMULATED.json"
LICENCE = "CC0-1.0; no person stands behind it"
CITATION = "samd-validate, docs/methods/simulated_icu.md"
NOTE = "drawn by a generator whose truth is known and kept beside it"


def write_mark(place: Path, truth: Mapping[str, object]) -> None:
    """Write what was simulated, and its truth, beside the tables."""
    text = json.dumps(truth, indent=1, sort_keys=True, allow_nan=False)
    (place / MARK).write_text(text + "\n", "utf-8")


def told_as_simulated(cohort: Cohort, place: Path) -> Cohort:
    """Return the cohort as it is, or as simulated and with its truth where the folder says so.

    Raises
    ------
    CannotRun
        If the mark is there and cannot be read: the patients may then be nobody or somebody.
    """
    path = place / MARK
    if not path.is_file():
        return cohort
    try:
        truth = json.loads(path.read_text("utf-8"))
        title = f"simulated hospital {truth['site']['name']}"
        citation = str(truth.get("citation", CITATION))
    except (ValueError, KeyError, TypeError):
        raise CannotRun(_damaged()) from None
    provenance = replace(
        cohort.provenance,
        title=title,
        licence=LICENCE,
        citation=citation,
        is_simulated=True,
        notes=(NOTE, *cohort.provenance.notes),
    )
    planted = {f"simulation_truth_{cohort.name}": truth}
    return replace(cohort, provenance=provenance, attachments={**cohort.attachments, **planted})


def _damaged() -> Problem:
    return Problem(
        where=MARK,
        found="a mark of simulated data that is damaged",
        expected="the file as `samd-validate simulate` wrote it",
        todo="write the folder again",
    )
