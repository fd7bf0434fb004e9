"""The audit trail: what each line says, clocks that go back, two writers, a disk that is full."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785

from samd_validate.core.errors import CannotRun
from samd_validate.evidence.audit import START, AuditTrail
from samd_validate.evidence.chain import entries_of, read_chain
from samd_validate.evidence.claim import claimed
from samd_validate.evidence.folder import open_run, take_up
from samd_validate.evidence.whole import write_whole

pytestmark = pytest.mark.requirement("REQ-AUDIT-TRAIL")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ticking(*seconds: int) -> Iterator[datetime]:
    return iter([NOON + timedelta(seconds=second) for second in seconds])


def trail_of(path: Path, *seconds: int) -> AuditTrail:
    times = ticking(*seconds)
    trail = AuditTrail(path, clock=lambda: next(times))
    for second in seconds:
        trail.record("act", second=second)
    return trail


@pytest.mark.requirement("SW-TRAIL-CHAIN")
def test_line_says_who_what_when_on_which_objects_and_why(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit.jsonl")
    objects = {"protocol": "sha256:1"}
    trail.record("amended", objects=objects, before="sha256:a", after="sha256:b", reason="a slip")
    line = trail.path.read_bytes().rstrip(b"\n")
    entry = json.loads(line)
    assert rfc8785.dumps(entry) == line
    assert entry["actor"].keys() == {"user", "host", "process", "program"}
    assert entry["time_utc"].endswith("+00:00")
    told = {key: entry[key] for key in ("action", "objects", "before", "after", "reason")}
    assert told == {
        "action": "amended",
        "objects": objects,
        "before": "sha256:a",
        "after": "sha256:b",
        "reason": "a slip",
    }
    assert (entry["n"], entry["previous"], entry["clock_went_back_from"]) == (1, START, None)


@pytest.mark.requirement("SW-TRAIL-CLOCK")
def test_clock_that_goes_back_is_kept_and_flagged(tmp_path: Path) -> None:
    trail = trail_of(tmp_path / "audit.jsonl", 0, 10, 4, 5)
    content = trail.path.read_bytes()
    times = [str(entry["time_utc"])[17:19] for entry in entries_of(content)]
    flags = [entry["clock_went_back_from"] for entry in entries_of(content)]
    assert times == ["00", "10", "04", "05"]
    assert flags == [None, None, "2026-01-01T12:00:10.000+00:00", None]
    state = read_chain(content)
    assert state.is_whole
    assert state.clock_steps == 1


def test_line_that_hides_a_clock_step_breaks_the_chain(tmp_path: Path) -> None:
    trail = trail_of(tmp_path / "audit.jsonl", 0, 10, 4)
    lines = trail.path.read_bytes().splitlines()
    entry = json.loads(lines[2])
    entry["clock_went_back_from"] = None
    forged = b"\n".join([*lines[:2], rfc8785.dumps(entry)]) + b"\n"
    assert read_chain(forged).broken_at == 3


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        (lambda lines: lines[:1] + lines[2:], 2),
        (lambda lines: [*lines, lines[-1]], 4),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [lines[0], b" " + lines[1], lines[2]], 2),
        (lambda lines: [lines[0], b"", *lines[1:]], 2),
        (lambda lines: [lines[0], b"[" * 100_000, lines[2]], 2),
        (lambda lines: [lines[0], b'{"n":1e400}', lines[2]], 2),
    ],
    ids=["dropped", "doubled", "swapped", "respaced", "blank", "deep", "infinite"],
)
def test_changed_trail_is_broken_where_it_was_changed(
    tmp_path: Path, change: object, broken_at: int
) -> None:
    lines = trail_of(tmp_path / "audit.jsonl", 0, 1, 2).path.read_bytes().splitlines()
    content = b"\n".join(change(lines)) + b"\n"  # type: ignore[operator]
    assert read_chain(content).broken_at == broken_at


def test_trail_with_half_a_last_line_is_gone_on_with_and_says_so(tmp_path: Path) -> None:
    trail = trail_of(tmp_path / "audit.jsonl", 0, 1)
    whole = trail.path.read_bytes()
    trail.path.write_bytes(whole[:-20])
    assert not read_chain(trail.path.read_bytes()).is_whole
    AuditTrail.taken_up(trail.path).record("act")
    content = trail.path.read_bytes()
    actions = [entry["action"] for entry in entries_of(content)]
    assert actions == ["act", "cut a line that was not ended", "act"]
    assert read_chain(content).is_whole


def test_trail_that_is_broken_before_its_end_is_not_gone_on_with(tmp_path: Path) -> None:
    trail = trail_of(tmp_path / "audit.jsonl", 0, 1)
    trail.path.write_bytes(trail.path.read_bytes().replace(b'"second":0', b'"second":7'))
    with pytest.raises(CannotRun, match="line 2 that does not follow"):
        AuditTrail.taken_up(trail.path)


def test_second_run_in_a_folder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with claimed(tmp_path, "run") as first:
        assert first.left_by is None
        with (
            pytest.raises(CannotRun, match=f"process {os.getpid()} of .* on .* since"),
            claimed(tmp_path, "run"),
        ):
            raise AssertionError("two runs hold one folder")
        with claimed(tmp_path, "another"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_claim_of_a_process_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from samd_validate.evidence.claim import claimed\n"
        "with claimed(Path(sys.argv[1]), 'run'): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -9
    with claimed(tmp_path, "run") as claim:
        assert claim.left_by is not None
        assert claim.left_by["process"] != os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_claim_file_with_nonsense_in_it_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "run.running").write_bytes(b"\xff{")
    with claimed(tmp_path, "run") as claim:
        assert claim.left_by == {}


def test_interrupted_run_is_taken_up_under_its_own_name_and_number(tmp_path: Path) -> None:
    first = open_run(tmp_path, "run-1.0.0-ab")
    first.write("findings.json", b"half")
    again = take_up(tmp_path, "run-1.0.0-ab")
    assert again is not None
    assert (again.run_id, again.final) == (first.run_id, first.final)
    assert [path.name for path in again.staged.iterdir()] == ["audit.jsonl"]
    stopped = again.abandon("the user said so")
    assert stopped.name == "run-1.0.0-ab.stopped"
    third = take_up(tmp_path, "run-1.0.0-ab")
    assert third is not None
    sealed = third.seal()
    assert sealed.name == "run-1.0.0-ab"
    assert take_up(tmp_path, "run-1.0.0-ab") is None
    actions = [entry["action"] for entry in entries_of((sealed / "audit.jsonl").read_bytes())]
    taken = "took up the run where it had stopped"
    assert actions == ["opened the folder", taken, "stopped", taken, "sealed the bundle"]


@pytest.mark.parametrize("content", [None, b"", b'{"half'])
def test_run_that_died_before_its_first_line_is_begun_anew(
    tmp_path: Path, content: bytes | None
) -> None:
    staged = tmp_path / "run.partial"
    staged.mkdir()
    if content is not None:
        (staged / "audit.jsonl").write_bytes(content)
    folder = take_up(tmp_path, "run")
    assert folder is not None
    assert len(folder.run_id) == 32
    assert folder.trail.entries == 1


def test_new_run_puts_aside_what_a_dead_one_left(tmp_path: Path) -> None:
    open_run(tmp_path, "run")
    open_run(tmp_path, "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.partial", "run.stopped"]
    last = entries_of((tmp_path / "run.stopped" / "audit.jsonl").read_bytes())[-1]
    assert last["reason"] == "the process that wrote it had died"


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let the kernel refuse files of more than 4000 bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_line_that_does_not_fit_on_the_disk_leaves_the_trail_whole(
    tmp_path: Path, small_files: None
) -> None:
    trail = AuditTrail(tmp_path / "audit.jsonl")
    trail.record("act")
    with pytest.raises(OSError, match="too large"):
        trail.record("act", long="x" * 5000)
    assert read_chain(trail.path.read_bytes()).is_whole
    trail.record("act")
    assert read_chain(trail.path.read_bytes()).entries == 2


def test_file_that_does_not_fit_on_the_disk_leaves_the_one_before(
    tmp_path: Path, small_files: None
) -> None:
    path = tmp_path / "report.pdf"
    write_whole(path, b"before")
    with pytest.raises(OSError, match="too large"):
        write_whole(path, b"x" * 5000)
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["report.pdf"]


def test_run_on_a_full_disk_is_left_as_stopped_even_if_that_cannot_be_recorded(
    tmp_path: Path, small_files: None
) -> None:
    folder = open_run(tmp_path, "run")
    with pytest.raises(OSError, match="too large"):
        folder.write("findings.json", b"x" * 5000)
    stopped = folder.abandon("x" * 5000)
    assert stopped.name == "run.stopped"
    assert read_chain((stopped / "audit.jsonl").read_bytes()).entries == 1
