"""Words of a protocol at a terminal: shown as they are written, and obeyed by nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_evidence import small_bundle

from samd_validate.pipeline import Run
from samd_validate.terminal import show_run

BAD = "a [bold] title" + chr(27) + "[2J" + chr(0x202E) + " for ICU[70-80)"


def test_title_and_reason_are_printed_whole_and_command_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    whole = small_bundle()
    why = "the protocol was changed after it was locked (criteria[ranking].at_least)"
    bundle = replace(
        whole,
        protocol={**whole.protocol, "title": BAD},
        attachments={"protocol_lock": {"state": "void", "why": why}},
    )
    reports = dict.fromkeys(("pdf", "html", "matrix", "checklists", "tables"), Path("r"))
    show_run(Run(bundle=bundle, evidence=Path("[red]"), reports=reports))
    out = capsys.readouterr().out
    assert why in out
    assert "evidence folder: [red]" in out
    assert "a [bold] title" in out
    assert "ICU[70-80)" in out
    assert chr(27) not in out
    assert chr(0x202E) not in out
