"""The size of a study from its protocol: problems in words, missing keys named, one number."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from samd_validate import cli
from samd_validate.checks.attribution_sanity import MEASURES as SANITY_MEASURES
from samd_validate.checks.concept_drift import MEASURES as DRIFTS
from samd_validate.checks.leakage import MEASURES as COUNTS
from samd_validate.checks.model_leakage import MEASURES as MODEL_COUNTS
from samd_validate.checks.plausibility import CONTRADICTED
from samd_validate.plan_size import size_plan
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.json_schema import schema_text
from samd_validate.protocol.load import load_protocol
from samd_validate.stats.sizes.planned_error import auroc_error
from samd_validate.stats.sizes.sample_size import Bounds, SampleSize, size_to_keep

STARTER = shipped("protocols") / "starter.yaml"
CRITERION = "    at_least: 0.75\n"
MORE = """
  - id: {id}
    finding: {{check: calibration, measure: {measure}, population: validation, {more}}}
    at_least: {least}
    at_most: {most}
    {expected}
    rationale: It is needed.
    requirements: [REQ-PERF-CALIBRATION]

limitations: []
"""


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["samd-validate", "plan-size", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def protocol(tmp_path: Path, sizing: str = "", *replacements: tuple[str, str]) -> Path:
    text = STARTER.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "p.yaml"
    path.write_text(text + sizing)
    return path


def with_criterion(**fields: object) -> tuple[str, str]:
    values = {"id": "more", "more": "subset: all", "least": 0.8, "most": 1.25, "expected": ""}
    return "\nlimitations: []\n", MORE.format(**(values | fields))


def rows(path: Path, prevalence: float | None = None) -> dict[str, dict[str, Any]]:
    found: Any = size_plan(path, prevalence)["criteria"]
    return {row["criterion"]: row for row in found}


@pytest.mark.parametrize("prevalence", ["0", "1", "-0.2", "nan"])
def test_prevalence_that_is_no_share_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], prevalence: str
) -> None:
    assert call(monkeypatch, STARTER, "--prevalence", prevalence) == 2
    err = capsys.readouterr().err
    assert "--prevalence" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("sizing", "words"),
    [
        ("sizing: {prevalense: 0.1}\n", "did you mean 'prevalence'?"),
        ("sizing: {prevalence: 10}\n", "less than 1"),
        ("sizing: {auroc: 0.4}\n", "greater than 0.5"),
        ("sizing: {linear_predictor: {use: gamma}}\n", "allowed: beta, binormal, normal"),
        ("sizing: {clusters: {mean_size: 10}}\n", "no key 'icc'"),
        ("sizing: {power: 1}\n", "less than 1"),
    ],
)
def test_sizing_that_cannot_be_is_refused_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    sizing: str,
    words: str,
) -> None:
    assert call(monkeypatch, protocol(tmp_path, sizing)) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "p.yaml:" in err


def test_expected_value_that_cannot_be_is_refused_with_the_criterion(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = protocol(
        tmp_path, "sizing: {prevalence: 0.2}\n", (CRITERION, CRITERION + "    expected: 1.5\n")
    )
    assert call(monkeypatch, path) == 2
    err = capsys.readouterr().err
    assert "criterion 'ranking': auroc must lie between 0 and 1, not 1.5" in err


def test_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert call(monkeypatch, tmp_path / "nowhere.yaml") == 2


def test_protocol_without_sizing_is_told_every_key_and_gets_no_number(tmp_path: Path) -> None:
    path = protocol(tmp_path, "", with_criterion(measure="calibration_slope"))
    found = rows(path)
    assert found["ranking"]["to_add"] == ["sizing.auroc", "sizing.prevalence"]
    wanted = ["expected (of the criterion)", "sizing.linear_predictor", "sizing.prevalence"]
    assert found["more"]["to_add"] == wanted
    assert all("n" not in row for row in found.values())


def test_binormal_predictor_is_told_what_it_is_made_from(tmp_path: Path) -> None:
    more = with_criterion(measure="calibration_slope", expected="expected: 1.0")
    path = protocol(tmp_path, "sizing: {linear_predictor: {use: binormal}}\n", more)
    assert rows(path)["more"]["to_add"] == ["sizing.auroc", "sizing.prevalence"]


def test_measure_without_formula_is_by_simulation_only(tmp_path: Path) -> None:
    row = rows(protocol(tmp_path, "", with_criterion(measure="brier")))["more"]
    assert row["to_add"] == []
    assert row["reason"].endswith("by simulation only")


def test_expected_value_beyond_the_bound_has_no_size(tmp_path: Path) -> None:
    row = rows(protocol(tmp_path, "sizing: {prevalence: 0.2, auroc: 0.75}\n"))["ranking"]
    assert "does not lie inside the bound" in row["reason"]


def test_number_is_that_of_the_statistic_and_is_held_against_the_expectation(
    tmp_path: Path,
) -> None:
    path = protocol(tmp_path, "sizing: {prevalence: 0.2, auroc: 0.8}\n")
    size = size_to_keep(auroc_error(0.8, 0.2), 0.2, Bounds(at_least=0.75), 0.8)
    assert isinstance(size, SampleSize)
    row = rows(path)["ranking"]
    assert (row["n"], row["n_events"], row["expected"]) == (size.n, size.n_events, 0.8)
    assert row["expected_units"] == 200
    assert row["is_expected_enough"] is False
    ready = protocol(
        tmp_path,
        "sizing: {prevalence: 0.2, auroc: 0.8}\n",
        ("{min_units: 200, min_events: 50}", f"{{min_units: {size.n}, min_events: {size.n}}}"),
    )
    assert rows(ready)["ranking"]["is_expected_enough"] is True


def test_prevalence_of_the_command_line_takes_the_place_of_the_protocols(tmp_path: Path) -> None:
    path = protocol(tmp_path, "sizing: {prevalence: 0.2, auroc: 0.8}\n")
    assert rows(path, 0.05)["ranking"]["n"] > rows(path)["ranking"]["n"]
    assumptions: Any = size_plan(path, 0.05)["assumptions"]
    assert assumptions["prevalence_from"] == "command line"
    assert assumptions["power_from"] == "default"


def test_more_power_point_reading_and_clusters_move_the_number_their_way(tmp_path: Path) -> None:
    plain = rows(protocol(tmp_path, "sizing: {prevalence: 0.2, auroc: 0.8}\n"))["ranking"]["n"]
    power = "sizing: {prevalence: 0.2, auroc: 0.8, power: 0.9}\n"
    assert rows(protocol(tmp_path, power))["ranking"]["n"] > plain
    clusters = (
        "sizing: {prevalence: 0.2, auroc: 0.8, clusters: {mean_size: 20, icc: 0.05, size_cv: 0.65}}"
    )
    row = rows(protocol(tmp_path, clusters))["ranking"]
    assert row["n"] == pytest.approx(plain * 2.3725, abs=1)
    assert row["n_clusters"] == -(-row["n"] // 20)
    point = (CRITERION, CRITERION + "    reads: point\n    why_point: A pilot.\n")
    path = protocol(tmp_path, "sizing: {prevalence: 0.2, auroc: 0.8}\n", point)
    assert rows(path)["ranking"]["n"] < plain / 4


def test_group_needs_its_own_expected_value_and_its_share_for_a_total(tmp_path: Path) -> None:
    sizing = "sizing: {prevalence: 0.2, auroc: 0.8, groups: {sex=female: {share: 0.25}}}\n"
    group = {"measure": "auroc", "more": "subset: sex=female", "least": 0.7, "most": 1}
    silent = rows(protocol(tmp_path, sizing, with_criterion(**group)))["more"]
    assert silent["to_add"] == ["expected (of the criterion)"]
    told = with_criterion(**group, expected="expected: 0.8")
    row = rows(protocol(tmp_path, sizing, told))["more"]
    assert row["n_population"] == row["n"] * 4
    other = with_criterion(**(group | {"more": "subset: sex=male"}), expected="expected: 0.8")
    row = rows(protocol(tmp_path, sizing, other))["more"]
    assert row["n_population"] is None
    assert row["is_expected_enough"] is None
    assert row["to_add"] == ["sizing.groups.sex=male.share"]


def test_difference_of_two_samples_is_held_against_both() -> None:
    row = rows(shipped("protocols") / "icu_mortality.yaml")["auroc-loss"]
    assert row["populations"] == ("hillcrest", "test")
    assert row["expected_units"] == 250  # a quarter of the 1,000 stays expected at home


def test_threshold_is_taken_from_the_operating_point(tmp_path: Path) -> None:
    sizing = "sizing: {prevalence: 0.2, sensitivity: 0.8, specificity: 0.7}\n"
    benefit = with_criterion(measure="net_benefit", least=0.05, most=1.0)
    row = rows(protocol(tmp_path, sizing, benefit))["more"]
    assert row["expected"] == pytest.approx(0.16 - 0.24 * 0.2 / 0.8)
    without = ("  threshold: 0.2\n  origin: From", "  choose: youden\n  # From")
    path = protocol(tmp_path, sizing, benefit, without)
    assert rows(path)["more"]["to_add"] == ["sizing.threshold (or operating_point.threshold)"]


def test_json_and_table_hold_the_same_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = shipped("protocols") / "icu_mortality_physionet_2012.yaml"
    assert call(monkeypatch, path, "--json", "-") == 0
    plan = json.loads(capsys.readouterr().out)
    assert call(monkeypatch, path, "--json", tmp_path / "plan.json") == 0
    assert json.loads((tmp_path / "plan.json").read_text()) == plan
    capsys.readouterr()
    monkeypatch.setenv("COLUMNS", "80")
    assert call(monkeypatch, path) == 0
    table = capsys.readouterr().out
    for row in plan["criteria"]:
        assert row["criterion"] in table
        assert "reason" in row or f"{row['n']:,}" in table
    assert "by simulation only" in " ".join(table.split())
    assert max(len(line) for line in table.splitlines()) <= 80


@pytest.mark.parametrize(
    "name", ["icu_mortality", "icu_mortality_physionet_2012", "apache_iva_eicu"]
)
def test_shipped_protocols_say_all_that_a_size_needs(name: str) -> None:
    of_explanations = {"additivity_error", CONTRADICTED, *SANITY_MEASURES}
    without = {"auprc", *COUNTS, *MODEL_COUNTS, *DRIFTS, *of_explanations}
    for row in rows(shipped("protocols") / f"{name}.yaml").values():
        assert "n" in row or row["measure"] in without


def test_protocol_without_criteria_has_nothing_to_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = STARTER.read_text()
    start, end = text.index("criteria:"), text.index("limitations:")
    path = tmp_path / "p.yaml"
    path.write_text(text[:start] + text[end:])
    assert call(monkeypatch, path) == 0
    assert "no criteria are promised" in capsys.readouterr().out


def test_digest_of_a_protocol_without_sizing_does_not_move_by_the_new_keys() -> None:
    # evidence that was sealed before the keys existed stays verifiable
    content = load_protocol(STARTER).protocol.model_dump(mode="json")
    assert "sizing" not in content
    assert all("expected" not in criterion for criterion in content["criteria"])


def test_sizing_is_part_of_the_promise_and_of_the_schema(tmp_path: Path) -> None:
    sizing = "sizing: {prevalence: 0.2, linear_predictor: {use: normal, mean: -2, sd: 1}}\n"
    loaded = load_protocol(protocol(tmp_path, sizing))
    assert loaded.digest != load_protocol(STARTER).digest
    validator = Draft202012Validator(json.loads(schema_text()))
    assert list(validator.iter_errors(loaded.text.content)) == []
