"""Requirements and hazards of a device: named by its protocol, kept with its evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import sealed_example

from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import plain
from samd_validate.core.errors import CannotRun
from samd_validate.core.matrix import State
from samd_validate.pipeline import own_texts, planned
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import LoadedProtocol, load_protocol
from samd_validate.publish import known_requirements
from samd_validate.trace.controls import control_gaps, untested
from samd_validate.trace.own import OwnTexts, kept_texts, own_of, with_own
from samd_validate.trace.suspects import DIGESTS
from samd_validate.tracing import traced

pytestmark = pytest.mark.requirement("SW-TRACE-OWN")
NAMING = ["icu_mortality", "chest_xray_segmentation", "histopathology_nuclei"]
NAMING += ["histopathology_stains"]


def copied(tmp_path: Path, *changes: tuple[str, str, str]) -> Path:
    """Write the default protocol with its texts beside it, some words changed."""
    for name in (
        "icu_mortality.yaml",
        "requirements/icu_mortality.yaml",
        "hazards/icu_mortality.yaml",
    ):
        text = (shipped("protocols") / name).read_text()
        for file, old, new in changes:
            assert file != name or old in text
            text = text.replace(old, new) if file == name else text
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "icu_mortality.yaml"


def loaded(path: Path) -> tuple[LoadedProtocol, OwnTexts]:
    protocol = load_protocol(path)
    return protocol, own_texts(path, protocol)


def bundle_of(path: Path, bundle: Bundle) -> Bundle:
    """Return the example's record as if it had been made by the protocol at ``path``."""
    protocol, own = loaded(path)
    digests = with_own(known_requirements(), own).digests()
    return replace(
        bundle,
        protocol=protocol.protocol.model_dump(mode="json"),
        protocol_digest=protocol.digest,
        criteria=(
            replace(
                bundle.criteria[0],
                requirements=("REQ-ICU-RANKING",),
                hazards=("ICU-H01",),
            ),
            *bundle.criteria[1:],
        ),
        attachments={DIGESTS: digests, **kept_texts(own)},
    )


def test_file_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    path = copied(
        tmp_path, ("icu_mortality.yaml", "requirements/icu_mortality", "requirements/nowhere")
    )
    with pytest.raises(CannotRun, match=r"icu_mortality.yaml:\d+\s+found:\s+no file"):
        planned(path)


@pytest.mark.parametrize("place", ["/etc/passwd.yaml", "../../x.yaml", "x.txt"])
def test_file_outside_the_protocols_folder_is_refused(tmp_path: Path, place: str) -> None:
    path = copied(tmp_path, ("icu_mortality.yaml", "requirements/icu_mortality.yaml", place))
    with pytest.raises(CannotRun, match="requirements: "):
        planned(path)


def test_every_fault_of_both_files_is_told_at_once(tmp_path: Path) -> None:
    path = copied(
        tmp_path,
        ("requirements/icu_mortality.yaml", "[ICU-H04]", "[ICU-H99]"),
        ("requirements/icu_mortality.yaml", "REQ-ICU-SPARSE", "REQ-ICU-ALARM"),
        ("hazards/icu_mortality.yaml", "clauses: [TRIPOD-AI-12a", "clauses: [TRIPOD-AI-12z"),
    )
    with pytest.raises(CannotRun) as stopped:
        planned(path)
    words = str(stopped.value)
    assert "ICU-H99" in words
    assert "a second time" in words
    assert "TRIPOD-AI-12z" in words


def test_test_of_a_control_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = copied(tmp_path, ("hazards/icu_mortality.yaml", "control: ICU-H05-C1", "control: C9"))
    with pytest.raises(CannotRun, match="ICU-H05-V1"):
        planned(path)


@pytest.mark.parametrize("name", NAMING)
def test_shipped_device_texts_hang_together(name: str) -> None:
    protocol, own = loaded(shipped("protocols") / f"{name}.yaml")
    cited = {one for entry in protocol.protocol.criteria for one in entry.requirements}
    assert {item.id for item in own.requirements if item.measured} <= cited
    criteria = {entry.id for entry in protocol.protocol.criteria}
    tests = [test for hazard in own.hazards for test in hazard.verification]
    assert {one for test in tests for one in test.criteria or ()} <= criteria
    assert [lack for hazard in own.hazards for lack in untested(hazard)] == []
    assert all(hazard.initial and hazard.residual for hazard in own.hazards)


def test_protocol_without_texts_keeps_its_digest() -> None:
    content = load_protocol(shipped("protocols") / "starter.yaml").protocol.model_dump(mode="json")
    assert not {"requirements", "hazards"} & content.keys()


def test_texts_come_back_from_the_evidence_as_they_were(tmp_path: Path, bundle: Bundle) -> None:
    path = copied(tmp_path)
    folder = sealed_example(bundle_of(path, bundle), tmp_path)
    run = traced([folder]).runs[0]
    assert own_of(run.bundle) == loaded(path)[1]


def test_texts_of_another_shape_in_the_evidence_are_refused(bundle: Bundle) -> None:
    with pytest.raises(CannotRun, match="texts that do not fit"):
        own_of(replace(bundle, attachments={"requirement_texts": {"requirements": [1]}}))


def test_own_requirements_and_hazards_are_rows_with_their_controls(
    tmp_path: Path, bundle: Bundle
) -> None:
    folder = sealed_example(bundle_of(copied(tmp_path), bundle), tmp_path)
    matrix = traced([folder]).matrix
    rows = {row.id: row for row in matrix.rows}
    assert rows["REQ-ICU-RANKING"].criteria == (bundle.criteria[0].id,)
    gaps = " ".join(rows["ICU-H01"].gaps)
    assert "ICU-H01-C1, implementation" in gaps
    assert "sensitivity-external" in gaps


def test_nothing_is_suspect_while_nothing_changed(tmp_path: Path, bundle: Bundle) -> None:
    path = copied(tmp_path)
    folder = sealed_example(bundle_of(path, bundle), tmp_path)
    assert not any(row.is_suspect for row in traced([folder], [path]).matrix.rows)


@pytest.mark.parametrize(
    ("file", "old", "new", "suspect"),
    [
        ("requirements/icu_mortality.yaml", "well\n    enough", "best", "REQ-ICU-RANKING"),
        ("requirements/icu_mortality.yaml", "well\n    enough", "best", "ICU-H01"),
        ("hazards/icu_mortality.yaml", "Late escalation, det", "Det", "ICU-H01"),
        ("icu_mortality.yaml", "seed: 20250115", "seed: 1", "REQ-INTENDED-USE"),
    ],
)
def test_changed_text_makes_its_evidence_suspect(
    tmp_path: Path, bundle: Bundle, file: str, old: str, new: str, suspect: str
) -> None:
    path = copied(tmp_path)
    folder = sealed_example(bundle_of(path, bundle), tmp_path)
    (tmp_path / file).write_text((tmp_path / file).read_text().replace(old, new))
    rows = {row.id: row for row in traced([folder], [path]).matrix.rows}
    assert rows[suspect].state is State.SUSPECT
    assert rows[suspect].gaps[0].startswith("suspect: ")
    others = {name for name, row in rows.items() if row.state is State.SUSPECT} - {suspect}
    clauses = {row.id for row in traced([folder], [path]).matrix.clauses}
    assert file == "icu_mortality.yaml" or others - clauses <= {"ICU-H01", "REQ-ICU-RANKING"}


def test_clause_behind_a_changed_requirement_is_suspect(tmp_path: Path, bundle: Bundle) -> None:
    path = copied(tmp_path)
    folder = sealed_example(bundle_of(path, bundle), tmp_path)
    text = tmp_path / "requirements" / "icu_mortality.yaml"
    text.write_text(text.read_text().replace("Patients are ranked", "Patients are ordered"))
    rows = {row.id: row for row in traced([folder], [path]).matrix.rows}
    assert rows["TRIPOD-AI-23a"].state is State.SUSPECT
    assert "REQ-ICU-RANKING" in rows["TRIPOD-AI-23a"].gaps[0]


def test_protocol_that_no_run_carried_out_is_refused(tmp_path: Path, evidence: Path) -> None:
    with pytest.raises(CannotRun, match="a protocol that one of the runs carried out"):
        traced([evidence], [copied(tmp_path)])


def test_control_with_both_results_leaves_no_gap(bundle: Bundle) -> None:
    hazard = loaded(shipped("protocols") / "icu_mortality.yaml")[1].hazards[-1]
    verdicts = {
        name: replace(bundle.verdicts[0], criterion=name)
        for test in hazard.verification
        for name in test.criteria or ()
    }
    assert hazard.id == "ICU-H07"
    assert control_gaps(hazard, verdicts) == ()


def test_texts_kept_are_plain_json() -> None:
    _, own = loaded(shipped("protocols") / "icu_mortality.yaml")
    assert plain(kept_texts(own)) == kept_texts(own)
    assert not re.search(r"compliant|certified", str(kept_texts(own)))
