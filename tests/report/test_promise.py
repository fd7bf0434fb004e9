"""What a report says of the lock, of amendments, and of looks at the test labels before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from samd_validate.core.bundle import Bundle
from samd_validate.core.looks import LookRecord, Looks, Reader
from samd_validate.core.matrix import Matrix
from samd_validate.report.document import document
from samd_validate.report.html import render_html
from samd_validate.report.pdf import write_pdf
from samd_validate.report.promise import EXPLORATORY, looks_words, standing_words

pytestmark = pytest.mark.requirement("REQ-PRESPECIFICATION")
SIGNER = {"name": "A. <b>Tester</b>", "role": "author", "meaning": "as planned"}
AMENDMENT = {
    "previous_lock": "sha256:" + "1" * 64,
    "previous_protocol": "sha256:" + "2" * 64,
    "from_version": "1.0.0",
    "to_version": "1.1.0",
    "reason": "the bound was too low",
    "date": "2026-01-31",
    "changes": [{"key": "criteria[a].at_least", "before": "0.7", "after": None}],
    "looks_before": 3,
}


def locked(bundle: Bundle, **changed: Any) -> Bundle:
    record = {
        "version": "1.1.0",
        "locked_at": "2026-02-01T08:00:00.000+00:00",
        "signer": SIGNER,
        "recipes": {"lstm_icu": "sha256:" + "3" * 64},
        "amendments": [AMENDMENT],
        "signature": None,
    }
    lock = {
        "state": "locked",
        "why": "",
        "protocol_digest": bundle.protocol_digest,
        "lock_digest": "sha256:" + "4" * 64,
        "certificate": "",
        "record": record,
        **changed,
    }
    return replace(bundle, attachments={"protocol_lock": lock})


def looked(first: str = "2026-03-01T00:00:00.000+00:00", runs: int = 3) -> Looks:
    reader = Reader(
        protocol="icu",
        version="1.0.0",
        digest="sha256:" + "5" * 64,
        was_locked=False,
        runs=runs,
        first_utc=first,
        is_same_part=True,
    )
    return Looks(
        population="test",
        dataset="hospital_a",
        fingerprint="f",
        labels="l",
        n_units=10,
        n_before=runs,
        readers=(reader,) if runs else (),
    )


def with_looks(bundle: Bundle, *looks: Looks) -> Bundle:
    return replace(bundle, looks=LookRecord(status="recorded", looks=looks))


def test_draft_is_marked_on_every_page_and_banner(
    bundle: Bundle, matrix: Matrix, templates: Path, tmp_path: Path
) -> None:
    tree = document(bundle, matrix)
    assert f'<div class="banner">{EXPLORATORY}</div>' in render_html(tree, templates)
    write_pdf(tree, templates, tmp_path / "r.pdf", 0)
    for number, page in enumerate(PdfReader(tmp_path / "r.pdf").pages, start=1):
        assert EXPLORATORY in " ".join(page.extract_text().split()), f"page {number}"


def test_locked_run_says_by_whom_and_when_and_is_not_exploratory(
    bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    page = render_html(document(locked(bundle), matrix), templates)
    assert EXPLORATORY not in page
    assert "locked 2026-02-01T08:00:00.000+00:00 by A. &lt;b&gt;Tester&lt;/b&gt; (author)" in page
    assert "none: name and time are as they were typed" in page
    assert "<b>Tester</b>" not in page


def test_void_lock_is_exploratory_and_says_why(
    bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    void = locked(bundle, state="void", why="the protocol was changed after it was locked (seed)")
    page = render_html(document(void, matrix), templates)
    assert EXPLORATORY in page
    assert "lock void: the protocol was changed after it was locked (seed)" in page


def test_lock_of_another_protocol_does_not_make_a_run_confirmatory(bundle: Bundle) -> None:
    assert not locked(bundle, protocol_digest="sha256:" + "9" * 64).is_locked


def test_amendment_stands_with_its_reason_its_keys_and_what_was_read_before(
    bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    page = render_html(document(locked(bundle), matrix), templates)
    assert "amended to 1.1.0 on 2026-01-31: the bound was too low" in page
    assert "Earlier versions had scored test labels in 3 runs before it" in page
    assert "criteria[a].at_least" in page
    assert "a key that is not there" in page


@pytest.mark.parametrize(
    ("first", "order"),
    [("2026-03-01T00:00:00.000+00:00", "before"), ("2026-01-01T00:00:00.000+00:00", "after")],
)
def test_order_of_lock_and_first_look_is_told(bundle: Bundle, first: str, order: str) -> None:
    words = looks_words(looked(first), locked(bundle))
    assert "had been scored 3 times before, by icu 1.0.0" in words
    assert f"locked {order} they were first scored" in words


def test_labels_never_scored_before(bundle: Bundle) -> None:
    assert "had not been scored before" in looks_words(looked(runs=0), bundle)
    assert "had never been scored before" in standing_words(
        with_looks(locked(bundle), looked(runs=0))
    )


def test_labels_scored_once_before(bundle: Bundle) -> None:
    once = with_looks(locked(bundle), looked(runs=1))
    assert "had been scored once before" in standing_words(once)


def test_missing_ledger_is_told_in_summary_and_section(
    bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    record = LookRecord(status="not available", why="permission denied")
    page = render_html(document(replace(locked(bundle), looks=record), matrix), templates)
    assert "how often the test labels had been scored before is not known" in page
    assert "The ledger was not available (permission denied)" in page
