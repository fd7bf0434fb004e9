"""Simulated patients: the same rows are given to everyone that is timed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samd_validate.core.arrays import Column

PREVALENCE = 0.10
THRESHOLD = 0.15
CHUNK = 65_536


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Labels 0/1 ``(n,)``, risks ``(n,)`` in (0, 1), and patients ``(n,)`` if rows are not."""

    label: Column
    score: Column
    threshold: float = THRESHOLD
    cluster: Column | None = None

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return int(self.label.size)


def draw(n: int, *, seed: int = 1) -> Rows:
    """Draw binormal rows (true AUROC 0.80), in chunks so that drawing leaves no peak of memory."""
    generator = np.random.default_rng([seed, n])
    label, score = np.empty(n, np.int8), np.empty(n)
    for first in range(0, n, CHUNK):
        size = min(CHUNK, n - first)
        event = generator.random(size) < PREVALENCE
        log_odds = -2.7 + 1.2 * event + generator.standard_normal(size)
        label[first : first + size] = event
        score[first : first + size] = 1 / (1 + np.exp(-log_odds))
    return Rows(label=label, score=score)


def with_ties(rows: Rows) -> Rows:
    """Return the rows with risks rounded to two digits."""
    return replace(rows, score=np.round(rows.score, 2))


def in_pairs(rows: Rows) -> Rows:
    """Return the rows with two to a patient."""
    return replace(rows, cluster=np.arange(rows.n) // 2)


def groups(n: int, n_groups: int, *, seed: int = 2) -> Column:
    """Draw the group ``(n,)`` of each row, from 0 up, all equally likely."""
    return np.random.default_rng([seed, n]).integers(0, n_groups, n)
