"""Lock, amend and identity at the terminal, and what they refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from black_box import small_black_box

from samd_validate import cli

pytestmark = pytest.mark.requirement("REQ-PRESPECIFICATION")
WHO = ("--signer", "A. Tester")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMD_VALIDATE_IDENTITY_PASSWORD", "a long password")
    monkeypatch.setenv("SAMD_VALIDATE_LEDGER", str(tmp_path / "ledger"))
    small_black_box(tmp_path / "p.yaml")
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["samd-validate", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_protocol_that_is_not_there_is_not_locked(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "lock", "q.yaml", *WHO) == 2
    assert "a protocol (YAML)" in capsys.readouterr().err
    assert list(place.glob("*.lock.json")) == []


def test_identity_that_does_not_open_locks_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "lock", "p.yaml", *WHO, "--identity", "p.csv") == 2
    assert "does not open it" in capsys.readouterr().err
    assert list(place.glob("*.lock.json")) == []


def test_identity_lock_and_amendment_follow_on_each_other(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "identity", "new", "me.p12", "--name", "A. Tester") == 0
    assert "vouched for by itself alone" in capsys.readouterr().out
    assert call(monkeypatch, "lock", "p.yaml", *WHO, "--identity", "me.p12") == 0
    assert "signed with me.p12" in capsys.readouterr().out
    text = (place / "p.yaml").read_text().replace("1.0.0", "1.1.0").replace("0.75", "0.8")
    (place / "p2.yaml").write_text(text)
    why = ("--reason", "the bound was too low", "--date", "2026-01-31")
    assert call(monkeypatch, "amend", "p.lock.json", "p2.yaml", *WHO, *why) == 0
    assert "test labels scored by earlier versions: 0 runs" in capsys.readouterr().out
    lock = json.loads((place / "p2.lock.json").read_bytes())
    assert [change["key"] for change in lock["amendments"][0]["changes"]] == [
        "criteria[ranking].at_least"
    ]
    assert call(monkeypatch, "lock", "p2.yaml", *WHO) == 2
    assert "a lock that is there already" in capsys.readouterr().err


def test_check_prints_what_the_analysis_plan_leaves_open(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", "p.yaml") == 0
    out = capsys.readouterr().out
    assert out.count("SAP-") == 27
    assert "6 open" in out
