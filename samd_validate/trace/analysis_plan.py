"""The elements of a statistical analysis plan, and what a protocol leaves open of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from samd_validate.plan import Plan
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Sentence, Shape
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.trace.plan_answers import ANSWERS, Answer, Asked
from samd_validate.trace.schema import ClauseId, Verification

ELEMENTS_FILE = "statistical_analysis_plan.yaml"


class Element(Shape):
    """One thing that a plan must fix, what a program can check of it, and where it comes from."""

    id: Annotated[str, Field(pattern=r"^SAP-\d{2}$")]
    element: Sentence
    must_fix: Sentence
    machine_check: Sentence
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    verification: Verification


class ElementFile(Shape):
    """The file statistical_analysis_plan.yaml."""

    schema_version: Literal[1]
    compiled: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    elements: Annotated[tuple[Element, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """An element with a protocol's answer and the line where that stands."""

    element: Element
    answer: Answer
    where: str


def load_elements(folder: Path) -> tuple[Element, ...]:
    """Return the elements of the folder ``traceability/``.

    Raises
    ------
    CannotRun
        With every unknown key and wrong value, with file and line.
    """
    path = folder / ELEMENTS_FILE
    text = parse_yaml(read_bytes(path, "the elements of an analysis plan"), path.name)
    file: ElementFile = validated(ElementFile, text)
    return file.elements


def plan_rows(
    elements: tuple[Element, ...], plan: Plan, lock: Mapping[str, object]
) -> tuple[PlanRow, ...]:
    """Return what a protocol answers of each element, in their order."""
    asked = Asked(plan=plan, lock=lock)
    rows = []
    for element in elements:
        answer = ANSWERS[element.id](asked)
        rows.append(PlanRow(element=element, answer=answer, where=_where(plan, answer.key)))
    return tuple(rows)


def _where(plan: Plan, key: str) -> str:
    """Return the line of a key of the protocol; the key alone where it is not written out."""
    text = plan.loaded.text
    place = tuple(key.split("."))
    return text.where(place) if place in text.lines else ""
