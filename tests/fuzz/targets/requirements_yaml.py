"""Requirements of one's own beside a protocol: YAML."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.load import validated
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.trace.schema import RequirementFile

REQUIREMENT = b"""\
schema_version: 1
requirements:
  - id: REQ-A
    title: It answers
    text: The device shall answer.
    rationale: Somebody asks.
    measured: true
    evidence_kinds: [test]
    clauses: [iso_14971_7]
"""


def read(content: bytes) -> None:
    with suppress(CannotRun):
        validated(RequirementFile, parse_yaml(content, "requirements.yaml"))


def seeds() -> tuple[bytes, ...]:
    return (REQUIREMENT,)
