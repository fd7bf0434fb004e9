"""A code map of event streams: YAML."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.load import validated
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.readers.meds_codes.code_map import CodeMap

MAP = b"""\
schema_version: 1
codes:
  - {code: "LAB//220045//{unit}", variable: heart_rate, unit: bpm, already_between: [0, 300]}
"""


def read(content: bytes) -> None:
    with suppress(CannotRun):
        validated(CodeMap, parse_yaml(content, "codes.yaml"))


def seeds() -> tuple[bytes, ...]:
    return (MAP,)
