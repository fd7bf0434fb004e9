"""Scored populations as a bundle keeps them: what is not kept cannot be read by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, IntArray
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.inputs import Population
from samd_validate.core.parquet import parquet_file

COLUMNS = ("unit", "patient", "resampling_order", "site", "label", "score")
MOST_CELLS = 200_000_000
SCORE, GROUP = "score_", "group_"
NOT_STORED = {
    "numbers": "numbers of the cases, which are not kept",
    "scores": "scores that came with the data, which are not kept",
    "series": "measurements over time, which are not kept",
    "images": "images, which are not kept",
    "flow": "the flow of the cohort",
    "attachments": "documents that came with the data",
    "segmentations": "what the model drew, which is not kept",
    "development": "the data that the model learned from",
    "tuning": "the data on which the operating point was chosen",
    "model": "the model",
    "refit": "the model, to be trained again",
}
OF_COHORT = frozenset({"numbers", "scores", "series", "images", "flow", "attachments"})
OF_INPUTS = ("development", "tuning", "model", "refit")


class NotStored(Exception):
    """A check asked for what no bundle keeps; the message names it."""

    def __init__(self, name: str) -> None:
        super().__init__(NOT_STORED[name])


@dataclass(frozen=True, kw_only=True)
class StoredCohort(Cohort):
    """A cohort of ids, sites, labels and groups; anything else raises :class:`NotStored`."""

    is_closed: bool = False

    def __getattribute__(self, name: str) -> Any:
        if name in OF_COHORT and object.__getattribute__(self, "is_closed"):
            raise NotStored(name)
        return object.__getattribute__(self, name)

    def take(self, rows: IntArray | BoolArray, *, name: str | None = None) -> StoredCohort:
        """Return the cohort of some rows (row numbers or a mask), in their order."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else np.asarray(rows, dtype=np.int64)
        columns = {key: getattr(self, key)[index] for key in ("unit_id", "patient_id", "site")}
        groups = {key: column[index] for key, column in self.groups.items()}
        return stored_cohort(
            name or self.name, {**columns, "label": self.label[index]}, groups, self.provenance
        )


def stored_cohort(
    name: str,
    columns: Mapping[str, Column],
    groups: Mapping[str, Column],
    provenance: Provenance,
) -> StoredCohort:
    """Return a cohort that holds these columns and lets nothing else be read."""
    cohort = StoredCohort(
        name=name,
        unit_id=columns["unit_id"],
        patient_id=columns["patient_id"],
        site=columns["site"],
        label=columns["label"],
        groups=groups,
        provenance=provenance,
    )
    object.__setattr__(cohort, "is_closed", True)
    return cohort


@dataclass(frozen=True, kw_only=True)
class StoredPopulation(Population):
    """A population of a bundle; what was drawn into images raises :class:`NotStored`."""

    is_closed: bool = False

    def __getattribute__(self, name: str) -> Any:
        if name == "segmentations" and object.__getattribute__(self, "is_closed"):
            raise NotStored(name)
        return object.__getattribute__(self, name)


class Missing:
    """Stands for a part of a study that is not kept: whatever is asked of it raises NotStored."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattribute__(self, name: str) -> Any:
        raise NotStored(object.__getattribute__(self, "_name"))

    def __bool__(self) -> bool:
        raise NotStored(object.__getattribute__(self, "_name"))

    def __call__(self, *arguments: object, **named: object) -> Any:
        """Raise NotStored."""
        raise NotStored(object.__getattribute__(self, "_name"))


def read_population(
    name: str, content: bytes, provenance: Provenance, *, is_external: bool
) -> StoredPopulation:
    """Return a population from the Parquet bytes of a bundle.

    Raises
    ------
    ValueError
        If they are not those of a population.
    """
    import pyarrow as pa

    try:
        return _population(name, _columns(content), provenance, is_external=is_external)
    except (pa.ArrowException, TypeError) as error:  # columns of kinds that no bundle keeps
        raise ValueError(type(error).__name__) from None


def _population(
    name: str, columns: Mapping[str, Column], provenance: Provenance, *, is_external: bool
) -> StoredPopulation:
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise ValueError(f"no columns {', '.join(missing)}")
    order = columns["resampling_order"].tolist()
    patients = [f"{place:012d}" for place in order]
    own = {
        "unit_id": columns["unit"],
        "patient_id": np.asarray(patients, dtype=np.str_),
        "site": columns["site"],
        "label": columns["label"],
    }
    population = StoredPopulation(
        name=name,
        cohort=stored_cohort(name, own, _starting(columns, GROUP), provenance),
        score=columns["score"],
        comparators=_starting(columns, SCORE),
        is_external=is_external,
    )
    object.__setattr__(population, "is_closed", True)
    return population


def _columns(content: bytes) -> dict[str, Column]:
    file = parquet_file(content)
    if file.metadata.num_rows * file.metadata.num_columns > MOST_CELLS:
        raise ValueError("more rows than are read")
    table = file.read()
    return {name: np.asarray(table[name].to_pylist()) for name in table.column_names}


def _starting(columns: Mapping[str, Column], prefix: str) -> dict[str, Column]:
    return {
        name.removeprefix(prefix): column
        for name, column in columns.items()
        if name.startswith(prefix)
    }
