"""How often the labels of a test set were scored: what the ledger of a place says."""

from __future__ import annotations

from dataclasses import dataclass

from samd_validate.core.finding import Finding
from samd_validate.core.verdict import Criterion, Verdict

RECORDED, NOT_AVAILABLE = "recorded", "not available"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A protocol whose runs scored the labels before: how often, and when first.

    ``is_same_part`` is true where these very labels were scored, false where others of the same
    data set were.
    """

    protocol: str
    version: str
    digest: str
    was_locked: bool
    runs: int
    first_utc: str
    is_same_part: bool


@dataclass(frozen=True, kw_only=True)
class Looks:
    """The history of one population's labels before this run."""

    population: str
    dataset: str
    fingerprint: str
    labels: str
    n_units: int
    n_before: int
    readers: tuple[Reader, ...]

    @property
    def first_utc(self) -> str:
        """Return when the labels were first scored; empty if never before."""
        return min((reader.first_utc for reader in self.readers), default="")


@dataclass(frozen=True, kw_only=True)
class LookRecord:
    """What the ledger gave: the history of each population, and the verdict on the budget.

    ``status`` is ``recorded``, or ``not available`` and ``why``. Two runs of one protocol differ
    in this record, as they do in their clock times: that is why it stands apart.
    """

    status: str
    why: str = ""
    looks: tuple[Looks, ...] = ()
    findings: tuple[Finding, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
