"""The ledger of looks: by label, by source, one reading per run, many writers, no writer."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ledger_writers import look_many_times, scoring
from plain_population import population

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import Population
from samd_validate.core.looks import NOT_AVAILABLE
from samd_validate.core.verdict import Outcome
from samd_validate.evidence.chain import next_line, now_utc, read_chain
from samd_validate.evidence.ledger import (
    LEDGER_FILE,
    SCORED,
    LedgerNotAvailable,
    labels_digest,
    ledger_folder,
    note_looks,
    readings_of,
)
from samd_validate.evidence.looks import look_record
from samd_validate.protocol.schema import LooksBudget

pytestmark = pytest.mark.requirement("REQ-PRESPECIFICATION")
BUDGET = LooksBudget(at_most=2, rationale="two looks were agreed")


def before(folder: Path, run: str, *populations: Population) -> list[int]:
    return [one.n_before for one in note_looks(folder, scoring(run), populations)]


def test_place_is_the_option_then_the_variable_then_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAMD_VALIDATE_LEDGER", "/shared/ledger")
    assert ledger_folder(tmp_path) == tmp_path
    assert ledger_folder(None) == Path("/shared/ledger")
    monkeypatch.delenv("SAMD_VALIDATE_LEDGER")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert ledger_folder(None) == tmp_path / "samd-validate" / "ledger"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert ledger_folder(None) == Path.home() / ".local/state/samd-validate/ledger"


@pytest.mark.requirement("SW-LEDGER-COUNTS")
def test_each_run_sees_those_before_it(tmp_path: Path) -> None:
    assert [before(tmp_path, run, population()) for run in "abc"] == [[0], [1], [2]]
    assert readings_of(tmp_path, "icu") == 3
    assert readings_of(tmp_path, "another") == 0


def test_interrupted_run_that_goes_on_is_one_reading(tmp_path: Path) -> None:
    before(tmp_path, "a", population())
    assert before(tmp_path, "b", population()) == [1]
    before(tmp_path, "c", population())
    assert before(tmp_path, "b", population()) == [1]
    assert readings_of(tmp_path, "icu") == 3


def test_same_labels_in_another_file_and_another_order_are_known(tmp_path: Path) -> None:
    first = population()
    turned = replace(first, cohort=first.cohort.take(np.array([2, 0, 1])), score=first.score)
    assert labels_digest(first) == labels_digest(turned)
    assert before(tmp_path, "a", first) == [0]
    assert before(tmp_path, "b", population(fingerprint="sha256:b")) == [1]


def test_other_part_of_the_same_data_counts_and_is_told_apart(tmp_path: Path) -> None:
    before(tmp_path, "a", population())
    (looks,) = note_looks(tmp_path, scoring("b"), [population((1, 1))])
    assert (looks.n_before, looks.readers[0].is_same_part) == (1, False)
    assert before(tmp_path, "c", population((1, 0), "sha256:z", "elsewhere")) == [0]


def test_readers_are_told_by_protocol_version_and_lock(tmp_path: Path) -> None:
    note_looks(tmp_path, scoring("a", is_locked=False), [population()])
    note_looks(tmp_path, scoring("b", version="1.1.0"), [population()])
    note_looks(tmp_path, scoring("c", version="1.1.0"), [population()])
    (looks,) = note_looks(tmp_path, scoring("d"), [population()])
    told = [(one.version, one.was_locked, one.runs) for one in looks.readers]
    assert told == [("1.0.0", False, 1), ("1.1.0", True, 2)]
    assert looks.first_utc == looks.readers[0].first_utc


@pytest.mark.parametrize(("runs", "outcome"), [(1, Outcome.PASS), (2, Outcome.PASS), (3, "FAIL")])
def test_budget_of_looks_becomes_a_verdict(tmp_path: Path, runs: int, outcome: str) -> None:
    for number in range(runs):
        record = look_record(tmp_path, scoring(str(number)), [population()], BUDGET, 0.95)
    (verdict,), (finding,) = record.verdicts, record.findings
    assert verdict.outcome == outcome
    assert isinstance(finding.measurement, Estimate)
    assert finding.measurement.value == runs


def test_without_a_budget_there_is_no_verdict(tmp_path: Path) -> None:
    record = look_record(tmp_path, scoring("a"), [population()], None, 0.95)
    assert (record.criteria, record.verdicts, len(record.looks)) == ((), (), 1)


@pytest.mark.requirement("SW-LEDGER-COUNTS")
def test_ledger_that_cannot_be_written_is_told_and_never_a_pass(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    record = look_record(blocked / "ledger", scoring("a"), [population()], BUDGET, 0.95)
    assert (record.status, record.why) == (NOT_AVAILABLE, "not a directory")
    assert record.verdicts[0].outcome is Outcome.NOT_ASSESSED
    assert isinstance(record.findings[0].measurement, NotEstimable)


def test_ledger_with_a_changed_line_is_not_built_upon(tmp_path: Path) -> None:
    before(tmp_path, "a", population())
    before(tmp_path, "b", population())
    path = tmp_path / LEDGER_FILE
    content = path.read_bytes().replace(b'"run":"a"', b'"run":"x"')
    path.write_bytes(content)
    with pytest.raises(LedgerNotAvailable, match="broken at line 2"):
        before(tmp_path, "c", population())
    with pytest.raises(LedgerNotAvailable, match="broken at line 2"):
        readings_of(tmp_path, "icu")
    assert path.read_bytes() == content


def test_entry_that_lacks_what_every_entry_tells_is_not_built_upon(tmp_path: Path) -> None:
    start = read_chain(b"")
    line = next_line(start, {"action": SCORED, "run": "a", "labels": []}, now_utc())
    (tmp_path / LEDGER_FILE).write_bytes(line + b"\n")
    with pytest.raises(LedgerNotAvailable, match="lacks"):
        before(tmp_path, "b", population())
    assert (tmp_path / LEDGER_FILE).read_bytes() == line + b"\n"


def test_half_a_last_line_is_cut_and_said_so(tmp_path: Path) -> None:
    before(tmp_path, "a", population())
    path = tmp_path / LEDGER_FILE
    path.write_bytes(path.read_bytes() + b'{"action":"scor')
    assert before(tmp_path, "b", population()) == [1]
    lines = path.read_bytes().splitlines()
    assert json.loads(lines[1])["action"] == "cut a line that was not ended"
    assert read_chain(path.read_bytes()).is_whole


def test_many_processes_write_one_ledger_and_no_line_is_lost(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    writers = [
        context.Process(target=look_many_times, args=(str(tmp_path), run, 15)) for run in "abc"
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    state = read_chain((tmp_path / LEDGER_FILE).read_bytes())
    assert (state.entries, state.is_whole) == (45, True)
    assert before(tmp_path, "last", population()) == [45]


@pytest.mark.requirement("SW-PRIVACY-IDS")
def test_no_id_of_a_patient_stands_in_the_ledger(tmp_path: Path) -> None:
    before(tmp_path, "a", population())
    content = (tmp_path / LEDGER_FILE).read_text()
    assert '"u0"' not in content
    assert '"p0"' not in content
