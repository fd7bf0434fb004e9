"""Pages and tables beside a folder of evidence: what was changed in them is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_evidence import person, sealed_run, sign_as

from samd_validate.evidence.beside import (
    BESIDE_ITEM,
    beside_item,
    list_of_reports,
    listed_files,
)
from samd_validate.evidence.verification.item import Item
from samd_validate.evidence.verify import verify
from samd_validate.publish import places_of, write_reports


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sealed_run(tmp_path_factory.mktemp("beside"))
    write_reports(folder, folder.parent)
    return folder


@pytest.fixture
def evidence(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made.parent, tmp_path / "copy") / made.name


def item_of(folder: Path) -> Item:
    (item,) = (one for one in verify(folder) if one.name == BESIDE_ITEM)
    return item


def test_list_that_is_missing_broken_or_of_another_run_never_holds(evidence: Path) -> None:
    place = list_of_reports(evidence)
    whole = place.read_bytes()
    for content in (b"", b"[]", b'{"list":{}}', b"[" * 100_000, whole[:-1], whole + b" "):
        place.write_bytes(content)
        assert item_of(evidence).files == (place.name,)
    for at in range(0, len(whole), 7):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert beside_item(evidence).files == (place.name,)
    place.unlink()
    assert item_of(evidence).status == "not possible"


@pytest.mark.requirement("SW-EVIDENCE-TAMPER")
def test_one_byte_of_each_page_and_table_is_found_and_named(evidence: Path) -> None:
    assert item_of(evidence).status == "ok"
    for what, path in places_of(evidence.parent, evidence.name).items():
        if what == "pdf":
            continue
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        assert item_of(evidence).files == (path.name,)
        path.write_bytes(content)
    path.unlink()
    assert path.name in item_of(evidence).words


def test_page_written_anew_with_a_signature_is_on_the_list(evidence: Path) -> None:
    before = evidence.with_suffix(".html").read_bytes()
    ada = person(evidence.parent, "Ada Lovelace")
    sign_as(evidence, "Ada Lovelace", "author", "authorship", ada)
    assert evidence.with_suffix(".html").read_bytes() != before
    assert len(listed_files(evidence)) == 6
    assert item_of(evidence).status == "ok"
