"""How much larger a sample must be when patients come in clusters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """Clusters of patients, such as hospitals, or of stays, such as patients.

    ``mean_size`` is the mean number of units a cluster (1 or more), ``icc`` the intra-cluster
    correlation in [0, 1], ``size_cv`` the coefficient of variation of the sizes (0: all equal).

    Raises
    ------
    ValueError
        Naming the number that cannot be.
    """

    mean_size: float
    icc: float
    size_cv: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.mean_size < float("inf"):
            raise ValueError("mean_size must be 1 or more")
        if not 0 <= self.icc <= 1:
            raise ValueError("icc must lie in [0, 1]")
        if not 0 <= self.size_cv < float("inf"):
            raise ValueError("size_cv must be 0 or more")


def design_effect(clusters: Clusters) -> float:
    """Return by which factor clusters enlarge a sample: ``1 + ((cv^2 + 1) m - 1) ICC``.

    Equal sizes give ``1 + (m - 1) ICC``. For unequal sizes it holds for analyses that weigh
    clusters by their size, and is on the safe side for others (Eldridge, Ashby & Kerry 2006,
    doi:10.1093/ije/dyl129).

    >>> round(design_effect(Clusters(mean_size=21, icc=0.05)), 4)
    2.0
    """
    return 1 + ((clusters.size_cv**2 + 1) * clusters.mean_size - 1) * clusters.icc
