"""What a statistic is made of: outcomes, scores, the patient behind each row, the threshold."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, read_only


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Labels 0/1 ``(n,)`` and scores ``(n,)``, higher is riskier.

    ``cluster (n,)`` names the patient behind each row (None: every row is a patient);
    ``threshold`` is taken as given: a score of at least the threshold is positive.
    ``n_clusters`` counts the patients.

    Raises
    ------
    ValueError
        For labels other than 0/1, scores or a threshold that are not finite, or differing lengths.
    """

    label: Column
    score: Column
    cluster: Column | None = None
    threshold: float | None = None
    n_clusters: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        label = np.asarray(self.label)
        score = read_only(self.score, np.float64)
        if label.ndim != 1 or label.shape != score.shape:
            raise ValueError("label and score must be of one length")
        if not np.isin(label, (0, 1)).all():
            raise ValueError("label must be 0 or 1")
        if not np.isfinite(score).all():
            raise ValueError("score must be finite")
        if self.threshold is not None and not np.isfinite(self.threshold):
            raise ValueError("threshold must be finite")
        n_clusters = label.size
        if self.cluster is not None:
            if np.shape(self.cluster) != label.shape:
                raise ValueError("cluster and label must be of one length")
            names, codes = np.unique(self.cluster, return_inverse=True)
            n_clusters = names.size
            object.__setattr__(self, "cluster", read_only(codes, np.int64))
        object.__setattr__(self, "label", read_only(label, np.int8))
        object.__setattr__(self, "score", score)
        object.__setattr__(self, "n_clusters", int(n_clusters))

    @property
    def codes(self) -> Column:
        """Return the patient of each row as a number from 0."""
        return np.arange(self.n) if self.cluster is None else self.cluster

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return int(self.label.size)

    @property
    def n_events(self) -> int:
        """Return the number of rows with label 1."""
        return int(self.label.sum())

    def take(self, mask: BoolArray) -> Sample:
        """Return the rows of a mask."""
        if mask.all():
            return self
        are_rows = self.n_clusters == self.n
        return Sample(
            label=self.label[mask],
            score=self.score[mask],
            cluster=None if are_rows else self.codes[mask],
            threshold=self.threshold,
        )

    def with_score(self, score: Column) -> Sample:
        """Return the same rows with another model's scores."""
        return Sample(label=self.label, score=score, cluster=self.cluster, threshold=self.threshold)
