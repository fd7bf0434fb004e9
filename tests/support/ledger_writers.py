"""Writers of a ledger that a process of their own can run."""

from __future__ import annotations

from pathlib import Path

from plain_population import population

from samd_validate.evidence.ledger import Scoring, note_looks


def scoring(run: str, *, version: str = "1.0.0", is_locked: bool = True) -> Scoring:
    """Return the scoring of a run."""
    digest = f"sha256:{version}"
    return Scoring(run=run, protocol="icu", version=version, digest=digest, is_locked=is_locked)


def look_many_times(place: str, run: str, times: int) -> None:
    """Note so many looks at the same labels, each of a run of its own."""
    for number in range(times):
        note_looks(Path(place), scoring(f"{run}{number}"), [population()])
