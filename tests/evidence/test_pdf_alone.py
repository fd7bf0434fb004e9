"""A report verified from its PDF alone, by the program and by hand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from small_evidence import pdf_of, sealed_run
from typer.testing import CliRunner

from samd_validate.cli import app
from samd_validate.evidence.attached import Attached, attached_files
from samd_validate.evidence.pdf_file import NotReadable, attachments_of, open_pdf
from samd_validate.evidence.verification.item import Item
from samd_validate.evidence.verify import verify_pdf
from samd_validate.report.pdf import typeset

PAGE = '<html lang="en"><title>t</title><body><p>page</p></body></html>'
BY_HAND = Path(__file__).parents[2] / "docs" / "howto" / "verify_by_hand.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sealed_run(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def pdf(folder: Path) -> Path:
    return pdf_of(folder)


def with_attached(folder: Path, place: Path, *changed: tuple[str, bytes], drop: str = "") -> Path:
    files = {one.name: one.content for one in attached_files(folder)} | dict(changed)
    files.pop(drop, None)
    inside = [Attached(name=n, content=c, description="") for n, c in sorted(files.items())]
    path = place / "other.pdf"
    path.write_bytes(typeset(PAGE, 0, inside).content)
    return path


def failed(items: tuple[Item, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.name, item.files) for item in items if item.is_failed]


def test_file_that_is_no_pdf_or_a_cut_one_is_failed_and_named(pdf: Path, tmp_path: Path) -> None:
    for content in (b"", b"no PDF", pdf.read_bytes()[:5000], b"%PDF-1.7\n" + b"\0" * 500):
        path = tmp_path / "bad.pdf"
        path.write_bytes(content)
        (item,) = verify_pdf(path)
        assert item.is_failed
        assert item.files == ("bad.pdf",)


def test_pdf_without_evidence_is_failed(tmp_path: Path) -> None:
    path = tmp_path / "bare.pdf"
    path.write_bytes(typeset(PAGE, 0).content)
    (item,) = verify_pdf(path)
    assert "no manifest.json in it" in item.words


def test_attachment_that_swells_beyond_what_is_read_is_refused(
    pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samd_validate.evidence.pdf_file.LARGEST_INFLATED_BYTES", 1000)
    with pytest.raises(NotReadable):
        attachments_of(open_pdf(pdf.read_bytes()))


def test_untouched_pdf_holds_and_says_what_it_cannot_test(pdf: Path) -> None:
    items = verify_pdf(pdf)
    assert failed(items) == []
    apart, *_ = (item for item in items if item.status == "not possible")
    assert "predictions/test.parquet" in apart.words


def test_changed_attachment_is_found_and_named(folder: Path, tmp_path: Path) -> None:
    changed = (folder / "findings.json").read_bytes().replace(b"0.77", b"0.79")
    path = with_attached(folder, tmp_path, ("findings.json", changed))
    found = failed(verify_pdf(path))
    assert ("every file is as the manifest lists it", ("findings.json",)) in found


def test_attachment_left_out_or_added_is_found_and_named(folder: Path, tmp_path: Path) -> None:
    found = failed(verify_pdf(with_attached(folder, tmp_path, drop="tables__t.json")))
    assert ("every file is as the manifest lists it", ("tables/t.json",)) in found
    path = with_attached(folder, tmp_path, ("alien.json", b"{}"))
    assert failed(verify_pdf(path)) == [("no other files are attached", ("alien.json",))]


def test_name_that_leaves_the_folder_is_never_written(folder: Path, tmp_path: Path) -> None:
    path = with_attached(folder, tmp_path, ("..__..__evil.json", b"{}"), ("../evil", b"{}"))
    found = dict(failed(verify_pdf(path)))
    assert set(found["no other files are attached"]) == {"..__..__evil.json", "../evil"}
    assert not list(tmp_path.parent.rglob("evil*"))


def test_attachments_are_data_of_pdf_a_3(pdf: Path) -> None:
    reader = PdfReader(pdf)
    kinds = {
        str(one.get_object()["/UF"]): str(one.get_object()["/AFRelationship"])
        for one in reader.trailer["/Root"]["/AF"]
    }
    assert kinds["protocol.yaml"] == "/Source"
    assert {kinds[name] for name in ("manifest.json", "findings.json", "audit.jsonl")} == {"/Data"}
    assert b'pdfaid:part="3"' in reader.trailer["/Root"]["/Metadata"].get_data()


def test_same_folder_gives_the_same_pdf(folder: Path, pdf: Path) -> None:
    before = pdf.read_bytes()
    assert pdf_of(folder).read_bytes() == before


def test_file_rewritten_by_another_program_still_verifies(pdf: Path, tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=str(pdf))
    writer.write(tmp_path / "cloned.pdf")
    assert failed(verify_pdf(tmp_path / "cloned.pdf")) == []


def test_command_tells_the_list_as_json_and_by_exit_code(
    folder: Path, pdf: Path, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, ["verify", str(pdf), "--json", "-"])
    items = json.loads(done.stdout)["items"]
    assert done.exit_code == 0
    assert [item["number"] for item in items] == list(range(1, len(items) + 1))
    bad = with_attached(folder, tmp_path, ("verdicts.json", b"[]"))
    assert CliRunner().invoke(app, ["verify", str(bad)]).exit_code == 1
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("samd-validate")),
            "verify",
            str(tmp_path / "none.pdf"),
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2


def steps_by_hand() -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", BY_HAND.read_text(), re.DOTALL))


def by_hand(report: Path, place: Path) -> subprocess.CompletedProcess[str]:
    place.mkdir()
    shutil.copy(report, place / "report.pdf")
    command = ["bash", "-euo", "pipefail", "-c", steps_by_hand()]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


def test_steps_by_hand_followed_to_the_letter(pdf: Path, tmp_path: Path) -> None:
    done = by_hand(pdf, tmp_path / "hand")
    assert done.returncode == 0, done.stderr
    assert [line.removesuffix(": ok") for line in done.stdout.splitlines() if "ok" in line] == [
        "files",
        "nothing beside",
        "content digest",
        "the PDF shows it",
        "audit trail",
        "protocol",
    ]


def test_steps_by_hand_find_a_changed_file(folder: Path, tmp_path: Path) -> None:
    changed = (folder / "findings.json").read_bytes().replace(b"0.77", b"0.79")
    path = with_attached(folder, tmp_path, ("findings.json", changed))
    done = by_hand(path, tmp_path / "hand")
    assert "findings.json: FAILED" in done.stdout
    assert "files: ok" not in done.stdout


def test_attachment_of_a_broken_stream_is_refused(pdf: Path, tmp_path: Path) -> None:
    content = bytearray(pdf.read_bytes())
    place = content.find(b"/EmbeddedFile")
    start = content.find(b"stream\n", place) + len(b"stream\n") + 2
    content[start : start + 30] = zlib.compress(b"x" * 5)[:13] + b"\0" * 17
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    assert any(item.is_failed for item in verify_pdf(path))
