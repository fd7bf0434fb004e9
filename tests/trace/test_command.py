"""The command line of tracing: what it writes, what it refuses, with which exit code."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import sealed_example

from samd_validate import cli
from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import State
from samd_validate.tracing import traced, write_matrix

pytestmark = pytest.mark.requirement("SW-TRACE-MATRIX")


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["samd-validate", "trace", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_no_run_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch) == 2
    assert "evidence folders of finished runs" in capsys.readouterr().err


def test_words_of_filters_that_name_nothing_write_no_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    evidence: Path,
    tmp_path: Path,
) -> None:
    wrong = ("--source", "ISO-1", "--state", "passed", "--kind", "x")
    assert call(monkeypatch, evidence, "--out", tmp_path / "m", *wrong) == 2
    assert capsys.readouterr().err.count("to do:") == 3
    assert not (tmp_path / "m").exists()


def test_matrix_is_written_and_its_states_are_counted(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    evidence: Path,
    tmp_path: Path,
) -> None:
    assert call(monkeypatch, evidence, "--out", tmp_path, "--source", "ISO-14971") == 0
    out = capsys.readouterr().out
    assert "Rows by state" in out
    assert "there is no score" in out
    endings = {place.suffix for place in tmp_path.iterdir()}
    assert endings == {".csv", ".xlsx", ".html"}


def test_requirements_go_out_and_in_by_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "mine.csv"
    assert call(monkeypatch, "--export-requirements", table) == 0
    assert call(monkeypatch, "--import-requirements", table, "--out", tmp_path / "texts") == 0
    assert (tmp_path / "texts" / "mine.yaml").is_file()
    assert call(monkeypatch, "--import-requirements", table, "--out", tmp_path / "texts") == 2


def test_run_without_findings_has_all_its_rows_and_most_are_open(
    bundle: Bundle, tmp_path: Path
) -> None:
    barren = replace(
        bundle, findings=(), steps=(), figures=(), tables=(), criteria=(), verdicts=(), cohorts=()
    )
    matrix = traced([sealed_example(barren, tmp_path)]).matrix
    assert len(matrix.clauses) == 578
    assert sum(row.state is State.OPEN for row in matrix.requirements) > 20


def test_long_and_foreign_names_reach_every_file(bundle: Bundle, tmp_path: Path) -> None:
    name = "مريض 患者 " + "x" * 200
    criteria = (replace(bundle.criteria[0], id=name), *bundle.criteria[1:])
    verdicts = (replace(bundle.verdicts[0], criterion=name), *bundle.verdicts[1:])
    folder = sealed_example(replace(bundle, criteria=criteria, verdicts=verdicts), tmp_path)
    places = write_matrix(traced([folder]).matrix, tmp_path / "m")
    assert name in places[0].read_text(encoding="utf-8-sig")
    assert name in places[2].read_text()
