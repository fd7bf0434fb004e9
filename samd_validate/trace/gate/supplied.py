"""What the manufacturer supplies where the evidence of a run cannot answer a rule.

A document is pointed to by title and digest and is not read here. What the evidence shows to be
broken, no document mends, but for the two rules that say so: a bridge to another release, and a
deviation from the budget of looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Shape
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.trace.gate.asked import FAILED, OPEN, SUPPLIED, Answer
from samd_validate.trace.schema import Document

MENDABLE = ("G-03", "G-13")


class RuleDocument(Document):
    """A document that answers a rule."""

    rule: Annotated[str, Field(pattern=r"^G-\d{2}$")]


class SuppliedFile(Shape):
    """The file of what a manufacturer supplies to the gate."""

    schema_version: Literal[1]
    documents: tuple[RuleDocument, ...]


def load_supplied(path: Path, rules: tuple[str, ...]) -> Mapping[str, RuleDocument]:
    """Return the documents of a file by the rule that they answer.

    Raises
    ------
    CannotRun
        With every unknown key, unknown rule, and rule that is answered twice.
    """
    text = parse_yaml(read_bytes(path, "what the manufacturer supplies (YAML)"), path.name)
    file: SuppliedFile = validated(SuppliedFile, text)
    problems: list[Problem] = []
    found: dict[str, RuleDocument] = {}
    for number, document in enumerate(file.documents):
        where = text.where(("documents", number))
        if document.rule not in rules:
            problems.append(_problem(where, f"the rule {document.rule!r}", document.rule, rules))
        if document.rule in found:
            problems.append(_problem(where, f"{document.rule} twice", document.rule, ()))
        found[document.rule] = document
    gather(problems)
    return found


def _problem(where: str, found: str, rule: str, rules: tuple[str, ...]) -> Problem:
    expected = did_you_mean(rule, rules) if rules else "one document for a rule"
    return Problem(where=where, found=found, expected=expected, todo="correct the file")


def with_document(rule: str, answer: Answer, documents: Mapping[str, RuleDocument]) -> Answer:
    """Return an answer with the document that was supplied to it, where one can answer it."""
    document = documents.get(rule)
    can_answer = answer.status == OPEN or (answer.status == FAILED and rule in MENDABLE)
    if document is None or not can_answer:
        return answer
    words = f"the manufacturer names {document.title!r}, {document.sha256}, which is not read here"
    seen = answer.why.split("; the manufacturer supplies")[0]
    return replace(answer, status=SUPPLIED, why=f"{seen}; {words}")
