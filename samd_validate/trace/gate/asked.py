"""What a rule of the gate is asked about, and how it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import Matrix
from samd_validate.core.verdict import Verdict
from samd_validate.trace.requirements import Requirements
from samd_validate.trace.runs import TracedRun

OK, FAILED, OPEN, NOT_APPLICABLE = "ok", "failed", "open", "not applicable"
SUPPLIED = "supplied"
MOST_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A run with its matrix, the texts it is held against, and what its files say.

    ``faults`` are the tests of the evidence that did not pass; ``trail`` are the entries of the
    audit trail; ``today`` tells how old a source's status is.
    """

    run: TracedRun
    requirements: Requirements
    matrix: Matrix
    faults: Mapping[str, str]
    trail: tuple[Mapping[str, object], ...]
    today: date

    @property
    def bundle(self) -> Bundle:
        """Return the records of the run."""
        return self.run.bundle

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Return the verdicts by their criteria."""
        return {verdict.criterion: verdict for verdict in self.bundle.all_verdicts}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``ok``, ``failed``, ``open`` (the evidence cannot say) or ``not applicable``, and why.

    ``supplied`` is what was open and to which the manufacturer named a document.
    """

    status: str
    why: str


def ok(why: str) -> Answer:
    """Return that a rule is kept."""
    return Answer(status=OK, why=why)


def failed(why: str) -> Answer:
    """Return that a rule is not kept."""
    return Answer(status=FAILED, why=why)


def left_open(why: str, supply: str) -> Answer:
    """Return that the evidence cannot say, and what the manufacturer must supply."""
    return Answer(status=OPEN, why=f"{why}; the manufacturer supplies {supply}")


def not_applicable(why: str) -> Answer:
    """Return that a run has nothing that the rule speaks of."""
    return Answer(status=NOT_APPLICABLE, why=why)


def named(names: list[str]) -> str:
    """Return a list for a sentence, shortened with its count.

    >>> named(["a", "b"])
    'a, b'
    """
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
