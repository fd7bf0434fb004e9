"""The benchmark of recipes tells what it cannot read."""

from __future__ import annotations

from pathlib import Path

import icu_models
import pytest


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr("sys.argv", ["icu_models.py", *map(str, arguments)])
    icu_models.main()


def test_folder_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, tmp_path / "none", "logistic_icu")
    assert "the folder with set-a.tar.gz" in capsys.readouterr().err
