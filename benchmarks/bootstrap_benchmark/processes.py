"""Fresh processes, and what they printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
TINY = 1_000


@dataclass(frozen=True, kw_only=True)
class Peak:
    """Growth of a process's peak in bytes a row, over a process with a thousand rows."""

    method: str
    n: int
    threads: int
    whole: float
    given: float

    @property
    def per_row_and_thread(self) -> float:
        """Return all that grew, the rows themselves included, by row and thread."""
        return self.whole / self.threads


def first_calls(n: int, n_resamples: int) -> dict[str, dict[str, float]]:
    """Return the seconds of a first process with an empty cache of compiled code, and of a next."""
    with tempfile.TemporaryDirectory() as cache:
        return {
            name: _child("first", n, n_resamples, NUMBA_CACHE_DIR=cache)
            for name in ("empty", "warm")
        }


def peaks(sizes: tuple[int, ...], n_resamples: int, method: str, threads: int) -> list[Peak]:
    """Return the growth of memory for each number of rows."""
    tiny = _child("memory", TINY, n_resamples, method, threads)
    found = []
    for n in sizes:
        one = _child("memory", n, n_resamples, method, threads)
        growth = {name: (one[name] - tiny[name]) / (n - TINY) for name in one}
        peak = Peak(
            method=method, n=n, threads=threads, whole=growth["peak"], given=growth["given"]
        )
        found.append(peak)
    return found


def _child(*arguments: object, **environment: str) -> dict[str, float]:
    paths = [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "bootstrap_benchmark.child", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
