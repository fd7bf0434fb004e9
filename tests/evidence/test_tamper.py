"""Signed evidence changed in every way: each change is found, in the file where it was made."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from small_evidence import sealed_run, signed_run
from tampering import (
    Digests,
    at_fault,
    contents_of,
    last_container,
    missed_by_command,
    missed_changes,
    missed_in_pdf,
    named,
    verified_by_command,
)

from samd_validate.core.canonical import canonical_bytes
from samd_validate.evidence.chain import entries_of, next_line, now_utc, read_chain
from samd_validate.evidence.verify import verify

RECORDS = ("signatures/0001.json", "signatures/0002.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_run(tmp_path_factory.mktemp("tamper"))


@pytest.fixture
def signed(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made.parent, tmp_path / "copy") / made.name


def found(folder: Path) -> set[str]:
    return at_fault(verify(folder))


def test_single_bytes_changed_at_random_in_all_files(made: Path) -> None:
    assert missed_changes(contents_of(made), 400, random.Random(7)) == []


def test_single_bytes_changed_at_random_in_the_pdf_alone(signed: Path) -> None:
    draw, pdf = random.Random(8), signed.parent / "run.pdf"
    assert missed_in_pdf(pdf, 6, draw) == []
    assert missed_in_pdf(pdf, 6, draw, last_container) == []


def test_every_file_cut_short_or_taken_away(made: Path) -> None:
    whole, digests = contents_of(made), Digests()
    for name in whole:
        cut = {**whole, name: whole[name][:-1]}
        assert name in named(cut, whole, digests), f"{name} cut"
    for name in whole.keys() - {"run.pdf"}:
        gone = named({n: c for n, c in whole.items() if n != name}, whole, digests)
        shown_by = {RECORDS[0]: RECORDS[1], RECORDS[1]: "run.pdf"}.get(name, name)
        assert shown_by in gone, f"{name} taken away"


def test_file_doubled_under_another_name(signed: Path) -> None:
    (signed / "findings-2.json").write_bytes((signed / "findings.json").read_bytes())
    (signed / "signatures" / "0003.json").write_bytes((signed / RECORDS[1]).read_bytes())
    assert found(signed) >= {"findings-2.json", "signatures/0003.json"}


def test_files_that_changed_places(signed: Path) -> None:
    for one, other in (("cohorts.json", "steps.json"), RECORDS):
        left, right = (signed / one).read_bytes(), (signed / other).read_bytes()
        (signed / one).write_bytes(right)
        (signed / other).write_bytes(left)
        assert one in found(signed)
        (signed / one).write_bytes(left)
        (signed / other).write_bytes(right)


def test_pdf_cut_or_longer(made: Path, signed: Path) -> None:
    content = (made.parent / "run.pdf").read_bytes()
    path = signed.parent / "run.pdf"
    first = content.index(b"%%EOF", content.index(b"/ByteRange")) + len(b"%%EOF\n")
    for other in (content[:-1], content[: len(content) // 2], content[:first], content + b"\n"):
        path.write_bytes(other)
        assert "run.pdf" in found(signed)


def trail_lines(folder: Path) -> list[bytes]:
    return (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)


def test_audit_trail_cut_reordered_or_doubled(signed: Path) -> None:
    lines = trail_lines(signed)
    for other in (lines[:-1], lines[1:], [lines[1], lines[0], *lines[2:]], [*lines, lines[-1]]):
        (signed / "audit.jsonl").write_bytes(b"".join(other))
        assert "audit.jsonl" in found(signed)


def test_audit_trail_of_another_run_played_again(signed: Path, tmp_path: Path) -> None:
    other = sealed_run(tmp_path, name="other")
    assert read_chain((other / "audit.jsonl").read_bytes()).is_whole
    shutil.copy(other / "audit.jsonl", signed / "audit.jsonl")
    assert "audit.jsonl" in found(signed)


def test_audit_trail_forked(signed: Path) -> None:
    lines = trail_lines(signed)
    state = read_chain(b"".join(lines[:1]))
    kept = ("n", "time_utc", "clock_went_back_from", "previous")
    for line in lines[1:]:
        (entry,) = entries_of(line)
        content = {key: value for key, value in entry.items() if key not in kept}
        forged = next_line(state, {**content, "reason": "told otherwise"}, now_utc()) + b"\n"
        lines[0] += forged
        state = read_chain(lines[0])
    assert state.is_whole
    (signed / "audit.jsonl").write_bytes(lines[0])
    assert "audit.jsonl" in found(signed)
    told = json.loads((signed / "manifest.json").read_bytes())
    told["audit"] = {"head": state.head, "entries": state.entries}
    (signed / "manifest.json").write_bytes(canonical_bytes(told))
    assert found(signed) >= {"manifest.json", "run.pdf"}


def test_single_bytes_changed_on_the_disk_are_named_by_the_command(signed: Path) -> None:
    assert missed_by_command(signed, 12, random.Random(9)) == []


def test_certificate_of_a_record_that_is_none_any_more_is_named_by_the_command(
    signed: Path,
) -> None:
    path = signed / RECORDS[0]
    content = path.read_bytes()
    at = content.index(b"BEGIN CERTIFICATE") + 200
    path.write_bytes(content[:at] + b"%" + content[at + 1 :])
    code, files = verified_by_command(signed)
    assert code == 1
    assert RECORDS[0] in files
