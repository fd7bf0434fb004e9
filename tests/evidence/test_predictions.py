"""Scores and measures of cases: under pseudonyms, or left out and said so."""

from __future__ import annotations

from pathlib import Path

import pytest
from black_box import small_black_box
from plain_population import population
from pyarrow import parquet

from samd_validate.core.finding import CaseTable
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.folder import open_run
from samd_validate.evidence.predictions import write_cases
from samd_validate.pipeline import sealed_run
from samd_validate.record import Options
from samd_validate.report.build import Numbers
from samd_validate.report.closing import provenance

pytestmark = pytest.mark.requirement("REQ-AUDIT-TRAIL")


def run(place: Path, *, keeps: bool) -> Path:
    small_black_box(place / "p.yaml")
    data = {"my-predictions": place / "p.csv"}
    options = Options(keeps_predictions=keeps)
    with sealed_run(place / "p.yaml", data, place / "r", options=options) as evidence:
        return evidence


def test_scores_stand_under_pseudonyms(tmp_path: Path) -> None:
    evidence = run(tmp_path, keeps=True)
    table = parquet.read_table(evidence / "predictions" / "validation.parquet")
    units = table.column("unit").to_pylist()
    assert len(set(units)) == 400
    assert not {"u0", "u1"} & set(units)
    assert len(set(table.column("patient").to_pylist())) == 200
    assert read_bundle(evidence).has_predictions


def test_scores_that_are_left_out_are_nowhere_and_the_report_says_so(tmp_path: Path) -> None:
    evidence = run(tmp_path, keeps=False)
    assert not (evidence / "predictions").exists()
    assert list(evidence.rglob("*.parquet")) == []
    bundle = read_bundle(evidence)
    assert not bundle.has_predictions
    assert "left out on request" in repr(provenance(bundle, Numbers()))


def test_numbers_are_the_same_with_and_without_scores(tmp_path: Path) -> None:
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    kept, bare = run(tmp_path / "with", keeps=True), run(tmp_path / "without", keeps=False)
    for name in ("findings.json", "verdicts.json", "tables/order.json"):
        assert (kept / name).read_bytes() == (bare / name).read_bytes()


def test_cases_are_rows_of_their_population_with_nothing_for_what_is_not_defined(
    tmp_path: Path,
) -> None:
    one_population = population()
    n = one_population.cohort.size
    columns = {"dice": (None, *[0.5] * (n - 1)), "hd95": tuple(float(row) for row in range(n))}
    folder = open_run(tmp_path, "run")
    write_cases(
        [CaseTable(id="c", population="hillcrest", columns=columns)], [one_population], folder
    )
    table = parquet.read_table(folder.staged / "cases" / "c.parquet")
    assert table.column_names == ["unit", "patient", "dice", "hd95"]
    assert table.column("dice").to_pylist()[:2] == [None, 0.5]
    assert len(set(table.column("unit").to_pylist())) == n
