"""The toolkit's own software requirements, of which each is shown by tests that carry its id."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from samd_validate.core.errors import Problem, gather
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Sentence, Shape
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.trace.requirements import Requirements, dead_links, doubled
from samd_validate.trace.schema import ClauseId


class SoftwareRequirement(Shape):
    """One thing that the toolkit must do, with the clauses and hazards behind it."""

    id: Annotated[str, Field(pattern=r"^SW-[A-Z0-9]+(-[A-Z0-9]+)*$")]
    title: Sentence
    text: Sentence
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    hazards: tuple[ClauseId, ...] = ()


class SoftwareFile(Shape):
    """The file samd_validate/requirements.yaml of the folder ``traceability/``."""

    schema_version: Literal[1]
    requirements: Annotated[tuple[SoftwareRequirement, ...], Field(min_length=1)]


def load_software(folder: Path, catalogue: Requirements) -> tuple[SoftwareRequirement, ...]:
    """Read the software requirements of the folder ``traceability/``.

    Raises
    ------
    CannotRun
        With every unknown key, doubled id and link that leads nowhere, with file and line.
    """
    path = folder / "samd_validate" / "requirements.yaml"
    text = parse_yaml(read_bytes(path, "the software requirements"), f"samd_validate/{path.name}")
    file: SoftwareFile = validated(SoftwareFile, text)
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, item in enumerate(file.requirements):
        where = text.where(("requirements", number))
        problems += [doubled(where, item.id)] if item.id in seen else []
        seen.add(item.id)
        problems += dead_links(where, item.clauses, catalogue.clauses)
        problems += dead_links(where, item.hazards, catalogue.hazards)
    gather(problems)
    return file.requirements
