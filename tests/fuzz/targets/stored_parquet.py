"""Predictions that a bundle keeps: Parquet, read again by verify --recompute."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.cohort import Provenance
from samd_validate.core.inputs import Population
from samd_validate.evidence.stored import read_population

from .predictions_parquet import parquet_of

WHENCE = Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f")
ROWS = b"""\
unit,patient,resampling_order,site,label,score,group_sex
u1,p1,0,s,0,0.25,f
u2,p2,1,s,1,0.75,m
"""


def read(content: bytes) -> None:
    with suppress(ValueError, OSError, KeyError):  # what recompute_items tells as an item
        read_population("test", content, WHENCE, is_external=False)


def population() -> Population:
    return read_population("test", parquet_of(ROWS), WHENCE, is_external=False)


def seeds() -> tuple[bytes, ...]:
    return (parquet_of(ROWS), parquet_of(ROWS, compression="none", use_dictionary=False))
