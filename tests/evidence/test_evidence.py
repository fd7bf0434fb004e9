"""A sealed bundle reads back the same, and every change to it is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samd_validate.core.bundle import Bundle, CohortSummary, OperatingPoint, StepRecord
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import FlowRow, Provenance
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import Figure, Finding, Table
from samd_validate.core.verdict import Criterion
from samd_validate.evidence.audit import AuditTrail, read_chain
from samd_validate.evidence.bundle import read_bundle, same_records, write_bundle
from samd_validate.evidence.folder import open_run
from samd_validate.evidence.pseudonym import local_key, pseudonyms
from samd_validate.evidence.verify import verify
from samd_validate.judge import judge
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol


def _read_by_verdicts(entry: object) -> dict[str, Any]:
    return {key: value for key, value in vars(entry).items() if key != "expected"}


def small_bundle() -> Bundle:
    loaded = load_protocol(shipped("protocols") / "icu_mortality.yaml")
    protocol = loaded.protocol
    findings = (
        Finding(
            check="discrimination",
            measure="auroc",
            population="test",
            subset="all",
            measurement=Estimate(value=0.8, low=0.77, high=0.83, level=0.95, method="m", n=9),
        ),
        Finding(
            check="discrimination",
            measure="auroc",
            population="hillcrest",
            subset="all",
            measurement=NotEstimable(code="one_class", reason="no events", n=4),
        ),
    )
    criteria = tuple(
        Criterion(**{**_read_by_verdicts(entry), "finding": entry.finding.key})
        for entry in protocol.criteria
    )
    return Bundle(
        protocol=protocol.model_dump(mode="json"),
        protocol_source=loaded.source.decode(),
        protocol_digest=loaded.digest,
        software_version="0",
        cohorts=(
            CohortSummary(
                id="riverside",
                role="development",
                reader="r",
                n_units=9,
                n_patients=8,
                n_events=2,
                n_sites=1,
                flow=(FlowRow(kind="start", reason="all", count=9),),
                provenance=Provenance(
                    source="s", title="t", licence="l", citation="c", fingerprint="f"
                ),
                parts={"test": {"units": 9, "patients": 8, "events": 2}},
            ),
        ),
        model={"name": "m"},
        comparators=(),
        operating_point=OperatingPoint(threshold=0.1, origin="given"),
        steps=(
            StepRecord(
                id="d",
                check="d",
                version=1,
                status="ran",
                why="",
                params={},
                doc="d",
                requirements=("REQ-1",),
            ),
        ),
        findings=findings,
        figures=(Figure(id="f", kind="roc", title="t", caption="c", alt="a", content={"x": [1]}),),
        tables=(Table(id="t", title="t", caption="c", columns=("a",), rows=(("x",), (1,))),),
        criteria=criteria,
        verdicts=judge(criteria, findings),
    )


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = open_run(tmp_path, "run")
    folder.trail.record("planned", protocol="sha256:0")
    write_bundle(small_bundle(), folder)
    return folder.seal()


def failed(folder: Path) -> list[str]:
    return [test.name for test in verify(folder) if not test.is_passed]


def test_untouched_bundle_passes_every_test(sealed: Path) -> None:
    assert failed(sealed) == []
    assert len(verify(sealed)) == 11


@pytest.mark.requirement("SW-EVIDENCE-READ")
def test_bundle_reads_back_as_it_was_written(sealed: Path) -> None:
    assert same_records(read_bundle(sealed), small_bundle())


@pytest.mark.requirement("SW-RUN-SAME-BYTES")
def test_two_bundles_of_the_same_records_have_one_content_digest(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        folder = open_run(tmp_path, name)
        folder.trail.record("planned", name=name)
        write_bundle(small_bundle(), folder)
        digests.append(read_bundle(folder.seal()).content_digest)
    assert digests[0] == digests[1]


@pytest.mark.requirement("SW-EVIDENCE-TAMPER")
def test_changed_finding_is_found(sealed: Path) -> None:
    path = sealed / "findings.json"
    path.write_bytes(path.read_bytes().replace(b"0.77", b"0.74"))
    assert failed(sealed) == [
        "every file is as the manifest lists it",
        "the verdicts follow from findings and criteria",
    ]


@pytest.mark.requirement("SW-EVIDENCE-TAMPER")
def test_changed_verdict_with_a_manifest_made_to_fit_is_found(sealed: Path) -> None:
    from samd_validate.core.canonical import digest
    from samd_validate.evidence.folder import file_digests

    path = sealed / "verdicts.json"
    path.write_bytes(path.read_bytes().replace(b"NOT_ASSESSED", b"PASS"))
    manifest = json.loads((sealed / "manifest.json").read_bytes())
    manifest["files"] = file_digests(sealed)
    manifest["content_digest"] = digest(manifest["files"])
    (sealed / "manifest.json").write_bytes(canonical_bytes(manifest))
    assert failed(sealed) == ["the verdicts follow from findings and criteria"]


def test_dropped_criterion_is_found(sealed: Path) -> None:
    path = sealed / "criteria.json"
    path.write_bytes(canonical_bytes(json.loads(path.read_bytes())[1:]))
    assert "the criteria are those of the protocol" in failed(sealed)


@pytest.mark.requirement("SW-EVIDENCE-TAMPER")
def test_lost_file_and_foreign_file_are_found(sealed: Path) -> None:
    (sealed / "figures" / "f.json").rename(sealed / "figures" / "g.json")
    assert failed(sealed)[:2] == [
        "every file is as the manifest lists it",
        "nothing lies beside the listed files",
    ]


@pytest.mark.requirement("SW-TRAIL-CHAIN")
def test_changed_line_of_the_trail_breaks_the_chain(sealed: Path) -> None:
    trail = sealed / "audit.jsonl"
    trail.write_bytes(trail.read_bytes().replace(b"planned", b"Planned"))
    assert "each line of the audit trail follows from the last" in failed(sealed)


@pytest.mark.requirement("SW-TRAIL-CHAIN")
def test_cut_tail_of_the_trail_is_found_by_the_manifest(sealed: Path) -> None:
    trail = sealed / "audit.jsonl"
    trail.write_bytes(trail.read_bytes().splitlines(keepends=True)[0])
    assert failed(sealed) == ["the manifest holds the head of the audit trail"]


def test_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    assert failed(tmp_path) == ["the manifest is there and readable"]
    with pytest.raises(CannotRun, match="evidence folder of a finished run"):
        read_bundle(tmp_path)


@pytest.mark.requirement("SW-RUN-HALF")
def test_run_that_stops_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    folder = open_run(tmp_path, "run")
    folder.trail.record("planned")
    kept = folder.abandon("KeyboardInterrupt")
    assert [path.name for path in tmp_path.iterdir()] == ["run.stopped"]
    assert read_chain((kept / "audit.jsonl").read_bytes()).entries == 3
    assert failed(kept) == ["the manifest is there and readable"]


@pytest.mark.requirement("SW-EVIDENCE-ONCE")
def test_earlier_run_is_never_written_over(tmp_path: Path, sealed: Path) -> None:
    assert open_run(tmp_path, sealed.name).final.name == "run-2"


def test_each_entry_carries_the_digest_of_the_last(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit.jsonl")
    for number in range(3):
        trail.record("act", number=number)
    state = read_chain(trail.path.read_bytes())
    assert (state.entries, state.head, state.broken_at) == (3, trail.head, None)


@pytest.mark.requirement("SW-PRIVACY-IDS")
def test_pseudonyms_need_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    key = local_key()
    assert key == local_key()
    identifiers = np.array(["a", "b", "a"])
    names = pseudonyms(identifiers, key)
    assert names[0] == names[2] != names[1]
    assert names != pseudonyms(identifiers, b"another key")
    assert (tmp_path / "samd-validate" / "pseudonym.key").stat().st_mode & 0o077 == 0
