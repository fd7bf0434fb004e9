"""The records of a challenge: members of a tar.gz."""

from __future__ import annotations

import gzip
import io
import tarfile
from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.readers.physionet.records import read_records

from . import file_of

RECORD = b"Time,Parameter,Value\n00:00,RecordID,132539\n00:00,Age,54\n00:07,HR,73\n"


def read(content: bytes) -> None:
    """Read the bytes as a tar; they are packed here, so that changes reach its members."""
    packed = content if content.startswith(b"\x1f\x8b") else gzip.compress(content, 0, mtime=0)
    with suppress(CannotRun), file_of(packed, "set-a.tar.gz") as path:
        read_records(path.parent, "set-a")


def tar_of(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        for name, content in members.items():
            one = tarfile.TarInfo(name)
            one.size = len(content)
            tar.addfile(one, io.BytesIO(content))
    return sink.getvalue()


def seeds() -> tuple[bytes, ...]:
    whole = tar_of({"set-a/132539.txt": RECORD, "../../evil.txt": RECORD})
    return (whole, gzip.compress(whole, mtime=0))
