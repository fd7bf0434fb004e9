"""The gate: every rule asked of a run, each answered, in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.core.matrix import Matrix
from samd_validate.evidence.audit import TRAIL_FILE
from samd_validate.evidence.chain import entries_of
from samd_validate.evidence.verify import verify
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Sentence, Shape
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.trace.gate import links, numbers, seals, words
from samd_validate.trace.gate.asked import FAILED, OPEN, Answer, Asked
from samd_validate.trace.gate.supplied import RuleDocument, with_document
from samd_validate.trace.own import own_of, with_own
from samd_validate.trace.requirements import Requirements
from samd_validate.trace.runs import TracedRun

RULES_FILE = "gate_rules.yaml"
RULES: Mapping[str, Callable[[Asked], Answer]] = MappingProxyType(
    {
        "G-01": links.every_requirement_tested,
        "G-02": links.every_hazard_controlled,
        "G-03": seals.release_tested,
        "G-04": seals.locked_before_labels,
        "G-05": seals.files_as_sealed,
        "G-06": seals.signatures_hold,
        "G-07": links.manufacturer_not_met,
        "G-08": numbers.verdicts_read_intervals,
        "G-09": numbers.estimates_have_intervals,
        "G-10": numbers.small_groups_kept,
        "G-11": numbers.parts_do_not_overlap,
        "G-12": numbers.left_out_counted,
        "G-13": seals.looks_counted,
        "G-14": words.drafts_called_drafts,
        "G-15": words.no_claim_of_conformity,
        "G-16": words.status_not_stale,
        "G-17": words.tool_tested,
        "G-18": links.orphans_listed,
    }
)


class Rule(Shape):
    """A rule in words; ``block`` ends the gate where it is not kept, ``warn`` is told."""

    id: Annotated[str, Field(pattern=r"^G-\d{2}$")]
    rule: Sentence
    severity: Literal["block", "warn"]


class RuleFile(Shape):
    """The file gate_rules.yaml."""

    schema_version: Literal[1]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class RuleAnswer:
    """A rule with its answer for one run."""

    run: str
    rule: Rule
    answer: Answer

    @property
    def blocks(self) -> bool:
        """Return whether the gate stays shut: a blocking rule failed, or nothing answers it."""
        return self.rule.severity == "block" and self.answer.status in (FAILED, OPEN)


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of the folder ``traceability/``; each has code, and all code has a rule.

    Raises
    ------
    CannotRun
        With every unknown key and wrong value, or where rules and code differ.
    """
    path = folder / RULES_FILE
    text = parse_yaml(read_bytes(path, "the rules of the gate"), path.name)
    file: RuleFile = validated(RuleFile, text)
    listed = [rule.id for rule in file.rules]
    if listed != list(RULES):
        raise CannotRun(
            Problem(
                where=path.name,
                found=f"the rules {', '.join(listed)}",
                expected=f"those that there is code for: {', '.join(RULES)}",
                todo="use the file of this release",
            )
        )
    return file.rules


def asked_of(run: TracedRun, matrix: Matrix, catalogue: Requirements, today: date) -> Asked:
    """Return what the rules are asked about: a run's records, files, trail and matrix."""
    if run.folder is None:
        raise ValueError("run: the gate reads the evidence folder of a run")
    trail = run.folder / TRAIL_FILE
    return Asked(
        run=run,
        requirements=with_own(catalogue, own_of(run.bundle)),
        matrix=matrix,
        faults=_faults(run.folder),
        trail=tuple(entries_of(trail.read_bytes() if trail.is_file() else b"")),
        today=today,
    )


def _faults(folder: Path) -> Mapping[str, str]:
    try:
        return {test.name: test.words for test in verify(folder) if not test.is_passed}
    except ValidationError as error:
        return {"the records can be tested": f"{error.title} does not fit its shape"}


def answers(
    rules: Iterable[Rule], asked: Asked, documents: Mapping[str, RuleDocument]
) -> tuple[RuleAnswer, ...]:
    """Return the answer to every rule, in their order, with what was supplied to it."""
    return tuple(
        RuleAnswer(
            run=asked.run.name,
            rule=rule,
            answer=with_document(rule.id, RULES[rule.id](asked), documents),
        )
        for rule in rules
    )
