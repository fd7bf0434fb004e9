"""The front door without a protocol: records for machines, a table for people, clear refusals."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from samd_validate import cli

FIELDS = {"measure", "subset", "value", "low", "high", "level", "method", "n", "n_events"}
FIELDS |= {"n_clusters", "n_resamples"}


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["samd-validate", "metrics", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    rows = ["y,p1,p2,patient,sex"]
    for n in range(300):
        y = int(n % 4 == 0)
        p1, p2 = (n * 37 % 100) / 160 + 0.3 * y, (n * 53 % 100) / 150 + 0.2 * y
        rows.append(f"{y},{p1:.4f},{p2:.4f},{n // 2},{'fm'[n % 3 == 0]}")
    path = tmp_path / "p.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def records(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> dict[tuple[str, str], dict[str, Any]]:
    common = ("--label", "y", "--score", "p1", "--resamples", 200, "--json", "-")
    assert call(monkeypatch, *arguments, *common) == 0
    found = json.loads(capsys.readouterr().out)
    return {(record["measure"], record["subset"]): record for record in found}


def test_records_have_the_promised_fields_or_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], predictions: Path
) -> None:
    found = records(monkeypatch, capsys, predictions, "--group", "sex", "--threshold", 0.3)
    assert {subset for _, subset in found} == {"all", "sex=f", "sex=m"}
    for record in found.values():
        assert "reason" in record or record.keys() >= FIELDS


def test_methods_say_whether_rows_or_patients_are_the_unit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], predictions: Path
) -> None:
    alone = records(monkeypatch, capsys, predictions, "--threshold", 0.3)
    assert alone[("auroc", "all")]["method"].startswith("DeLong")
    assert alone[("sensitivity", "all")]["method"] == "Wilson"
    paired = records(monkeypatch, capsys, predictions, "--threshold", 0.3, "--cluster", "patient")
    assert "by patient" in paired[("auroc", "all")]["method"]
    assert "by patient" in paired[("sensitivity", "all")]["method"]
    assert "patients resampled" in paired[("youden_threshold", "all")]["method"]
    assert paired[("auroc", "all")]["n_clusters"] == 150


def test_comparison_has_differences_with_p_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], predictions: Path
) -> None:
    found = records(monkeypatch, capsys, predictions, "--compare", "p2")
    for measure in ("auroc_difference", "auprc_difference"):
        assert 0 <= found[(measure, "all")]["p_value"] <= 1
    first = records(monkeypatch, capsys, predictions)[("auroc", "all")]["value"]
    assert found[("auroc_difference", "all")]["value"] < first


@pytest.mark.parametrize(
    "method", ["clopper-pearson", "agresti-coull", "delong-logit", "bootstrap"]
)
def test_method_that_is_named_is_taken_where_it_fits(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    predictions: Path,
    method: str,
) -> None:
    found = records(monkeypatch, capsys, predictions, "--threshold", 0.3, "--method", method)
    used = {record.get("method") for record in found.values()}
    wanted = {
        "delong-logit": "DeLong on the log-odds scale",
        "bootstrap": "percentile bootstrap, patients resampled",
        "clopper-pearson": "Clopper-Pearson",
        "agresti-coull": "Agresti-Coull",
    }
    assert wanted.get(method, method) in used


def test_table_for_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], predictions: Path
) -> None:
    assert call(monkeypatch, predictions, "--label", "y", "--score", "p1", "--resamples", 200) == 0
    assert "auroc" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--score", "p3"), "allowed: p1, p2, patient, sex, y"),
        (("--score", "sex"), "no finite number in 300 rows"),
        (("--label", "p1"), "no 0 or 1"),
        (("--method", "delon"), "did you mean 'delong'"),
        (("--level", "2"), "between 0 and 1"),
        (("--resamples", "0"), "1 or more"),
        (("--threshold", "nan"), "a finite number"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    predictions: Path,
    options: tuple[str, ...],
    words: str,
) -> None:
    assert call(monkeypatch, predictions, "--label", "y", "--score", "p1", *options) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert call(monkeypatch, tmp_path / "nowhere.csv") == 2


def test_threshold_beyond_risks_is_refused_and_beyond_odds_has_no_net_benefit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], predictions: Path
) -> None:
    common = ("--label", "y", "--score", "p1", "--resamples", 200)
    assert call(monkeypatch, predictions, *common, "--threshold", 1.5) == 2
    assert "as the scores are" in capsys.readouterr().err
    found = records(monkeypatch, capsys, predictions, "--threshold", 0)
    assert "no odds" in found[("net_benefit", "all")]["reason"]
    assert found[("sensitivity", "all")]["value"] == 1


def test_predictive_values_at_a_prevalence_are_those_of_bayes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], predictions: Path
) -> None:
    found = records(monkeypatch, capsys, predictions, "--threshold", 0.4, "--prevalence", 0.02)
    sensitivity, specificity, ppv = (
        found[(name, "all")]["value"]
        for name in ("sensitivity", "specificity", "ppv_at_prevalence")
    )
    alarms = 0.02 * sensitivity + 0.98 * (1 - specificity)
    assert ppv == pytest.approx(0.02 * sensitivity / alarms, abs=1e-12)
    assert call(monkeypatch, predictions, "--label", "y", "--score", "p1", "--prevalence", 2) == 2
    assert "--prevalence" in capsys.readouterr().err


def test_scores_that_are_no_risks_have_ranks_and_reasons(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "raw.csv"
    rows = [f"{int(n % 3 == 0)},{n * 7 % 50 - 5 + 9 * (n % 3 == 0)}" for n in range(120)]
    path.write_text("\n".join(["y,p1", *rows]) + "\n")
    found = records(monkeypatch, capsys, path, "--threshold", 10)
    assert found[("auroc", "all")]["value"] > 0.5
    assert found[("sensitivity", "all")]["n_events"] == 40
    assert "outside [0, 1]" in found[("brier", "all")]["reason"]
