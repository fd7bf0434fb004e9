"""A disk that is really full: a small file system, and the command line on it.

Where the kernel gives nobody a namespace of mounts these tests are skipped: no full disk can be
made there. A mount that fails inside one is a failure.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from black_box import small_black_box

pytestmark = pytest.mark.requirement("REQ-AUDIT-TRAIL")
UNSHARED = ("unshare", "--map-root-user", "--mount")


def run_on_a_disk_of(size: str, place: Path) -> tuple[str, int, list[str]]:
    """Return what a run said, its exit code, and the suffixes of what it left."""
    if subprocess.run([*UNSHARED, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    small_black_box(place / "p.yaml")
    (place / "r").mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none r && {sys.executable} -m samd_validate.cli run p.yaml "
        "--dataset my-predictions=p.csv --out r; echo $?; ls r"
    )
    command = [*UNSHARED, "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)
    code, *left = done.stdout.split()
    return done.stderr, int(code), [Path(name).suffix for name in left]


@pytest.mark.requirement("SW-RUN-HALF")
def test_evidence_that_does_not_fit_is_told_and_does_not_look_whole(tmp_path: Path) -> None:
    err, code, left = run_on_a_disk_of("60k", tmp_path)
    assert "no space left on device" in err
    assert "Traceback" not in err
    assert code == 2
    assert ".stopped" in left
    assert ".partial" not in left


def test_reports_that_do_not_fit_leave_the_evidence_sealed(tmp_path: Path) -> None:
    err, code, left = run_on_a_disk_of("500k", tmp_path)
    assert "no space left on device" in err
    assert "the evidence is sealed" in err
    assert code == 2
    assert not {".stopped", ".partial", ".pdf"} & set(left)
