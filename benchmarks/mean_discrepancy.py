"""Seconds of the maximum mean discrepancy with its permutations, by the size of the groups.

    python benchmarks/mean_discrepancy.py 500 2000

Each size is that of one group; the other is as large. 50 features, 1,000 permutations of patients,
one thread.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from samd_validate.stats.drift.groups import Groups
from samd_validate.stats.drift.mean_discrepancy import mean_discrepancy

FEATURES = 50
PERMUTATIONS = 1000


def seconds(size: int) -> tuple[float, float]:
    """Return wall-clock and processor seconds for two groups of ``size`` rows."""
    rows = np.random.default_rng(1).standard_normal((2 * size, FEATURES))
    groups = Groups(is_other=np.arange(2 * size) >= size, patient=np.arange(2 * size))
    wall, processor = time.perf_counter(), time.process_time()
    mean_discrepancy(rows, groups, groups.labels(PERMUTATIONS, 1))
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Print a table of all sizes given."""
    seconds(100)  # the first call also loads what it needs
    print("| rows in each group | permutations | wall-clock seconds | processor seconds |")
    print("|---|---|---|---|")
    for size in map(int, sys.argv[1:]):
        wall, processor = seconds(size)
        print(f"| {size} | {PERMUTATIONS} | {wall:.2f} | {processor:.2f} |")


if __name__ == "__main__":
    main()
