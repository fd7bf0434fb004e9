"""Scores and labels of every case, under keyed pseudonyms, as Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np

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
    import pyarrow as pa
    from pyarrow import parquet

    cohort = population.cohort
    columns: dict[str, object] = {
        "unit": pseudonyms(cohort.unit_id, key),
        "patient": pseudonyms(cohort.patient_id, key),
        "site": cohort.site.tolist(),
        "label": cohort.label,
        "score": population.score,
    }
    columns |= {f"score_{name}": score for name, score in population.comparators.items()}
    columns |= {f"group_{name}": column.tolist() for name, column in cohort.groups.items()}
    table = pa.table({name: pa.array(np.asarray(values)) for name, values in columns.items()})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()
