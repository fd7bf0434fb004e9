"""What can only be seen in a process of its own: the first call, and the peak of memory.

``python -m bootstrap_benchmark.child first N RESAMPLES`` and
``... memory N RESAMPLES METHOD THREADS`` print one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def first_calls(n: int, n_resamples: int) -> dict[str, float]:
    """Return seconds of the imports, of the first call and of the second."""
    begun = time.perf_counter()
    from bootstrap_benchmark import cohort, ours

    imported = time.perf_counter()
    rows, plan = cohort.draw(n), ours.plan(n_resamples)
    ends = [time.perf_counter()]
    for _ in range(2):
        ours.intervals(rows, plan)
        ends.append(time.perf_counter())
    return {
        "imports": imported - begun,
        "first": ends[1] - ends[0],
        "second": ends[2] - ends[1],
    }


def memory(n: int, n_resamples: int, method: str, threads: int) -> dict[str, float]:
    """Return bytes: the rows as given, and the highest the whole process ever stood."""
    from bootstrap_benchmark import cohort, ours

    rows = cohort.draw(n)
    ours.intervals(rows, ours.plan(n_resamples, method=method, threads=threads))
    return {"given": rows.label.nbytes + rows.score.nbytes, "peak": peak_bytes()}


def peak_bytes() -> int:
    """Return the peak of resident memory of this process.

    Not ``getrusage``'s: on Linux a child's ``ru_maxrss`` starts at its parent's size.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("this system does not tell a process's peak of memory (VmHWM)")


if __name__ == "__main__":
    kind, n, n_resamples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if kind == "first":
        seen = first_calls(n, n_resamples)
    else:
        seen = memory(n, n_resamples, sys.argv[4], int(sys.argv[5]))
    print(json.dumps(seen))
