"""The shape of the folder ``traceability/``: requirements, hazards, clauses by source."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from samd_validate.protocol.schema import Sentence, Shape, without_empty

RequirementId = Annotated[str, Field(pattern=r"^REQ-[A-Z0-9]+(-[A-Z0-9]+)*$")]
ClauseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.\-]*$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Verification = Literal["confirmed", "partly_confirmed", "memory"]
RecordName = Literal[
    "audit_trail",
    "cohort_flow",
    "content_digest",
    "environment",
    "fingerprints",
    "human_oversight",
    "intended_use",
    "interval_methods",
    "limitations",
    "looks_ledger",
    "model_card",
    "operating_point",
    "outcome_definition",
    "protocol",
    "signatures",
    "traceability",
]


class Requirement(Shape):
    """One thing that a validated device must show, in our words, with the clauses behind it.

    ``records`` names parts of the bundle that are evidence in themselves; ``measured`` says
    whether numbers with criteria are expected; ``manufacturer_supplies`` is what no run can give.
    """

    id: RequirementId
    title: Sentence
    text: Sentence
    rationale: Sentence
    measured: bool
    evidence_kinds: Annotated[tuple[Word, ...], Field(min_length=1)]
    records: tuple[RecordName, ...] = ()
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    hazards: tuple[ClauseId, ...] = ()
    manufacturer_supplies: str = ""


class RequirementFile(Shape):
    """The file requirements.yaml."""

    schema_version: Literal[1]
    requirements: Annotated[tuple[Requirement, ...], Field(min_length=1)]


class Control(Shape):
    """A risk control after ISO 14971, in its order of preference."""

    id: ClauseId
    type: Literal["inherent_design", "protective_measure", "information_for_safety"]
    measure: Sentence


class Document(Shape):
    """A document of the manufacturer's, pointed to by name and digest; it is not read here."""

    title: Sentence
    sha256: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class ControlTest(Shape):
    """How a control is verified: that it is there, and that it works.

    ``control`` says which control it verifies; its result is that of the ``criteria`` of a
    protocol, or stands in a ``document`` of the manufacturer's.
    """

    id: ClauseId
    kind: Literal["implementation", "effectiveness"]
    test: Sentence
    control: ClauseId | None = None
    criteria: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    document: Document | None = None

    @model_serializer(mode="wrap")
    def _without_later_keys(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_empty(plain(self), "control", "criteria", "document")


Probability = Literal["P1", "P2", "P3", "P4", "P5"]


class Hazard(Shape):
    """A hazard with its sequence of events, harm, controls and their verification.

    ``initial`` and ``residual`` are the probabilities of harm before and after control, given
    the situation: for a failure of software the situation itself is taken as certain.
    """

    id: ClauseId
    device: Word
    hazard: Sentence
    sequence: Sentence
    situation: Sentence
    harm: Sentence
    severity: Literal["S1", "S2", "S3", "S4", "S5"]
    controls: tuple[Control, ...] = ()
    verification: tuple[ControlTest, ...] = ()
    evidence_kinds: tuple[Word, ...] = ()
    clauses: tuple[ClauseId, ...] = ()
    initial: Probability | None = None
    residual: Probability | None = None

    @model_validator(mode="after")
    def _tests_of_own_controls(self) -> Hazard:
        known = {control.id for control in self.controls}
        astray = [t.id for t in self.verification if t.control and t.control not in known]
        if astray:
            raise ValueError(f"tests of controls that are not listed here: {', '.join(astray)}")
        return self

    @model_serializer(mode="wrap")
    def _without_later_keys(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_empty(plain(self), "initial", "residual")


Rating = Annotated[str, Field(pattern=r"^S[1-5]/P[1-5]$")]


class Acceptability(Shape):
    """Which pairs of severity and probability the manufacturer does not accept."""

    unacceptable: tuple[Rating, ...]
    investigate: tuple[Rating, ...] = ()


class HazardFile(Shape):
    """The file hazards.yaml."""

    schema_version: Literal[1]
    acceptability: Acceptability | None = None
    hazards: tuple[Hazard, ...]


class EvidenceKind(Shape):
    """A kind of evidence, and what it does not show."""

    id: Word
    title: Sentence
    produced_by: Literal["run", "template", "manufacturer"]
    does_not_show: str = ""


class EvidenceKindFile(Shape):
    """The file evidence_kinds.yaml."""

    schema_version: Literal[1]
    evidence_kinds: tuple[EvidenceKind, ...]


class Source(Shape):
    """A regulation, guidance or standard: its status when it was last looked at."""

    id: ClauseId
    short: Sentence
    title: Sentence
    issuer: str
    status: Sentence
    date: str
    force: Sentence
    verification: Verification
    checked: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    draft_label: str = ""


class Clause(Shape):
    """A clause or reporting item: number, title and meaning in our own words.

    ``coverage`` says how much of the evidence a run can make at best; ``full`` never means
    conformity.
    """

    id: ClauseId
    clause: str
    title: Sentence
    says: Sentence
    coverage: Literal["full", "partial", "manufacturer"]
    evidence_kinds: tuple[Word, ...] = ()
    manufacturer_supplies: str = ""
    note: str = ""
    applies_to: tuple[Word, ...] = ()
    verification: Verification


class ClauseFile(Shape):
    """A file of the folder clauses/: one source with its clauses."""

    schema_version: Literal[1]
    source: Source
    clauses: tuple[Clause, ...]
