"""From a folder of MIMIC-IV's shape to one of eICU's: the protocol on a small scale."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import pytest

from samd_validate import cli
from samd_validate.core.estimate import Estimate
from samd_validate.core.verdict import Outcome
from samd_validate.evidence.bundle import read_bundle
from samd_validate.pipeline import run
from samd_validate.protocol.folders import shipped

PROTOCOL = "icu_mortality_mimic_iv_to_eicu.yaml"
TINY = """
schema_version: 1
name: tft_tiny
title: a small attentive network
family: tft
params: {hidden: 4, heads: 2, members: 1, max_epochs: 2, static_numbers: [age_years]}
card:
  summary: a network small enough for a test
  inputs: all variables
  output: probability of death
  training: two epochs
  limitations: [it is a test]
"""
SMALLER = (
    ("recipe: tft_icu", "recipe: tft_tiny"),
    ("[lstm_wide_icu, gru_d_icu, logistic_icu, gradient_boosting_icu, saps_ii, oasis]", "[oasis]"),
    ("{members: 1, max_epochs: 4}", "{strategies: [mean], members: 1, max_epochs: 1}"),
    ("{min_units: 1000, min_events: 100}", "{min_units: 300, min_events: 30}"),
    ("resamples: 2000", "resamples: 200"),
    ("patients: 60, local: 1, blocks: 8", "patients: 10, local: 1, blocks: 1"),
    (
        "{patients: 60, permute_labels: true, train_again: true, members: 1, max_epochs: 4}",
        "{patients: 10, steps: 2, orders: 1}",
    ),
)


def written(place: Path, shape: str, site: str, *more: str) -> Path:
    """Write a folder by the command."""
    arguments = ["--shape", shape, "--site", site, "--stays", "600", "--seed", "5", *more]
    assert call("simulate", *arguments, str(place)) == 0
    return place


def call(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["samd-validate", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    return int(stopped.value.code or 0)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("folders")
    return {
        "mimic-iv": str(written(place / "mimic", "mimic_iv", "riverside")),
        "eicu-crd": str(written(place / "eicu", "eicu_crd", "hillcrest", "--form", "parquet")),
    }


def stop_when_sealed(what: str, share: float) -> None:
    if what == "writing the report":
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def sealed(folders: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the evidence of a run; reports are made of it elsewhere."""
    place = tmp_path_factory.mktemp("run")
    text = (shipped("protocols") / PROTOCOL).read_text()
    for old, new in SMALLER:
        assert old in text, old
        text = text.replace(old, new)
    (place / "p.yaml").write_text(text)
    (place / "models").mkdir()
    (place / "models" / "tft_tiny.yaml").write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("SAMD_VALIDATE_CACHE", str(place / "cache"))
        with pytest.raises(KeyboardInterrupt):
            run(place / "p.yaml", folders, place / "runs", stop_when_sealed)
    (manifest,) = (place / "runs").glob("*/manifest.json")
    return manifest.parent


def test_place_that_holds_something_is_exit_code_two(
    folders: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("simulate", "--shape", "eicu_crd", folders["mimic-iv"]) == 2
    assert "a folder that is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--shape", "mimic"), ("--stays", "3"), ("--site", "x")])
def test_options_out_of_range_are_exit_code_two(tmp_path: Path, wrong: tuple[str, str]) -> None:
    assert call("simulate", "--shape", "eicu_crd", *wrong, str(tmp_path / "new")) == 2
    assert not (tmp_path / "new").exists()


def test_folder_without_the_other_source_says_what_is_missing(
    folders: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = str(shipped("protocols") / PROTOCOL)
    assert call("run", protocol, "--dataset", f"mimic-iv={folders['mimic-iv']}") == 2
    assert "eicu-crd" in capsys.readouterr().err


def test_every_criterion_is_judged_and_the_patients_are_called_simulated(sealed: Path) -> None:
    bundle = read_bundle(sealed)
    verdicts = {one.criterion: one.outcome for one in bundle.verdicts}
    assert len(verdicts) == len(bundle.criteria) == 23
    assert bundle.is_simulated
    for name in ("no-shared-patients", "no-twins", "truncation", "preprocessing"):
        for where in ("internal", "external"):
            assert verdicts[f"{name}-{where}"] == Outcome.PASS
    assert verdicts["auroc-external"] != Outcome.NOT_ASSESSED


@pytest.mark.parametrize(("dataset", "source"), [("mimic", "mimic_iv"), ("eicu", "eicu_crd")])
def test_all_variables_are_found_at_both_sources_and_listed(
    sealed: Path, dataset: str, source: str
) -> None:
    path = sealed / "attachments" / f"harmonisation_{dataset}.json"
    table = json.loads(path.read_text())
    assert table["source"] == source
    assert len(table["variables"]) == 27
    assert {one["status"] for one in table["variables"]} == {"found"}
    assert all(one["factor"] is not None for one in table["items"])


def test_external_patients_have_one_stay_each(sealed: Path) -> None:
    external = pl.read_parquet(sealed / "predictions" / "eicu.parquet")
    assert external["patient"].is_unique().all()
    assert 500 < external.height < 600


def test_score_in_use_is_compared_on_those_who_have_it(sealed: Path) -> None:
    found = {finding.key: finding.measurement for finding in read_bundle(sealed).findings}
    compared = found["discrimination/auroc_difference/eicu/all/apache_iva"]
    whole = found["discrimination/auroc/eicu/all/device"]
    assert isinstance(compared, Estimate)
    assert isinstance(whole, Estimate)
    assert 0 < compared.n < whole.n
    assert "discrimination/auroc/test/all/apache_iva" not in found  # MIMIC-IV has no such score
