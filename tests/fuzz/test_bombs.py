"""Small files that claim or become large ones: told in words, within bounds of time and memory.

Each bomb is read in a process of its own that may have so much memory and processor time and no
more: whoever reads it whole is killed, and the test fails.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from bombs import BOMBS

from samd_validate.readers._packed import LARGEST_BYTES, gunzipped, most_unpacked

FUZZ = Path(__file__).parent
MOST_MEMORY, MOST_CPU_SECONDS = 5_000_000_000, 40
WITHIN = 600_000
"""Kilobytes of memory that a reader may take at its peak, the libraries it needs included."""


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """Read every bomb, each in a fork of one process that has the libraries loaded."""
    paths = [str(FUZZ), str(FUZZ.parent / "support"), os.environ.get("PYTHONPATH", "")]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, str(FUZZ / "bombs.py")],
        env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)},
        preexec_fn=bounded,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.mark.requirement("SW-OUTSIDE-FILES")
@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_told_within_bounds(name: str, outcomes: dict[str, str]) -> None:
    status, _, peak = outcomes[name].partition("\t")
    assert status.startswith("told"), outcomes[name]
    assert int(peak) < WITHIN


def test_limit_of_what_is_unpacked_grows_with_the_file() -> None:
    assert most_unpacked(1) < most_unpacked(1_000_000) < LARGEST_BYTES
    assert most_unpacked(10**12) == LARGEST_BYTES
    with pytest.raises(EOFError):
        gunzipped(b"")
