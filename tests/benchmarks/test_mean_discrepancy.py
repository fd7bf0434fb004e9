"""The benchmark of the discrepancy runs and prints a row a size."""

from __future__ import annotations

import sys

import mean_discrepancy
import pytest


def test_a_row_is_printed_for_each_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mean_discrepancy", "60", "80"])
    mean_discrepancy.main()
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("|")[1].strip() for row in rows[2:]] == ["60", "80"]
