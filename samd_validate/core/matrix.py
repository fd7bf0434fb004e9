"""What ties requirements, hazards and clauses to evidence: rows of a matrix, gaps first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How far a run gives evidence for a row; none of these says that a rule is met.

    ``SUSPECT`` is evidence whose requirement, hazard or protocol changed after the run: it counts
    for nothing until somebody looks at it again.
    """

    OPEN = "open - manufacturer supplies"
    SUSPECT = "suspect"
    PARTIAL = "partial"
    EVIDENCE = "evidence from this run"


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A clause as it is cited: source, number, title, and how sure we are of it.

    ``draft_label`` is empty for what is in force; ``verification`` is ``confirmed``,
    ``partly_confirmed`` or ``memory``.
    """

    id: str
    source: str
    clause: str
    title: str
    verification: str
    draft_label: str = ""

    def text(self) -> str:
        """Return the citation as printed, drafts called drafts and doubts called doubts.

        >>> Citation(id="x", source="ISO 14971", clause="7.2", title="t",
        ...          verification="memory").text()
        'ISO 14971 7.2 [clause not verified]'
        """
        place = "" if self.clause in ("", "-") else f" {self.clause}"
        draft = f" [{self.draft_label}]" if self.draft_label else ""
        doubt = {
            "confirmed": "",
            "partly_confirmed": " [clause partly verified]",
            "memory": " [clause not verified]",
        }[self.verification]
        return f"{self.source}{place}{draft}{doubt}"


@dataclass(frozen=True, kw_only=True)
class Link:
    """One thing that a row can be followed to: a finding, a step or a record in a file of a run.

    ``kinds`` are the kinds of evidence it can be; ``sha256`` is the digest that the manifest of
    the run lists for ``file``, empty where nothing was sealed.
    """

    finding: str
    kinds: tuple[str, ...] = ()
    criterion: str = ""
    verdict: str = "no criterion"
    file: str = ""
    sha256: str = ""
    run: str = ""
    signature: str = ""


@dataclass(frozen=True, kw_only=True)
class RunHead:
    """A run that a matrix was made from, by its name and digests.

    ``signature`` says who signed its protocol and its evidence, or that nobody did.
    """

    name: str
    protocol: str
    protocol_digest: str
    content_digest: str
    signature: str


@dataclass(frozen=True, kw_only=True)
class TraceRow:
    """A requirement, hazard or clause with what this run shows for it.

    ``kind`` is ``requirement``, ``hazard`` or ``clause``. ``evidence`` are keys of findings, ids
    of steps and names of records, each with a link to its file in ``links``; ``criteria`` and
    ``verdicts`` go in pairs. ``gaps`` says in words what is missing. ``is_suspect`` marks what
    changed after the run. ``sources`` are the ids of the sources of its clauses.
    """

    kind: str
    id: str
    title: str
    text: str
    citations: tuple[Citation, ...] = ()
    requirements: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    verdict: str = "no criterion"
    state: State = State.OPEN
    gaps: tuple[str, ...] = ()
    is_suspect: bool = False
    links: tuple[Link, ...] = ()
    evidence_kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Rows by kind, gaps first within each; ``runs`` says of which runs.

    The digests are those of the run, empty for a matrix over several.
    """

    requirements: tuple[TraceRow, ...]
    hazards: tuple[TraceRow, ...]
    clauses: tuple[TraceRow, ...]
    protocol_digest: str
    content_digest: str
    runs: tuple[RunHead, ...] = ()
    schema_version: int = 1

    @property
    def rows(self) -> tuple[TraceRow, ...]:
        """Return all rows: requirements, hazards, clauses."""
        return self.requirements + self.hazards + self.clauses
