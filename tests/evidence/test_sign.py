"""Signatures on evidence: who may sign, what is shown, and what voids them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader
from small_evidence import PASSWORD, pdf_of, person, sealed_run, sign_as, signed_run
from typer.testing import CliRunner

from samd_validate.cli import app
from samd_validate.core.canonical import canonical_bytes, digest, digest_bytes
from samd_validate.core.errors import CannotRun
from samd_validate.core.matrix import State, TraceRow
from samd_validate.evidence.folder import file_digests
from samd_validate.evidence.identity import Identity, load_identity
from samd_validate.evidence.trust import Trust, fingerprint, key_print, trust_of
from samd_validate.evidence.verification.item import Item
from samd_validate.evidence.verification.signed import Approval, role_item
from samd_validate.evidence.verify import verify, verify_pdf
from samd_validate.publish import known_requirements
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.records import record_text
from samd_validate.trace.runs import read_run

ROLES = ("author", "independent reviewer")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_run(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def signed(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made.parent, tmp_path / "copy")
    return tmp_path / "copy" / made.name


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sealed_run(tmp_path_factory.mktemp("unsigned"), roles=ROLES)
    pdf_of(folder)
    return folder


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return person(tmp_path_factory.mktemp("eve"), "Ada Lovelace")


def identity(folder: Path, name: str) -> Identity:
    return load_identity(folder.parent / f"{name}.p12", PASSWORD)


def trusting(folder: Path) -> Trust:
    names = ("Ada Lovelace", "Grace Hopper")
    return Trust(certificates=tuple(identity(folder, name).certificate for name in names))


def at_fault(items: tuple[Item, ...]) -> set[str]:
    return {file for item in items if item.is_failed for file in item.files}


def refused(folder: Path, name: str, role: str, key: Identity) -> str:
    with pytest.raises(CannotRun) as raised:
        sign_as(folder, name, role, "approval", key)
    return "; ".join(f"{one.where}: {one.found}" for one in raised.value.problems)


def test_key_of_another_name_and_unknown_role_are_refused_together(
    unsigned: Path, eve: Identity
) -> None:
    words = refused(unsigned, "Grace Hopper", "witness", eve)
    assert "--as: 'Grace Hopper'" in words
    assert "--role: 'witness'" in words
    assert not (unsigned / "signatures").exists()


def test_evidence_that_does_not_verify_is_not_signed(
    unsigned: Path, tmp_path: Path, eve: Identity
) -> None:
    folder = shutil.copytree(unsigned.parent, tmp_path / "copy") / unsigned.name
    (folder / "findings.json").write_bytes(b"[]")
    assert "findings.json was changed" in refused(folder, "Ada Lovelace", "author", eve)
    (folder.parent / "run.pdf").unlink()
    assert "no such file" in refused(folder, "Ada Lovelace", "author", eve)


def test_nobody_signs_twice_or_in_two_required_roles(signed: Path) -> None:
    ada = identity(signed, "Ada Lovelace")
    assert "has signed as author" in refused(signed, "Ada Lovelace", "independent reviewer", ada)
    grace = identity(signed, "Grace Hopper")
    assert "a signature with this key from" in refused(
        signed, "Grace Hopper", "independent reviewer", grace
    )


def test_unsigned_evidence_fails_where_roles_are_required(unsigned: Path) -> None:
    (item,) = (one for one in verify(unsigned) if one.is_failed)
    assert item.words == "not signed by: author, independent reviewer"
    (item,) = (one for one in verify_pdf(unsigned.parent / "run.pdf") if one.is_failed)
    assert item.words == "not signed by: author, independent reviewer"


@pytest.mark.requirement("REQ-SIGNATURE")
def test_signed_evidence_holds_from_folder_and_from_pdf_alone(signed: Path) -> None:
    trust = trusting(signed)
    assert at_fault(verify(signed, trust=trust)) == set()
    items = verify_pdf(signed.parent / "run.pdf", trust)
    assert [item.words for item in items if item.is_failed] == []
    assert sum("identity verified" in item.words for item in items) == 2


def test_without_a_list_of_trust_it_is_said_that_nobody_is_known(signed: Path) -> None:
    words = [item.words for item in verify(signed) if item.name.startswith("signature ")]
    assert len(words) == 2
    assert all("valid, identity not verified" in one for one in words)


@pytest.mark.requirement("REQ-SIGNATURE")
def test_name_time_and_meaning_stand_in_both_reports(signed: Path) -> None:
    record = json.loads((signed / "signatures" / "0002.json").read_bytes())
    time = record["signed_at"][:19].replace("T", " ")
    page = (signed.parent / "run.html").read_text()
    pdf = subprocess.run(
        ["pdftotext", str(signed.parent / "run.pdf"), "-"], capture_output=True, check=True
    ).stdout.decode()
    for text in (page, pdf):
        for words in ("Ada Lovelace", "authorship", "Grace Hopper", "independent reviewer", time):
            assert words in re.sub(r"\s+", " ", text), words


def test_signatures_are_pades_and_the_file_stays_pdf_a(signed: Path) -> None:
    reader = PdfReader(signed.parent / "run.pdf")
    fields = [one.get_object() for one in reader.trailer["/Root"]["/AcroForm"]["/Fields"]]
    assert [one["/V"]["/SubFilter"] for one in fields] == ["/ETSI.CAdES.detached"] * 2
    assert b'pdfaid:part="3"' in reader.trailer["/Root"]["/Metadata"].get_data()
    told = subprocess.run(
        ["pdfsig", "-nocert", str(signed.parent / "run.pdf")], capture_output=True, check=False
    ).stdout.decode()
    assert told.count("Signature is Valid") == 2


def test_records_of_signatures_by_hand(signed: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "verify_by_hand.md").read_text()
    steps = "\n".join(re.findall(r"```bash\n(.*?)```", page, re.DOTALL))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", steps],
        cwd=signed / "signatures",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["Verified OK", "manifest: ok"] * 2, done.stderr


@pytest.mark.requirement("REQ-SIGNATURE")
def test_matrix_of_a_signed_run_names_who_signed_it(signed: Path, unsigned: Path) -> None:
    def row_of(folder: Path) -> tuple[TraceRow, str]:
        matrix = trace_matrix(read_run(folder), known_requirements())
        rows = {row.id: row for row in matrix.requirements}
        return rows["REQ-SIGNATURE"], matrix.runs[0].signature

    row, head = row_of(signed)
    words = "signed by Ada Lovelace (author), Grace Hopper (independent reviewer)"
    assert (row.state, row.evidence) == (State.PARTIAL, (words,))
    record = (signed / "signatures" / "0001.json").read_bytes()
    assert [(one.file, one.sha256) for one in row.links] == [
        ("signatures/0001.json", digest_bytes(record))
    ]
    assert "evidence: Grace Hopper (independent reviewer)" in head
    row, head = row_of(unsigned)
    assert (row.state, row.evidence, head) == (State.OPEN, (), "nobody has signed")


@pytest.mark.requirement("REQ-SIGNATURE")
def test_signatures_of_other_evidence_are_none_of_a_run(signed: Path) -> None:
    (signed / "limits.json").write_bytes(b"{}")
    remake_manifest(signed)
    assert record_text("signatures", read_run(signed)) == ""


def test_change_after_signing_voids_the_approvals_and_says_which_file(signed: Path) -> None:
    path = signed / "findings.json"
    path.write_bytes(path.read_bytes().replace(b"0.77", b"0.79"))
    items = verify(signed)
    void = [item for item in items if "void" in item.words]
    assert [item.name.split(",")[0] for item in void] == [
        "signature 1: Ada Lovelace",
        "signature 2: Grace Hopper",
    ]
    assert {item.files for item in void} == {("findings.json", "verdicts.json")}
    assert items[-1].words == "not signed by: author, independent reviewer"


def test_manifest_made_to_fit_voids_the_approvals(signed: Path) -> None:
    (signed / "limits.json").write_bytes(b"{}")
    remake_manifest(signed)
    void = [item.files for item in verify(signed) if "void" in item.words]
    assert void == [("manifest.json",)] * 2


def remake_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"] = file_digests(folder)
    manifest["content_digest"] = digest(manifest["files"])
    (folder / "manifest.json").write_bytes(canonical_bytes(manifest))


def test_stranger_who_signs_a_changed_manifest_anew_is_found_by_the_list_of_trust(
    signed: Path, eve: Identity
) -> None:
    trust = trusting(signed)
    path = signed / "machine.json"
    path.write_bytes(b'{"forged":true}')
    remake_manifest(signed)
    shutil.rmtree(signed / "signatures")
    pdf_of(signed)
    sign_as(signed, "Ada Lovelace", "author", "authorship", eve)
    valid = [item for item in verify(signed) if item.name.startswith("signature 1")]
    assert "identity not verified" in valid[0].words
    for items in (verify(signed, trust=trust), verify_pdf(signed.parent / "run.pdf", trust)):
        strange = [item for item in items if "stranger" in item.words]
        assert len(strange) == 1
        assert strange[0].is_failed


def test_chain_to_a_trusted_authority_is_enough(tmp_path: Path) -> None:
    from self_made import authority, issued

    root = authority("Hospital CA")
    folder = sealed_run(tmp_path)
    pdf_of(folder)
    sign_as(folder, "Ada Lovelace", "author", "authorship", issued(root, "Ada Lovelace"))
    trust = Trust(certificates=(root.certificate,))
    assert [item.words for item in verify(folder, trust=trust) if item.is_failed] == []
    other = Trust(certificates=(authority("Hospital CA").certificate,))
    assert at_fault(verify(folder, trust=other)) == {"signatures/0001.json"}
    assert at_fault(verify_pdf(tmp_path / "run.pdf", other)) == {"run.pdf"}


def test_trusted_person_who_is_no_authority_vouches_for_nobody(
    tmp_path: Path, eve: Identity
) -> None:
    from self_made import authority, issued

    root = authority("Hospital CA")
    for person_ in (eve, issued(root, "Eve")):
        forged = issued(person_, "Ada Lovelace")
        folder = sealed_run(tmp_path / fingerprint(person_.certificate)[-8:])
        pdf_of(folder)
        sign_as(folder, "Ada Lovelace", "author", "authorship", forged)
        own = fingerprint(person_.certificate)
        for trust in (Trust(certificates=(person_.certificate,)), trust_of([own])):
            assert at_fault(verify(folder, trust=trust)) == {"signatures/0001.json"}
            assert at_fault(verify_pdf(folder.parent / "run.pdf", trust)) == {"run.pdf"}


def test_key_with_a_second_certificate_is_one_key(tmp_path: Path) -> None:
    from self_made import authority, issued

    root = authority("Hospital CA")
    ada = issued(root, "Ada Lovelace")
    folder = sealed_run(tmp_path, roles=ROLES)
    pdf_of(folder)
    sign_as(folder, "Ada Lovelace", "author", "authorship", ada)
    renewed = issued(root, "Grace Hopper", ada.key)
    words = refused(folder, "Grace Hopper", "independent reviewer", renewed)
    assert "has signed as author" in words
    approvals = [
        Approval(role=role, key=key_print(one.certificate), holds=True)
        for role, one in zip(ROLES, (ada, renewed), strict=True)
    ]
    assert role_item(ROLES, approvals).words == "one key signed as author, independent reviewer"


def test_record_or_pdf_taken_away_is_named(signed: Path) -> None:
    last = signed / "signatures" / "0002.json"
    content = last.read_bytes()
    last.unlink()
    assert at_fault(verify(signed)) == {"run.pdf"}
    last.write_bytes(content)
    (signed / "signatures" / "0001.json").unlink()
    assert "signatures/0002.json" in at_fault(verify(signed))
    (signed.parent / "run.pdf").unlink()
    assert "run.pdf" in at_fault(verify(signed))


def test_pages_exchanged_by_an_update_after_signing_are_found(signed: Path) -> None:
    from pypdf import PdfWriter

    path = signed.parent / "run.pdf"
    writer = PdfWriter(path, incremental=True)
    writer.pages[0].rotate(90)
    writer.write(path)
    assert at_fault(verify_pdf(path)) == {"run.pdf"}
    assert "run.pdf" in at_fault(verify(signed))


def test_signed_report_is_never_written_over(signed: Path) -> None:
    from samd_validate.pipeline import remade

    before = (signed.parent / "run.pdf").read_bytes()
    with pytest.raises(CannotRun, match="a report that is signed"):
        remade(signed, signed.parent)
    assert (signed.parent / "run.pdf").read_bytes() == before


def test_words_of_trust_that_name_no_certificate_are_refused(made: Path) -> None:
    with pytest.raises(CannotRun, match="no certificate in it"):
        trust_of([str(made / "run.json")])
    with pytest.raises(CannotRun):
        trust_of(["nowhere.pem"])
    key = fingerprint(identity(made, "Ada Lovelace").certificate)
    assert trust_of([key]).fingerprints == {key}


def test_command_signs_with_the_words_that_are_given(
    unsigned: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMD_VALIDATE_IDENTITY_PASSWORD", PASSWORD)
    folder = shutil.copytree(unsigned.parent, tmp_path / "copy") / unsigned.name
    key = str(made.parent / "Grace Hopper.p12")
    words = ["--as", "Grace Hopper", "--role", "author", "--meaning", "authorship"]
    done = CliRunner().invoke(app, ["sign", str(folder), *words, "--identity", key])
    assert done.exit_code == 0, done.output
    assert "Grace Hopper signed as author (authorship)" in done.output
    assert CliRunner().invoke(app, ["verify", str(folder)]).exit_code == 1  # a role is missing


@pytest.mark.parametrize(
    "moment", ["2026-13-45T00:00:00.000+00:00", "2026-02-30T25:61:00.000+00:00"]
)
def test_record_with_a_time_that_is_none_is_told(signed: Path, moment: str) -> None:
    place = signed / "signatures/0002.json"
    record = json.loads(place.read_bytes())
    place.write_bytes(canonical_bytes({**record, "signed_at": moment}))
    assert "signatures/0002.json" in at_fault(verify(signed, trust=trusting(signed)))
