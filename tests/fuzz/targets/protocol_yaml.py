"""A protocol: YAML of whoever writes one."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol

from . import file_of


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, "protocol.yaml") as path:
        load_protocol(path)


def seeds() -> tuple[bytes, ...]:
    whole = (shipped("protocols") / "starter.yaml").read_bytes()
    return (whole, b"schema_version: 1\nid: &a [*a]\n", b"a: !!python/object/apply:os.system [x]\n")
