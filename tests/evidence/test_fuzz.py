"""Files of anybody's making: what is made of them is an item that failed, never a crash."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_evidence import pdf_of, sealed_run

from samd_validate.core.errors import CannotRun
from samd_validate.core.visible import SHOWN_AS, on_one_line
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.chain import read_chain
from samd_validate.evidence.signatures import read_signed
from samd_validate.evidence.verification.seals import Sealed, read_manifest, seal_items
from samd_validate.evidence.verify import opened_pdf, verify

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
DEEP = b"[" * 200_000 + b"]" * 200_000
LONG = b"1" * 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sealed_run(tmp_path_factory.mktemp("fuzz"))


def test_pdf_with_many_bytes_changed_is_read_or_told(folder: Path) -> None:
    content, draw = pdf_of(folder).read_bytes(), random.Random(11)
    for _ in range(60):
        changed = bytearray(content)
        for _ in range(draw.choice((1, 5, 200))):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        start = draw.choice((0, 0, draw.randrange(len(changed))))
        opened_pdf("x.pdf", bytes(changed[start : draw.choice((None, draw.randrange(1, 50_000)))]))


@given(st.binary(max_size=2000))
@settings(max_examples=60, deadline=None)
def test_bytes_that_are_no_pdf_are_told(content: bytes) -> None:
    assert opened_pdf("x.pdf", content).fault
    assert opened_pdf("x.pdf", b"%PDF-1.7\n" + content + b"\nstartxref\n9\n%%EOF").fault


@given(st.dictionaries(st.sampled_from(["files", "beside", "audit", "content_digest"]), JSON))
@settings(max_examples=60, deadline=None)
def test_manifest_of_any_content_is_told(content: dict[str, object]) -> None:
    from samd_validate.core.canonical import canonical_bytes

    whole = {"schema_version": 1, "files": {}, "beside": {}, "audit": {}, "content_digest": ""}
    try:
        manifest = canonical_bytes({**whole, **content})
    except (ValueError, TypeError):  # integers and characters that canonical JSON does not have
        return
    items = seal_items(Sealed(manifest=manifest, trail=b"", found={}))
    assert any(item.is_failed for item in items)


@pytest.mark.parametrize("content", [DEEP, LONG, b"\xff\xfe", b'{"a":NaN}', b"null"])
def test_json_beyond_every_limit_is_told(content: bytes, folder: Path, tmp_path: Path) -> None:
    assert read_manifest(content) is None
    assert read_signed({"signatures/0001.json": content}).fault
    copy = shutil.copytree(folder, tmp_path / "run")
    for name in ("run.json", "findings.json", "cohorts.json", "protocol.json"):
        before = (copy / name).read_bytes()
        (copy / name).write_bytes(content)
        with pytest.raises(CannotRun):
            read_bundle(copy)
        assert name in {file for item in verify(copy) for file in item.files}
        (copy / name).write_bytes(before)


@given(JSON)
@settings(max_examples=60, deadline=None)
def test_record_of_any_content_is_told(content: object) -> None:
    assert read_signed({"signatures/0001.json": json.dumps(content).encode()}).fault


def test_line_of_a_trail_with_a_number_beyond_every_limit_is_broken() -> None:
    for line in (b'{"n":9223372036854775809}\n', DEEP + b"\n", LONG + b"\n"):
        assert read_chain(line).broken_at == 1


@given(st.text())
@settings(deadline=None)
def test_words_on_a_terminal_command_nothing(words: str) -> None:
    assert on_one_line(words).replace(SHOWN_AS, "").isprintable()
    assert len(on_one_line(words)) == len(words)
