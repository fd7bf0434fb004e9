"""Scores, labels and measures of every case, under keyed pseudonyms, as Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import numpy as np

from samd_validate.core.finding import CaseTable
from samd_validate.core.inputs import Population
from samd_validate.evidence.folder import RunFolder
from samd_validate.evidence.pseudonym import local_key, pseudonyms


def write_predictions(populations: Iterable[Population], folder: RunFolder) -> None:
    """Write one file per population: what is needed to make every number again."""
    key = local_key()
    for population in populations:
        folder.write(f"predictions/{population.name}.parquet", parquet_bytes(population, key))


def parquet_bytes(population: Population, key: bytes) -> bytes:
    """Return the Parquet bytes of a population; equal populations give equal bytes."""
    cohort = population.cohort
    columns: dict[str, object] = {
        **_who(population, key),
        "site": cohort.site.tolist(),
        "label": cohort.label,
        "score": population.score,
    }
    columns |= {f"score_{name}": score for name, score in population.comparators.items()}
    columns |= {f"group_{name}": column.tolist() for name, column in cohort.groups.items()}
    return _parquet({name: np.asarray(values) for name, values in columns.items()})


def write_cases(
    tables: Iterable[CaseTable], populations: Iterable[Population], folder: RunFolder
) -> None:
    """Write one file per table of cases, a row for each unit of its population."""
    key, by_name = local_key(), {population.name: population for population in populations}
    for table in tables:
        columns = {**_who(by_name[table.population], key), **table.columns}
        folder.write(f"cases/{table.id}.parquet", _parquet(columns))


def _who(population: Population, key: bytes) -> dict[str, object]:
    cohort = population.cohort
    unit, patient = pseudonyms(cohort.unit_id, key), pseudonyms(cohort.patient_id, key)
    return {"unit": unit, "patient": patient}


def _parquet(columns: Mapping[str, object]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()
