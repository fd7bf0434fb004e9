"""What a step was given, as one digest: equal inputs, equal digest; one bit more, another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.canonical import canonical_bytes, digest_bytes
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.inputs import Inputs, Population

ROWS = ("unit_id", "patient_id", "site", "label")
SERIES = ("unit_index", "time_hours", "variable_index", "value", "stored_hours", "until_hours")


def inputs_digest(inputs: Inputs) -> str:
    """Return the digest of all that a check may look at.

    Images go by the fingerprint of their data set and the units; what a model drew goes by its
    weights. Seeds of steps are not in it: they belong to the step.
    """
    intervals = {key: v for key, v in vars(inputs.intervals).items() if key not in _NO_NUMBER}
    parts: dict[str, object] = {
        "intervals": intervals,
        "threshold": inputs.threshold,
        "threshold_origin": inputs.threshold_origin,
        "declared": None if inputs.declared is None else sorted(inputs.declared),
        "model": "" if inputs.model is None else digest_bytes(inputs.model.artefact()),
        "populations": [_population(one) for one in inputs.populations],
        "tuning": None if inputs.tuning is None else _population(inputs.tuning),
        "development": None if inputs.development is None else cohort_digest(inputs.development),
        "unscored": [
            (part.name, part.is_external, cohort_digest(part.cohort)) for part in inputs.unscored
        ],
    }
    return digest_bytes(canonical_bytes(parts))


_NO_NUMBER = ("seed", "n_threads")
"""Of the plan of intervals: the seed is the step's own, and threads change no number."""


def cohort_digest(cohort: Cohort) -> str:
    """Return the digest of every column and measurement of a cohort, in its order of rows."""
    mixed = hashlib.sha256()
    told = {
        "name": cohort.name,
        "fingerprint": cohort.provenance.fingerprint,
        "has_images": cohort.images is not None,
        "units": cohort.units,
        "attachments": cohort.attachments,
    }
    mixed.update(canonical_bytes(told))
    _mix(mixed, "row", {name: getattr(cohort, name) for name in ROWS})
    for kind in ("groups", "numbers", "scores"):
        _mix(mixed, kind, getattr(cohort, kind))
    if cohort.series is not None:
        _mix_series(mixed, cohort.series)
    return f"sha256:{mixed.hexdigest()}"


def _mix_series(mixed: hashlib._Hash, series: TimeSeries) -> None:
    told = {"variables": series.variables, "window_hours": series.window_hours}
    mixed.update(canonical_bytes(told))
    columns = {name: getattr(series, name) for name in SERIES}
    _mix(mixed, "series", {name: column for name, column in columns.items() if column is not None})


def _population(population: Population) -> dict[str, object]:
    mixed = hashlib.sha256()
    _mix(mixed, "score", {"": population.score, **population.comparators})
    return {
        "name": population.name,
        "is_external": population.is_external,
        "cohort": cohort_digest(population.cohort),
        "scores": mixed.hexdigest(),
        "segmentations": sorted(population.segmentations),
    }


def _mix(mixed: hashlib._Hash, kind: str, columns: Mapping[str, Column]) -> None:
    for name, column in columns.items():
        for part in _parts(column):
            mixed.update(f"{kind}/{name}/{len(part)};".encode())
            mixed.update(part)


def _parts(column: Column) -> Iterable[bytes]:
    yield f"{column.dtype.str}{column.shape}".encode()
    yield np.ascontiguousarray(column).tobytes()
