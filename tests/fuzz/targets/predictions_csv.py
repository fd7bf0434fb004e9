"""Predictions of a device: CSV."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.predictions_file import PredictionsFileParams, predictions_file

from . import file_of

ROWS = b"""\
unit_id,patient_id,site,label,score,sex
u1,p1,s,0,0.25,f
u2,p2,s,1,0.75,m
u3,p2,"s, t",0,1e-3,
"""
PARAMS = PredictionsFileParams(groups=("sex",))


def read_named(content: bytes, name: str) -> None:
    with suppress(CannotRun), file_of(content, name) as path:
        predictions_file.run(request(str(path)), PARAMS)


def request(place: str) -> ReadRequest:
    return ReadRequest(dataset="d", place=place, seed=0, window_hours=24.0)


def read(content: bytes) -> None:
    read_named(content, "p.csv")


def seeds() -> tuple[bytes, ...]:
    return (ROWS, ROWS.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + ROWS)
